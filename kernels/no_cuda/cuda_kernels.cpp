#include "kernels/cuda_kernels.hpp"

namespace heddle::kernels {

const CudaKernels* cuda_kernels() { return nullptr; }

}  // namespace heddle::kernels
