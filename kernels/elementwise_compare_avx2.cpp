#include "kernels/elementwise_compare.hpp"

namespace heddle::kernels {

template const KernelSet* find_compare<Isa::avx2>(Op, DType);

}  // namespace heddle::kernels
