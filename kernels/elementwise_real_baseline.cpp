#include "kernels/elementwise_real.hpp"

namespace heddle::kernels {

template const KernelSet* find_real<Isa::baseline>(Op, DType);

}  // namespace heddle::kernels
