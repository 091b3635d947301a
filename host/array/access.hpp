#pragma once

#include <string>
#include <vector>

#include "host/array/node.hpp"

namespace heddle::array {

// Which element of an array each point of an iteration space touches: along an axis of the array, start + step*i, i
// being the point's index along `axis` of the space (-1: always start), looked up in `list` when there is one.
struct AxisAccess {
    int axis = -1;
    std::int64_t start = 0, step = 1;
    IndexList list;
    friend bool operator==(const AxisAccess&, const AxisAccess&) = default;
};
using Access = std::vector<AxisAccess>;

// Every axis of the space as it is.
Access identity_access(int rank);
// What an input of the node is touched at when the node is touched at `access`.
Access through_view(const View& view, const Access& access);
Access through_take(const Take& take, const Access& access);
Access through_broadcast(const Shape& input, const Shape& result, const Access& access);
// Distinguishes accesses in a map's key.
std::string to_key(const Access& access);

// The part of an array that a box of the iteration space touches: along each axis `count` elements from `start` in
// steps of `step`, read upwards; or list[first … first+count) where there is a list.
struct AxisRange {
    std::int64_t start = 0, step = 1, count = 1;
    IndexList list;
    std::int64_t first = 0;
    bool reversed = false;  // the space runs down it
};
std::vector<AxisRange> touched(const Access& access, const Box& box);
std::int64_t count_of(const std::vector<AxisRange>& ranges);
Shape extents_of(const std::vector<AxisRange>& ranges);
// The part that a box of the block of `ranges` covers.
std::vector<AxisRange> part_of(const std::vector<AxisRange>& ranges, const Box& box);
// The i-th index of the range.
inline std::int64_t position(const AxisRange& range, std::int64_t i) {
    return range.list ? (*range.list)[static_cast<std::size_t>(range.first + i * range.step)]
                      : range.start + i * range.step;
}
// What the points of the block of `ranges`, as an iteration space, touch, where its array's points touch `access`.
Access through_ranges(const std::vector<AxisRange>& ranges, const Access& access);

// How the dense C-order block of touched(access, box) is walked over the box: byte offset of the box's first point, and
// bytes per step along each axis of the space.
struct Walk {
    std::int64_t offset = 0;
    Shape strides;
};
Walk walk_dense(const Access& access, const std::vector<AxisRange>& ranges, int rank, std::int64_t width);
Shape byte_strides(const Shape& strides, std::size_t width);
// Whether an array of these extents and byte strides is a dense C-order block.
bool is_dense(const Shape& strides, const Shape& extents, std::size_t width);
// The same over the whole array held in memory with these byte strides; every list must be absent.
Walk walk_whole(const Access& access, const Box& box, const Shape& byte_strides);

}  // namespace heddle::array
