#include "kernels/elementwise_math.hpp"

namespace heddle::kernels {

template const KernelSet* find_math<Isa::avx512>(Op, DType);

}  // namespace heddle::kernels
