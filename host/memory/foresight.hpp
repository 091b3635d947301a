#pragma once

#include <cstdint>
#include <mutex>

#include "host/graph/record.hpp"

namespace heddle::memory {

// Which task will be the next to touch a tile on a device: the lowest number of those that were submitted and have not
// been placed. Any thread; its own mutex guards the buffers' next_uses, and nothing is called with it held.
class Foresight {
public:
    static constexpr std::uint64_t kNever = ~std::uint64_t{0};

    // The task was submitted; in the order of the tasks' numbers.
    void add(const graph::Record& record);
    // It was placed, or will not run.
    void remove(const graph::Record& record);
    // The next task that touches one of the tiles.
    std::uint64_t next(graph::BufferCore& buffer, const Box& tiles) const;
    // Before the buffer goes.
    static void forget(graph::BufferCore& buffer);

private:
    mutable std::mutex mutex_;
};

}  // namespace heddle::memory
