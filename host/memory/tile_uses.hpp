#pragma once

#include "host/graph/record.hpp"
#include "host/memory/tiles.hpp"

// Tiles as the accesses of a task reach them, and where their values are.
namespace heddle::memory {

inline bool is_empty(const graph::TaskAccess& access, const graph::Region* region) {
    return (region == nullptr ? access.buffer().layout.count : region->layout.count) == 0;
}

// Calls f(number of the access, access, tile, its index, whether the access overwrites all of it).
template <class F>
void for_each_tile(const graph::Record& record, F&& f) {
    const graph::TaskAccess* accesses = record.accesses();
    for (std::size_t i = 0; i < record.access_count; ++i) {
        const graph::TaskAccess& access = accesses[i];
        const graph::Region* region = record.region(access);
        if (is_empty(access, region)) continue;
        access.buffer().for_each_tile(region, [&](std::int64_t tile, const Shape& index) {
            const bool overwrites =
                access.mode() == Mode::write && (region == nullptr || access.buffer().covers(region->box, index));
            f(i, access, tile, index, overwrites);
        });
    }
}

inline Replicas& ensure_replicas(graph::BufferCore& buffer) {
    Replicas* replicas = replicas_of(buffer);
    if (replicas == nullptr) {
        replicas = new Replicas(buffer.tile_count);
        buffer.replicas.store(replicas, std::memory_order_release);
    }
    return *replicas;
}

// A copy on a device, on the preferred one where it has one; null: none.
inline TileCopy* valid_copy(TileReplicas& tile, const Shape& index, Block** holder, int preferred) {
    TileCopy* found = nullptr;
    for (Block* block : tile.blocks) {
        TileCopy& copy = block->copy(index);
        if (!copy.valid || (found != nullptr && block->device != preferred)) continue;
        found = &copy;
        *holder = block;
    }
    return found;
}

}  // namespace heddle::memory
