#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "heddle/buffer.hpp"
#include "host/graph/record.hpp"

namespace heddle::graph {

// What went wrong in a task; shared by the tiles that it spoiled and the scopes that must throw it.
struct Failure {
    std::exception_ptr error;
    std::uint64_t seq = 0;  // of the task that failed
    bool cancelled = false;
    std::atomic<bool> seen{false};
};
using FailurePtr = std::shared_ptr<Failure>;

// Who wrote a tile last and who has read it since. Under the graph's mutex.
struct alignas(64) Tile {
    static constexpr std::uint32_t kInline = 5;

    Ref writer = 0;
    std::uint32_t reader_count = 0, reader_capacity = kInline;
    Ref* heap_readers = nullptr;
    Ref inline_readers[kInline];

    Tile() = default;
    Tile(const Tile&) = delete;
    Tile& operator=(const Tile&) = delete;
    ~Tile() { delete[] heap_readers; }

    Ref* readers() { return heap_readers != nullptr ? heap_readers : inline_readers; }
    void add_reader(Ref reader) {
        if (reader_count == reader_capacity) make_room();
        readers()[reader_count++] = reader;
    }

private:
    // Drops readers that are done; doubles the list while more than half are not, so that reading stays flat.
    void make_room();
};

// The logical memory behind a Buffer. Immutable once used, but for `tiles` (graph mutex), `data` and `pinned` (set
// once, by the memory layer), `next_uses`, `replicas` and `poison` (each slot belongs to the tasks that hold the tile).
class alignas(64) BufferCore {
public:
    BufferCore(DType dtype, const Shape& shape, const BufferOptions& options);
    ~BufferCore();
    BufferCore(const BufferCore&) = delete;
    BufferCore& operator=(const BufferCore&) = delete;

    // What every submission and every task looks at, on one cache line.
    void* owner = nullptr;  // the engine
    std::int64_t tile_count = 0;
    std::atomic<std::byte*> data{nullptr};
    const DType dtype;
    bool borrowed = false;
    // Who submits tasks that write the borrowed memory also submits tasks that read it on the host: devices may write.
    bool returns = false;
    bool pinned = false;                   // page-locked: the memory layer's, set with `data`
    std::atomic<void*> replicas{nullptr};  // memory::Replicas, once the buffer was used on a device

private:
    std::atomic<FailurePtr*> poison_{nullptr};
    Tile single_;
    std::unique_ptr<Tile[]> many_;

public:
    detail::Layout layout;
    Shape tile, grid, grid_strides;
    std::size_t bytes = 0;
    const std::string name;
    std::shared_ptr<void> keep_alive;  // of the engine, whose records the tiles refer to
    void* next_uses = nullptr;         // memory::Foresight's, on engines with devices; its mutex

    Tile* tiles() { return tile_count == 1 ? &single_ : many_.get(); }
    // The index box of the tiles that a box touches. Throws ShapeError unless the box lies in the buffer.
    Region region(const Box& box) const;
    void check(const Box& box) const;
    // Whether the box contains the tile at this grid index entirely.
    bool covers(const Box& box, const Shape& tile_index) const;

    // Calls f(tile index in storage order, grid index) for each tile of the region, or of the whole buffer.
    template <class F>
    void for_each_tile(const Region* region, F&& f) const;

    // The failure that spoiled the tile, or null. Only for a task that holds the tile.
    FailurePtr poison_of(std::int64_t tile_index) const {
        const FailurePtr* slots = poison_.load(std::memory_order_acquire);
        return slots == nullptr ? nullptr : slots[tile_index];
    }
    bool ever_poisoned() const { return poison_.load(std::memory_order_acquire) != nullptr; }
    void set_poison(std::int64_t tile_index, FailurePtr failure);
};

template <class F>
void BufferCore::for_each_tile(const Region* region, F&& f) const {
    const int rank = grid.rank();
    Shape index = region != nullptr ? region->tiles.lo : Shape::filled(rank, 0);
    const Shape lo = index;
    const Shape& hi = region != nullptr ? region->tiles.hi : grid;
    for (int a = 0; a < rank; ++a)
        if (lo[a] >= hi[a]) return;
    std::int64_t linear = 0;
    for (int a = 0; a < rank; ++a) linear += index[a] * grid_strides[a];
    for (;;) {
        f(linear, index);
        int a = rank - 1;
        for (; a >= 0; --a) {
            linear += grid_strides[a];
            if (++index[a] < hi[a]) break;
            linear -= (hi[a] - lo[a]) * grid_strides[a];
            index[a] = lo[a];
        }
        if (a < 0) return;
    }
}

}  // namespace heddle::graph
