#pragma once

#include "kernels/cuda_kernels.hpp"

// What the .cu files hold: the functions of CudaKernels, and parts of them that are compiled apart, since CUB's take
// half a minute each.
namespace heddle::kernels::cuda {

int scan_sum(void* stream, DType dtype, const GpuLines& lines, const void* in, void* out, const GpuScratch& scratch);
int scan_prod(void* stream, DType dtype, const GpuLines& lines, const void* in, void* out, const GpuScratch& scratch);
int scan_max(void* stream, DType dtype, const GpuLines& lines, const void* in, void* out, const GpuScratch& scratch);
int scan_min(void* stream, DType dtype, const GpuLines& lines, const void* in, void* out, const GpuScratch& scratch);

int sort(void* stream, DType dtype, bool positions, const GpuLines& lines, const void* in, void* out,
         const GpuScratch& scratch);
// See LineSort in device_sort.hpp.
int radix_keys(void* stream, std::uint32_t*& a, std::uint32_t* b, std::int64_t n, int bits,
               const GpuScratch& temporary);
int radix_keys(void* stream, std::uint64_t*& a, std::uint64_t* b, std::int64_t n, int bits,
               const GpuScratch& temporary);
int radix_pairs(void* stream, std::uint32_t*& a, std::uint32_t* b, std::uint32_t*& i, std::uint32_t* j, std::int64_t n,
                int bits, const GpuScratch& temporary);
int radix_pairs(void* stream, std::uint64_t*& a, std::uint64_t* b, std::uint32_t*& i, std::uint32_t* j, std::int64_t n,
                int bits, const GpuScratch& temporary);

int take(void* stream, const GpuTake& take, const void* table, const std::int64_t* indices, void* out,
         std::uint64_t* outside);
int search(void* stream, DType dtype, Side side, const void* sorted, std::int64_t n, const void* values,
           std::int64_t count, std::int64_t* out);

}  // namespace heddle::kernels::cuda
