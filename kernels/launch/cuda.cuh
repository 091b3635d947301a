#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

// The only place that launches a kernel of the library's own .cu files. What is called is written in headers that the
// host compiles too.
namespace heddle::kernels::launch {

inline constexpr unsigned kThreads = 64;  // few: units are long, and are to spread over all multiprocessors

template <class F>
__global__ void __launch_bounds__(kThreads) run_units(F f, std::int64_t units) {
    const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
    for (std::int64_t u = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; u < units; u += step) f(u);
}

// Puts f(0) … f(units - 1) into the stream, in no order.
struct Units {
    cudaStream_t stream;
    template <class F>
    int operator()(std::int64_t units, const F& f) const {
        if (units == 0) return 0;
        constexpr std::int64_t kMostBlocks = 1 << 20;
        const std::int64_t blocks = (units + kThreads - 1) / kThreads;
        run_units<F>
            <<<static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks), kThreads, 0, stream>>>(f, units);
        return static_cast<int>(cudaGetLastError());
    }
};

}  // namespace heddle::kernels::launch
