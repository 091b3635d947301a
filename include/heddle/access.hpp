#pragma once

#include <cstdint>

#include "heddle/shape.hpp"

namespace heddle {

namespace graph {
class BufferCore;
}

// What a task does to a region. `write` promises to overwrite all of it and sees no earlier values; `update` reads and
// writes.
enum class Mode : std::uint8_t { read, write, update };

namespace detail {

// The erased form that the engine takes; points into the caller's full expression.
struct AccessSpec {
    graph::BufferCore* buffer;
    const Box* box;  // null: the whole buffer
    Mode mode;
};

template <class T>
struct Access {
    using element = T;
    graph::BufferCore* buffer;
    Mode mode;
    AccessSpec spec() const { return {buffer, nullptr, mode}; }
};

template <class T>
struct RegionAccess {
    using element = T;
    graph::BufferCore* buffer;
    Mode mode;
    Box box;
    AccessSpec spec() const { return {buffer, &box, mode}; }
};

}  // namespace detail
}  // namespace heddle
