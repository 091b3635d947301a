#include "kernels/elementwise_cast.hpp"

namespace heddle::kernels {

template const KernelSet* find_cast_kernels<Isa::baseline>(DType, DType);

}  // namespace heddle::kernels
