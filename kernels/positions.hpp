#pragma once

#include <cstdint>

namespace heddle::kernels {

// How many of n booleans are true, and their positions, counted from `first`.
std::int64_t count_true(const bool* mask, std::int64_t n);
void true_positions(const bool* mask, std::int64_t n, std::int64_t first, std::int64_t* out);

}  // namespace heddle::kernels
