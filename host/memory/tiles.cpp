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

void copy_from_host(const BufferCore& buffer, const Shape& index, std::byte* dense) {
    const Box box = elements_of(buffer, tile_box(index));
    copy_box(box.extents(), width_of(buffer), dense, dense_strides(box.extents()),
             buffer.data.load(std::memory_order_acquire) + host_offset(buffer, box.lo), buffer.layout.strides);
}

void copy_to_host(const BufferCore& buffer, const Shape& index, const std::byte* dense) {
    const Box box = elements_of(buffer, tile_box(index));
    copy_box(box.extents(), width_of(buffer), buffer.data.load(std::memory_order_acquire) + host_offset(buffer, box.lo),
             buffer.layout.strides, dense, dense_strides(box.extents()));
}

}  // namespace heddle::memory
