#pragma once

#include <cstddef>
#include <cstdint>

#include "heddle/selection.hpp"
#include "kernels/fn.hpp"

namespace heddle::kernels {

// The index in [0, n), negative ones counted from the end (clip: as 0); -1 where `raise` finds it outside. n > 0.
HEDDLE_FN std::int64_t resolve_index(std::int64_t index, std::int64_t n, Bounds bounds) {
    if (bounds == Bounds::clip) return index < 0 ? 0 : index >= n ? n - 1 : index;
    if (bounds == Bounds::wrap) index %= n;
    const std::int64_t at = index < 0 ? index + n : index;
    return at < 0 || at >= n ? -1 : at;
}

// The place of the first index that is outside, or -1.
std::int64_t find_outside(const std::int64_t* indices, std::int64_t count, std::int64_t n);

// Of n rows, `bytes` each, those that the indices name, one after the other. False, and some of them, where one is
// outside and `bounds` is raise.
bool gather_rows(const void* rows, std::int64_t n, std::int64_t bytes, const std::int64_t* indices, std::int64_t count,
                 Bounds bounds, void* out);

// A table of n rows and one of m rows of indices into them, both of `columns` elements, which are `width` bytes.
struct Along {
    std::int64_t n, columns, width;
    Bounds bounds;
    // out[i, c] = table[indices[i, c], c] for m rows; false as above.
    bool gather(const void* table, const std::int64_t* indices, std::int64_t m, void* out) const;
    // table[indices[i, c], c] = values[i * columns + c], later rows after earlier ones, for the targets in a part of
    // the table. Values of one column begin again after `value_count`. All indices are inside, or `bounds` sees to it.
    struct Part {
        std::int64_t first_row, last_row, first_column, last_column;
    };
    void scatter(void* table, const std::int64_t* indices, std::int64_t m, const void* values, std::int64_t value_count,
                 const Part& part) const;
};

}  // namespace heddle::kernels
