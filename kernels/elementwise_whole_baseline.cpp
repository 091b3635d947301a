#include "kernels/elementwise_whole.hpp"

namespace heddle::kernels {

template const KernelSet* find_whole<Isa::baseline>(Op, DType);

}  // namespace heddle::kernels
