#pragma once

#include <cstdint>
#include <span>

#include "heddle/dtype.hpp"

namespace heddle::kernels {

enum class Scan : std::uint8_t { sum, prod, max, min };

// A line is cut into blocks of so many elements: results are (what came before the block) op (what came before in it),
// so that blocks can be shared out, and the bits depend on the length of the line alone.
inline constexpr std::int64_t kScanBlock = 4096;

// What a line has come to: 16 bytes, of the type in which the operation runs (float32 and float64: float64).
struct alignas(16) ScanState {
    std::byte bytes[16];
};

// Types: sum and prod of int64, uint64, float32, float64, complex64, complex128; max and min of all but float16, NaN
// passed on. Null for the others.
struct Scanner {
    // The total of n elements, `stride` apart.
    void (*total)(const void* in, std::int64_t n, std::int64_t stride, ScanState& total);
    // Turns totals of consecutive blocks into what comes before each.
    void (*starts)(std::span<ScanState> totals);
    // out[i] = start op in[0] op … op in[i], for at most kScanBlock elements; then start is what comes before the next
    // block. `columns` lines side by side, their starts in turn.
    void (*run)(const void* in, void* out, std::int64_t n, std::int64_t stride, std::int64_t columns,
                ScanState* starts);
    // The same for any number of elements, the first of which is the `position`th of its block: `locals` is what the
    // block has come to before it, as identity where it begins.
    void (*resume)(const void* in, void* out, std::int64_t n, std::int64_t stride, std::int64_t columns,
                   std::int64_t position, ScanState* starts, ScanState* locals);
    ScanState identity;
};
const Scanner* find_scanner(Scan scan, DType dtype);

}  // namespace heddle::kernels
