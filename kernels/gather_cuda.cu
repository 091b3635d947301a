#include "kernels/cuda_parts.hpp"
#include "kernels/device_gather.hpp"
#include "kernels/launch/cuda.cuh"

namespace heddle::kernels {

int cuda::take(void* stream, const GpuTake& take, const void* table, const std::int64_t* indices, void* out,
               std::uint64_t* outside) {
    return device::take(launch::Units{static_cast<cudaStream_t>(stream)}, take, table, indices, out, outside);
}

}  // namespace heddle::kernels
