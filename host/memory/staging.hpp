#pragma once

#include <cstddef>
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

}  // namespace heddle::memory
