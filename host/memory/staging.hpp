#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "host/memory/replica.hpp"
#include "host/memory/streams.hpp"

namespace heddle::memory {

// A tile's values on their way to pageable host memory.
struct Drain {
    Point arrived;
    std::byte* from;
    graph::BufferCore* buffer;
    std::int64_t tile;
    Shape index;
    std::uint64_t version;
};

// Page-locked memory through which the values of pageable host memory travel, a bounded number of bytes: a slot is free
// again when its point is reached. Not thread-safe.
class Staging {
public:
    Staging(Streams& streams, std::size_t limit) : streams_(streams), limit_(limit) {}
    ~Staging();
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    // A slot of that many bytes, to be used up to a point that set_use() gives. Null when all are in use; then `busy`
    // gets their points.
    std::byte* take(std::size_t bytes, Points& busy);
    void set_use(const std::byte* slot, Point point);

private:
    struct Slot {
        std::byte* data;
        std::size_t bytes;
        Point used;
        int device;  // that pinned it
    };
    void release(std::size_t slot);

    Streams& streams_;
    const std::size_t limit_;
    std::size_t total_ = 0;
    std::vector<Slot> slots_;
};

// A tile's values on their way from pageable host memory to a block.
struct Fill {
    Point filled;  // of a host queue of its device
    Block* block;
    std::int64_t tile;
    Shape index;
    std::byte* slot = nullptr;  // null: it waits for one
    bool done = false;

    TileCopy& copy() const { return block->copy(index); }
};

// Fills in the order in which they were asked for: each begins when there is a slot for it. Not thread-safe.
class Fills {
public:
    Fills(Streams& streams, std::size_t limit)
        : slots_(streams, limit), streams_(streams), fills_(static_cast<std::size_t>(streams.devices())) {}

    void ask(Block& block, std::int64_t tile, const Shape& index);
    // Forgets the last one asked for, which waits for a slot.
    void take_back();
    // Those that begin now; none of a device that is `leaving`. `refused` is called with one for which there is no
    // staging memory at all. `busy`: slots that those that still wait could have.
    std::vector<Fill*> begin(const std::function<bool(int device)>& leaving,
                             const std::function<void(Fill& fill)>& refused, Points& busy);
    // The slot is free when that is reached.
    void set_use(const Fill& fill, Point point) { slots_.set_use(fill.slot, point); }
    // The last point of its queue before which all fills are done, now that this one is, if there is one; the fill
    // goes.
    Point end(Fill& fill);
    // The device is lost, and no fill of it has begun.
    void forget(int device);

private:
    Staging slots_;
    Streams& streams_;
    // They end in any order, but each queue's points are reached in order: so there are some queues, taken in turns.
    struct Queues {
        std::deque<Fill> fills[Streams::kHostQueues];
        int next = 0;
    };
    std::deque<Fill>& queue_of(const Fill& fill);
    std::vector<Queues> fills_;  // by device
    std::deque<Fill*> waiting_;
};

}  // namespace heddle::memory
