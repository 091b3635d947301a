#pragma once

#include <cstddef>

#include "host/graph/buffer_core.hpp"
#include "host/memory/replica.hpp"

// A buffer's tiles, as boxes of elements and as bytes of its host memory.
namespace heddle::memory {

// What the buffer has on devices, or null.
inline Replicas* replicas_of(const graph::BufferCore& buffer) {
    return static_cast<Replicas*>(buffer.replicas.load(std::memory_order_acquire));
}

inline std::int64_t width_of(const graph::BufferCore& buffer) {
    return static_cast<std::int64_t>(size_of(buffer.dtype));
}
// The elements of a box of tiles.
Box elements_of(const graph::BufferCore& buffer, const Box& tiles);
Box tile_box(const Shape& index);
// Bytes from the start of the buffer.
std::int64_t host_offset(const graph::BufferCore& buffer, const Shape& element);
std::size_t tile_bytes(const graph::BufferCore& buffer, const Shape& index);
// One of so many parts of a tile, of about the same size; some are empty where a tile has few elements along each axis.
struct Part {
    std::int64_t number = 0, of = 1;
};
// Between the tile's host bytes and dense ones. The buffer has host memory.
void copy_from_host(const graph::BufferCore& buffer, const Shape& index, std::byte* dense, Part part = {});
void copy_to_host(const graph::BufferCore& buffer, const Shape& index, const std::byte* dense, Part part = {});
// Between strided memories of any kind of the host, strides in elements.
void copy_box(const Shape& extents, std::int64_t width, std::byte* to, const Shape& to_strides, const std::byte* from,
              const Shape& from_strides);

}  // namespace heddle::memory
