#include "kernels/sort_radix_cuda.cuh"

namespace heddle::kernels {

int cuda::radix_keys(void* stream, std::uint64_t*& a, std::uint64_t* b, std::int64_t n, int bits,
                     const GpuScratch& temporary) {
    return sort_keys(stream, a, b, n, bits, temporary);
}

}  // namespace heddle::kernels
