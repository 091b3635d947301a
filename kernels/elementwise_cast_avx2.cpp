#include "kernels/elementwise_cast.hpp"

namespace heddle::kernels {

template const KernelSet* find_cast_kernels<Isa::avx2>(DType, DType);

}  // namespace heddle::kernels
