#pragma once

#include <cstring>

#include "heddle/shape.hpp"

namespace heddle::io {

// Copies the box `part` from one dense C-order block to another; the blocks are those of boxes that hold it. Rank 1 or
// more.
inline void copy_part(const Box& part, const std::byte* from, const Box& from_box, std::byte* to, const Box& to_box,
                      std::size_t width) {
    const int rank = part.rank();
    const Shape from_strides = dense_strides(from_box.extents()), to_strides = dense_strides(to_box.extents());
    const auto length = [](const Box& box, int a) { return box.hi[a] - box.lo[a]; };
    // The last axes that both blocks hold whole, and the one before them, are one run.
    int run_axis = rank - 1;
    while (run_axis > 0 && length(part, run_axis) == length(from_box, run_axis) &&
           length(part, run_axis) == length(to_box, run_axis))
        --run_axis;
    const auto run = static_cast<std::size_t>(length(part, run_axis) * to_strides[run_axis]);
    Shape at = part.lo;
    while (true) {
        std::int64_t source = 0, target = 0;
        for (int a = 0; a < rank; ++a) {
            source += (at[a] - from_box.lo[a]) * from_strides[a];
            target += (at[a] - to_box.lo[a]) * to_strides[a];
        }
        std::memcpy(to + static_cast<std::size_t>(target) * width, from + static_cast<std::size_t>(source) * width,
                    run * width);
        int a = run_axis - 1;
        for (; a >= 0; --a) {
            if (++at[a] < part.hi[a]) break;
            at[a] = part.lo[a];
        }
        if (a < 0) return;
    }
}

// Whether the box `part`, of the block of `whole`, is one run of it.
inline bool is_run(const Box& part, const Box& whole) {
    int axis = 0;
    while (axis < part.rank() && part.hi[axis] - part.lo[axis] == 1) ++axis;
    for (int a = axis + 1; a < part.rank(); ++a)
        if (part.lo[a] != whole.lo[a] || part.hi[a] != whole.hi[a]) return false;
    return true;
}
inline std::int64_t offset_in(const Box& part, const Box& whole) {
    const Shape strides = dense_strides(whole.extents());
    std::int64_t at = 0;
    for (int a = 0; a < part.rank(); ++a) at += (part.lo[a] - whole.lo[a]) * strides[a];
    return at;
}

}  // namespace heddle::io
