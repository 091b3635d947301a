#include "kernels/cuda_parts.hpp"
#include "kernels/device_scan.hpp"
#include "kernels/launch/cuda.cuh"

namespace heddle::kernels {

int cuda::scan_max(void* stream, DType dtype, const GpuLines& lines, const void* in, void* out,
                   const GpuScratch& scratch) {
    return device::scan_extremes<Scan::max>(launch::Units{static_cast<cudaStream_t>(stream)}, dtype, lines, in, out,
                                            scratch);
}

}  // namespace heddle::kernels
