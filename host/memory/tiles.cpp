#include "host/memory/tiles.hpp"

#include <algorithm>
#include <cstring>

#include "host/memory/copy_rows.hpp"

namespace heddle::memory {

using graph::BufferCore;

Box elements_of(const BufferCore& buffer, const Box& tiles) {
    Box box;
    for (int a = 0; a < tiles.rank(); ++a) {
        box.lo.push_back(tiles.lo[a] * buffer.tile[a]);
        box.hi.push_back(std::min(tiles.hi[a] * buffer.tile[a], buffer.layout.shape[a]));
    }
    return box;
}

Box tile_box(const Shape& index) {
    Box box{index, index};
    for (int a = 0; a < index.rank(); ++a) ++box.hi[a];
    return box;
}

std::int64_t host_offset(const BufferCore& buffer, const Shape& element) {
    std::int64_t at = 0;
    for (int a = 0; a < element.rank(); ++a) at += element[a] * buffer.layout.strides[a];
    return at * width_of(buffer);
}

std::size_t tile_bytes(const BufferCore& buffer, const Shape& index) {
    return static_cast<std::size_t>(elements_of(buffer, tile_box(index)).count() * width_of(buffer));
}

void copy_box(const Shape& extents, std::int64_t width, std::byte* to, const Shape& to_strides, const std::byte* from,
              const Shape& from_strides) {
    for_each_rows(extents, to_strides, from_strides, width,
                  [&](std::int64_t at, std::int64_t there, const device::CopyShape& shape) {
                      for (std::size_t row = 0; row < shape.rows; ++row)
                          std::memcpy(to + at + static_cast<std::ptrdiff_t>(row) * shape.to_pitch,
                                      from + there + static_cast<std::ptrdiff_t>(row) * shape.from_pitch, shape.bytes);
                  });
}

namespace {

// Cut along the outermost axis that is long enough, else along the longest.
Box part_of(const Box& box, Part part) {
    int axis = 0;
    for (int a = 0; a < box.rank() && box.hi[axis] - box.lo[axis] < part.of; ++a)
        if (box.hi[a] - box.lo[a] > box.hi[axis] - box.lo[axis]) axis = a;
    Box cut = box;
    if (part.of == 1 || box.rank() == 0) return cut;
    const std::int64_t extent = box.hi[axis] - box.lo[axis];
    cut.lo[axis] = box.lo[axis] + extent * part.number / part.of;
    cut.hi[axis] = box.lo[axis] + extent * (part.number + 1) / part.of;
    return cut;
}

// What the part of a tile takes to copy: its extents, and where it begins on either side.
struct PartCopy {
    Shape extents, dense;
    std::byte* host;
    std::int64_t offset = 0;  // of the dense bytes

    PartCopy(const BufferCore& buffer, const Shape& index, Part part) {
        const Box tile = elements_of(buffer, tile_box(index));
        const Box cut = part_of(tile, part);
        extents = cut.extents();
        dense = dense_strides(tile.extents());
        host = buffer.data.load(std::memory_order_acquire) + host_offset(buffer, cut.lo);
        for (int a = 0; a < cut.rank(); ++a) offset += (cut.lo[a] - tile.lo[a]) * dense[a] * width_of(buffer);
    }
    bool empty() const { return extents.count() == 0; }
};

}  // namespace

void copy_from_host(const BufferCore& buffer, const Shape& index, std::byte* dense, Part part) {
    const PartCopy copy(buffer, index, part);
    if (copy.empty()) return;
    copy_box(copy.extents, width_of(buffer), dense + copy.offset, copy.dense, copy.host, buffer.layout.strides);
}

void copy_to_host(const BufferCore& buffer, const Shape& index, const std::byte* dense, Part part) {
    const PartCopy copy(buffer, index, part);
    if (copy.empty()) return;
    copy_box(copy.extents, width_of(buffer), copy.host, buffer.layout.strides, dense + copy.offset, copy.dense);
}

}  // namespace heddle::memory
