#pragma once

#include <vector>

#include "heddle/lines.hpp"

namespace heddle::array {

// The elements at these positions of each sorted line, in their place along the axis (none: of all elements as one
// line). At most kMostPositions of them, which ascend; no complex numbers.
inline constexpr std::size_t kMostPositions = 4;
Array in_order(const Array& a, const std::vector<std::int64_t>& positions, Axis axis);

}  // namespace heddle::array
