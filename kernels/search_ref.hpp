#pragma once

#include <cstdint>

#include "heddle/dtype.hpp"
#include "heddle/selection.hpp"

namespace heddle::kernels {

// The judge of Search: counts the elements that come before the value.
std::int64_t search_ref(DType dtype, const void* sorted, std::int64_t n, const void* value, Side side);

}  // namespace heddle::kernels
