#pragma once

#include <cstdint>

#include "heddle/shape.hpp"
#include "host/device/accelerator.hpp"

namespace heddle::memory {

// Cuts the copy of a box between two strided arrays (strides in elements) into rows of equal distance, and calls
// f(to, from, CopyShape) with the offsets, in bytes, of each such set of rows.
template <class F>
void for_each_rows(const Shape& extents, const Shape& to, const Shape& from, std::int64_t width, F&& f) {
    const int rank = extents.rank();
    std::int64_t run = 1;  // elements side by side in both
    int axis = rank - 1;
    while (axis >= 0 && (extents[axis] == 1 || (to[axis] == run && from[axis] == run))) run *= extents[axis--];
    device::CopyShape shape{static_cast<std::size_t>(run * width), 1, 0, 0};
    if (axis >= 0) {
        shape.rows = static_cast<std::size_t>(extents[axis]);
        shape.to_pitch = to[axis] * width;
        shape.from_pitch = from[axis] * width;
        --axis;
    }
    Shape at = Shape::filled(axis + 1, 0);
    for (;;) {
        std::int64_t to_offset = 0, from_offset = 0;
        for (int a = 0; a <= axis; ++a) {
            to_offset += at[a] * to[a] * width;
            from_offset += at[a] * from[a] * width;
        }
        f(to_offset, from_offset, shape);
        int a = axis;
        while (a >= 0 && ++at[a] == extents[a]) at[a--] = 0;
        if (a < 0) return;
    }
}

}  // namespace heddle::memory
