#pragma once

#include <string>
#include <vector>

#include "bench/gpu/cases.hpp"

namespace heddle::bench {

// What CUB does when it is called directly.
enum class Direct : std::uint8_t { sort_float32, scan_int64, scan_float32 };
// Puts it into the stream and returns the runtime's error code; without `temporary` only says how many bytes of that it
// takes. Negative where the benchmarks were built without nvcc.
int call_cub(Direct what, void* stream, const void* in, void* out, std::int64_t n, void* temporary, std::size_t& bytes);

struct WholeTiming {
    std::string name;
    double heddle = 0, cub = 0;  // seconds
    bool equal = false;          // Heddle's to the CPU's, in every bit
};
// Sorts and scans of one period of the first operand; none without nvcc.
std::vector<WholeTiming> measure_whole(Gpu& gpu, const Data& data);

}  // namespace heddle::bench
