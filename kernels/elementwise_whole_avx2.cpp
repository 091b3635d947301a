#include "kernels/elementwise_whole.hpp"

namespace heddle::kernels {

template const KernelSet* find_whole<Isa::avx2>(Op, DType);

}  // namespace heddle::kernels
