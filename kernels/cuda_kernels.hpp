#pragma once

#include <cstddef>
#include <cstdint>

#include "heddle/dtype.hpp"
#include "heddle/selection.hpp"
#include "kernels/scan.hpp"

// What whole operations have on a GPU. Each function puts its kernels into `stream`, a cudaStream_t of the calling
// thread's current device, and returns the runtime's error code; all memory is the device's. The bits are the CPU's.
namespace heddle::kernels {

// An array cut along one axis: element i of line (o, k) is at (o * n + i) * inner + k.
struct GpuLines {
    std::int64_t outer = 1, n = 1, inner = 1;
    std::int64_t count() const { return outer * inner; }
    std::int64_t size() const { return outer * n * inner; }
};

// 256-aligned memory that the kernels work in.
struct GpuScratch {
    std::byte* data = nullptr;
    std::int64_t bytes = 0;
};

// Bytes for a scan, and for a sort.
std::int64_t gpu_scan_scratch(const GpuLines& lines);
std::int64_t gpu_sort_scratch(DType dtype, bool positions, const GpuLines& lines);
// Positions are counted in 32 bits.
inline constexpr std::int64_t kGpuSortMost = (std::int64_t{1} << 31) - 1;

// Where indices lie outside: the first place of one, or kNoneOutside.
inline constexpr std::uint64_t kNoneOutside = ~std::uint64_t{0};

struct GpuTake {
    GpuLines lines;      // of the table
    std::int64_t m;      // indices of each line; `along`: one for each of `inner` columns, else the same for all
    bool along;          // take_along_axis
    std::int64_t width;  // bytes of an element
    Bounds bounds;
};

struct CudaKernels {
    // As Scanner::run for all lines.
    int (*scan)(void* stream, Scan scan, DType dtype, const GpuLines& lines, const void* in, void* out,
                const GpuScratch& scratch);
    // Sorted lines (`positions`: std::int64_t places in the line), as sort_line and argsort_line; types with a radix,
    // at most kGpuSortMost elements.
    int (*sort)(void* stream, DType dtype, bool positions, const GpuLines& lines, const void* in, void* out,
                const GpuScratch& scratch);
    // With Bounds::raise an index that is outside takes element 0, and `outside` gets the first such place.
    int (*take)(void* stream, const GpuTake& take, const void* table, const std::int64_t* indices, void* out,
                std::uint64_t* outside);
    // As Search::find.
    int (*search)(void* stream, DType dtype, Side side, const void* sorted, std::int64_t n, const void* values,
                  std::int64_t count, std::int64_t* out);
};

// Null where the library was built without nvcc.
const CudaKernels* cuda_kernels();

}  // namespace heddle::kernels
