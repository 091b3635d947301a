#include "kernels/elementwise_compare.hpp"

namespace heddle::kernels {

template const KernelSet* find_compare<Isa::baseline>(Op, DType);

}  // namespace heddle::kernels
