#include "kernels/sort_radix_cuda.cuh"

namespace heddle::kernels {

int cuda::radix_pairs(void* stream, std::uint64_t*& a, std::uint64_t* b, std::uint32_t*& i, std::uint32_t* j,
                      std::int64_t n, int bits, const GpuScratch& temporary) {
    return sort_pairs(stream, a, b, i, j, n, bits, temporary);
}

}  // namespace heddle::kernels
