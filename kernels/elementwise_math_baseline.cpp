#include "kernels/elementwise_math.hpp"

namespace heddle::kernels {

template const KernelSet* find_math<Isa::baseline>(Op, DType);

}  // namespace heddle::kernels
