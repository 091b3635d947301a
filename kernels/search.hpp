#pragma once

#include <cstdint>

#include "heddle/dtype.hpp"
#include "heddle/selection.hpp"

namespace heddle::kernels {

// Types: all but bool and float16, which go as uint8 and float32. The order is that of sort.hpp.
struct Search {
    // For each of `count` values the number of the n elements that come before it; what is not sorted gives numbers in
    // [0, n] too. Binary search without branches, several at once.
    void (*find)(const void* sorted, std::int64_t n, const void* values, std::int64_t count, Side side,
                 std::int64_t* out);
    // 1: the elements never fall, or are all equal; -1: they never rise; 0: neither. As numpy.digitize compares them.
    int (*direction)(const void* elements, std::int64_t n);
};
const Search* find_search(DType dtype);

}  // namespace heddle::kernels
