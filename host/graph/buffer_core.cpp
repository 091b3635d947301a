#include "host/graph/buffer_core.hpp"

#include <algorithm>
#include <limits>

#include "heddle/error.hpp"

namespace heddle::graph {

void Tile::make_room() {
    Ref* list = readers();
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < reader_count; ++i) {
        const Record* reader = record_of(list[i]);
        if (reader->self == list[i] && !is_done(*reader)) list[kept++] = list[i];
    }
    reader_count = kept;
    if (kept * 2 <= reader_capacity) return;
    Ref* larger = new Ref[reader_capacity * 2];
    std::copy_n(list, kept, larger);
    delete[] heap_readers;
    heap_readers = larger;
    reader_capacity *= 2;
}

namespace {

Shape checked_tile(const Shape& shape, const std::optional<Shape>& tile) {
    Shape result;
    if (tile && tile->rank() != shape.rank())
        throw ShapeError("tile " + to_string(*tile) + " does not fit the buffer",
                         "the buffer's shape is " + to_string(shape), "give one tile extent per axis");
    for (int a = 0; a < shape.rank(); ++a) {
        if (shape[a] < 0)
            throw ShapeError("a buffer of shape " + to_string(shape) + " cannot exist",
                             "axis " + std::to_string(a) + " is negative", "give extents of zero or more");
        if (tile && (*tile)[a] <= 0)
            throw ShapeError("tile " + to_string(*tile) + " does not fit the buffer",
                             "axis " + std::to_string(a) + " is not positive", "give tile extents of one or more");
        const std::int64_t whole = std::max<std::int64_t>(shape[a], 1);
        result.push_back(tile ? std::min((*tile)[a], whole) : whole);
    }
    return result;
}

std::size_t checked_bytes(const Shape& shape, DType dtype) {
    std::size_t bytes = size_of(dtype);
    for (auto extent : shape)
        if (__builtin_mul_overflow(bytes, static_cast<std::size_t>(extent), &bytes) ||
            bytes > static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max()))
            throw ShapeError("a buffer of shape " + to_string(shape) + " cannot exist",
                             "its size in bytes is beyond 64 bits", "use smaller extents");
    return bytes;
}

}  // namespace

BufferCore::BufferCore(DType type, const Shape& shape, const BufferOptions& options)
    : dtype(type), tile(checked_tile(shape, options.tile)), name(options.name) {
    bytes = checked_bytes(shape, type);
    layout = {shape, dense_strides(shape), shape.count(), true};
    // An empty buffer has one tile: its hazards keep the buffer alive while its tasks are in flight.
    for (int a = 0; a < shape.rank(); ++a)
        grid.push_back(layout.count == 0 ? 1 : shape[a] / tile[a] + (shape[a] % tile[a] != 0));
    grid_strides = dense_strides(grid);
    tile_count = grid.count();
    if (tile_count != 1) many_ = std::make_unique<Tile[]>(static_cast<std::size_t>(tile_count));
}

BufferCore::~BufferCore() { delete[] poison_.load(std::memory_order_relaxed); }

void BufferCore::check(const Box& box) const {
    const Shape& shape = layout.shape;
    bool fits = box.lo.rank() == shape.rank() && box.hi.rank() == shape.rank();
    for (int a = 0; fits && a < shape.rank(); ++a)
        fits = 0 <= box.lo[a] && box.lo[a] <= box.hi[a] && box.hi[a] <= shape[a];
    if (!fits)
        throw ShapeError("the region from " + to_string(box.lo) + " to " + to_string(box.hi) + " is not in the buffer",
                         "the buffer's shape is " + to_string(shape),
                         "give a box of the buffer's rank with 0 <= lo <= hi <= extent on each axis");
}

Region BufferCore::region(const Box& box) const {
    Region r;
    r.box = box;
    const Shape extents = box.extents();
    r.layout = {extents, layout.strides, extents.count(), true};
    std::int64_t dense = 1;
    for (int a = extents.rank() - 1; a >= 0; --a) {
        if (extents[a] > 1 && layout.strides[a] != dense) r.layout.dense = false;
        dense *= extents[a];
        r.offset += box.lo[a] * layout.strides[a];
    }
    // An empty box touches one tile, for the same reason as an empty buffer has one.
    for (int a = 0; a < extents.rank(); ++a) {
        r.tiles.lo.push_back(std::min(box.lo[a] / tile[a], grid[a] - 1));
        r.tiles.hi.push_back(r.layout.count == 0 ? r.tiles.lo[a] + 1 : (box.hi[a] - 1) / tile[a] + 1);
    }
    return r;
}

bool BufferCore::covers(const Box& box, const Shape& index) const {
    for (int a = 0; a < tile.rank(); ++a) {
        const std::int64_t lo = index[a] * tile[a], hi = std::min(lo + tile[a], layout.shape[a]);
        if (box.lo[a] > lo || box.hi[a] < hi) return false;
    }
    return true;
}

void BufferCore::set_poison(std::int64_t tile_index, FailurePtr failure) {
    FailurePtr* slots = poison_.load(std::memory_order_acquire);
    if (slots == nullptr) {
        auto* fresh = new FailurePtr[static_cast<std::size_t>(tile_count)];
        if (poison_.compare_exchange_strong(slots, fresh, std::memory_order_acq_rel))
            slots = fresh;
        else
            delete[] fresh;
    }
    slots[tile_index] = std::move(failure);
}

}  // namespace heddle::graph
