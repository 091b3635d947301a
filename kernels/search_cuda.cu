#include "kernels/cuda_parts.hpp"
#include "kernels/device_search.hpp"
#include "kernels/launch/cuda.cuh"

namespace heddle::kernels {

int cuda::search(void* stream, DType dtype, Side side, const void* sorted, std::int64_t n, const void* values,
                 std::int64_t count, std::int64_t* out) {
    return device::search(launch::Units{static_cast<cudaStream_t>(stream)}, dtype, side, sorted, n, values, count, out);
}

}  // namespace heddle::kernels
