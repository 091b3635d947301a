#include <cub/device/device_scan.cuh>

#include "kernels/cuda_parts.hpp"
#include "kernels/device_scan.hpp"
#include "kernels/launch/cuda.cuh"

namespace heddle::kernels::cuda {
namespace {

// CUB's order is its own, which does not show in sums of integers. Where its temporary memory does not fit, `done`
// stays false.
int sum_of_integers(cudaStream_t stream, std::int64_t n, const void* in, void* out, const GpuScratch& scratch,
                    bool& done) {
    const auto* from = static_cast<const std::uint64_t*>(in);
    auto* to = static_cast<std::uint64_t*>(out);
    std::size_t bytes = 0;
    if (const auto error = cub::DeviceScan::InclusiveSum(nullptr, bytes, from, to, n, stream); error != cudaSuccess)
        return static_cast<int>(error);
    if (bytes > static_cast<std::size_t>(scratch.bytes)) return 0;
    done = true;
    return static_cast<int>(cub::DeviceScan::InclusiveSum(scratch.data, bytes, from, to, n, stream));
}

}  // namespace

int scan_sum(void* stream, DType dtype, const GpuLines& lines, const void* in, void* out, const GpuScratch& scratch) {
    const auto native = static_cast<cudaStream_t>(stream);
    if (lines.count() == 1 && (dtype == DType::int64 || dtype == DType::uint64)) {
        bool done = false;
        if (const int error = sum_of_integers(native, lines.n, in, out, scratch, done); error != 0 || done)
            return error;
    }
    return device::scan_sums<Scan::sum>(launch::Units{native}, dtype, lines, in, out, scratch);
}

}  // namespace heddle::kernels::cuda
