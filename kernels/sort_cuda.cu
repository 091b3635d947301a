#include "kernels/cuda_parts.hpp"
#include "kernels/device_sort.hpp"
#include "kernels/launch/cuda.cuh"

namespace heddle::kernels {
namespace {

struct Gpu {
    void* stream;
    template <class F>
    int launch(std::int64_t n, const F& f) const {
        return launch::Units{static_cast<cudaStream_t>(stream)}(n, f);
    }
    template <class Key>
    int keys(Key*& a, Key* b, std::int64_t n, int bits, const GpuScratch& temporary) const {
        return cuda::radix_keys(stream, a, b, n, bits, temporary);
    }
    template <class Key>
    int pairs(Key*& a, Key* b, std::uint32_t*& i, std::uint32_t* j, std::int64_t n, int bits,
              const GpuScratch& temporary) const {
        return cuda::radix_pairs(stream, a, b, i, j, n, bits, temporary);
    }
};

}  // namespace

int cuda::sort(void* stream, DType dtype, bool positions, const GpuLines& lines, const void* in, void* out,
               const GpuScratch& scratch) {
    return device::sort_lines(Gpu{stream}, dtype, positions, lines, in, out, scratch);
}

}  // namespace heddle::kernels
