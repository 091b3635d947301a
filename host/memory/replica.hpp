#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "host/device/accelerator.hpp"
#include "host/graph/buffer_core.hpp"

namespace heddle::memory {

// A place in a stream of a device; device -1: nowhere, reached from the start.
struct Point {
    std::int16_t device = -1, stream = 0;
    device::Mark mark = 0;

    explicit operator bool() const { return device >= 0; }
    bool same_stream(const Point& other) const { return device == other.device && stream == other.stream; }
};

// Points that all must be reached: the latest of each stream.
class Points {
public:
    void add(Point point) {
        if (!point) return;
        for (Point& known : points_) {
            if (!known.same_stream(point)) continue;
            known.mark = std::max(known.mark, point.mark);
            return;
        }
        points_.push_back(point);
    }
    void add(const Points& others) {
        for (const Point& point : others) add(point);
    }
    void clear() { points_.clear(); }
    bool empty() const { return points_.empty(); }
    const Point* begin() const { return points_.data(); }
    const Point* end() const { return points_.data() + points_.size(); }

private:
    std::vector<Point> points_;
};

// One tile's values in a block. Before they are touched, `written` must be reached; before they are changed, `read`
// too.
struct TileCopy {
    bool valid = false;
    int from = -1;  // the device that the values come from, until the host knows that they have arrived
    Point written;
    Points read;
    // While the host's bytes go to staging memory: reached when the copy from there is in its stream, or could not be
    // made; then `refused` tells why, or there is no staging memory.
    Point filling;
    std::exception_ptr refused;
    bool no_slot = false;

    // New values are there from `end` on.
    void set(Point end, int source = -1) {
        valid = true;
        from = source;
        written = end;
        read.clear();
    }
};

// Memory of a device that holds a box of a buffer's tiles, dense in C order.
struct Block {
    graph::BufferCore* buffer = nullptr;
    int device = 0;
    Box tiles;      // grid indices
    Shape origin;   // the first element's index
    Shape strides;  // elements
    std::byte* data = nullptr;
    std::size_t bytes = 0;
    bool adopted = false;  // the user's memory: stays the buffer's for as long as there is one
    Points earlier;        // the uses of this memory before it was this block's
    std::vector<TileCopy> copies;
    std::uint64_t last_use = 0;
    int holders = 0;  // tasks whose values are on their way into it: it stays

    TileCopy& copy(const Shape& tile_index) {
        std::int64_t at = 0;
        for (int a = 0; a < tile_index.rank(); ++a)
            at = at * (tiles.hi[a] - tiles.lo[a]) + (tile_index[a] - tiles.lo[a]);
        return copies[static_cast<std::size_t>(at)];
    }
    std::int64_t offset_of(const Shape& element) const {
        std::int64_t at = 0;
        for (int a = 0; a < element.rank(); ++a) at += (element[a] - origin[a]) * strides[a];
        return at;
    }
};

// The host's bytes of an earlier version, put aside for tasks that may have to run again; see Journal.
struct SavedTile {
    std::uint64_t version = 0;
    int readers = 0;
    std::unique_ptr<std::byte[]> bytes;  // dense
};

// Where a tile's values are. The host's bytes count as one more copy.
struct TileReplicas {
    bool host_valid = true;  // at first no task of a device has written it
    Point host_written;      // the copy that brings, or brought, the host's values
    Points host_read;        // copies that read the host's bytes
    Points tasks;  // of devices: the last writer and the readers since; the next writer waits for them anywhere
    std::vector<Block*> blocks;

    // Each write makes a new version; `host_version` is what the host's bytes hold once host_written is reached, or
    // until then where staging memory lies between (`draining`). 0: nothing that could be named.
    std::uint64_t version = 1, host_version = 1;
    bool draining = false;
    int host_readers = 0;  // entries of the journal that read host_version
    std::vector<SavedTile> saved;
    std::vector<std::uint64_t> wanted;  // by Journal::prune() while it looks: versions, descending
};

// What a buffer has beside its host memory, from its first use on a device on.
struct Replicas {
    explicit Replicas(std::int64_t tile_count) : tiles(static_cast<std::size_t>(tile_count)) {}
    std::vector<TileReplicas> tiles;
    bool released = false;  // the buffer is gone but for the journal's sake

    TileReplicas& at(std::int64_t tile) { return tiles[static_cast<std::size_t>(tile)]; }
};

}  // namespace heddle::memory
