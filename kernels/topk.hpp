#pragma once

#include <cstddef>
#include <cstdint>

#include "heddle/dtype.hpp"
#include "kernels/sort.hpp"

namespace heddle::kernels {

// The first k elements of a line in the order of sort.hpp reversed, without sorting it: NaN first; of equal elements
// the one at the lower position first; of values 0.0 before -0.0. A line may be cut into parts: what is chosen of each
// is joined, in any order, and finished.
struct TopK {
    // How many records choose() needs for n elements.
    static std::int64_t room(std::int64_t n, std::int64_t k);

    std::size_t record_bytes, out_bytes;
    // Of the elements at `first` … `first` + n of the line, the min(n, k) that come first, as records in no order.
    void (*choose)(const void* line, std::int64_t first, std::int64_t n, std::int64_t k, void* records);
    // The first k of `count` records, in order: elements of the type, or std::int64_t.
    void (*finish)(void* records, std::int64_t count, std::int64_t k, void* out);
};
// Null for complex numbers.
const TopK* find_topk(DType dtype, RadixSort::Result result);

}  // namespace heddle::kernels
