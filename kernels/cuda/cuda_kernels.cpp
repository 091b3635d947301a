#include "kernels/cuda_kernels.hpp"

#include "kernels/cuda_parts.hpp"

namespace heddle::kernels {
namespace {

int scan_any(void* stream, Scan scan, DType dtype, const GpuLines& lines, const void* in, void* out,
             const GpuScratch& scratch) {
    const auto run = scan == Scan::sum    ? cuda::scan_sum
                     : scan == Scan::prod ? cuda::scan_prod
                     : scan == Scan::max  ? cuda::scan_max
                                          : cuda::scan_min;
    return run(stream, dtype, lines, in, out, scratch);
}

constexpr CudaKernels kKernels{scan_any, cuda::sort, cuda::take, cuda::search};

}  // namespace

const CudaKernels* cuda_kernels() { return &kKernels; }

}  // namespace heddle::kernels
