#pragma once

#include <cstdint>

#include "heddle/dtype.hpp"

namespace heddle::kernels {

// How many of n elements are NaN, how many infinite; both parts of a complex number count by themselves. Integers and
// booleans have none. Any thread; does not block.
struct NonFinite {
    std::int64_t nan = 0, inf = 0;
};
NonFinite count_non_finite(DType dtype, const void* values, std::int64_t n);

}  // namespace heddle::kernels
