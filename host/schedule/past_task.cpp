#include "host/schedule/past_task.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "host/memory/tiles.hpp"

namespace heddle::schedule {

using graph::BufferCore;
using graph::Region;
using graph::TaskAccess;

PastTask::~PastTask() {
    if (kept_.body == nullptr) return;
    kept_.ops->destroy(kept_.body);
    ::operator delete (kept_.body, std::align_val_t{kept_.ops->align});
}

void PastTask::keep() {
    const detail::BodyOps& ops = *record->ops;
    kept_.ops = &ops;
    kept_.pieces = record->has(graph::kWide) ? record->extra->pieces : 1;
    kept_.accesses.assign(record->accesses(), record->accesses() + record->access_count);
    if (record->extra != nullptr) kept_.regions = record->extra->regions;
    if (record->has(graph::kHeapBody)) {
        kept_.body = record->body_address();
    } else {
        void* body = ::operator new (ops.size, std::align_val_t{ops.align});
        ops.move(body, record->body);  // what lies in the record moves without throwing
        ops.destroy(record->body);
        kept_.body = body;
    }
    record = nullptr;
    in_flight = false;
}

namespace {

// The part of the tile that the box covers, or all of it.
Box covered(const BufferCore& buffer, const Shape& index, const Box* box) {
    Box tile = memory::elements_of(buffer, memory::tile_box(index));
    if (box == nullptr) return tile;
    for (int a = 0; a < tile.rank(); ++a) {
        tile.lo[a] = std::max(tile.lo[a], box->lo[a]);
        tile.hi[a] = std::min(tile.hi[a], box->hi[a]);
    }
    return tile;
}

std::int64_t offset(const Shape& strides, const Shape& from, const Shape& origin) {
    std::int64_t at = 0;
    for (int a = 0; a < strides.rank(); ++a) at += (from[a] - origin[a]) * strides[a];
    return at;
}

// An access's values, dense.
struct Scratch {
    const BufferCore* buffer;
    const Box* box;
    Shape origin;
    detail::Layout layout;
    std::vector<std::byte> bytes;

    // Copies the tile's part from (to) the dense bytes of the whole tile.
    void exchange(const Shape& index, std::byte* tile, bool to_tile) {
        const Box part = covered(*buffer, index, box), whole = memory::elements_of(*buffer, memory::tile_box(index));
        const Shape strides = dense_strides(whole.extents());
        const std::int64_t width = memory::width_of(*buffer);
        std::byte* there = tile + offset(strides, part.lo, whole.lo) * width;
        std::byte* here = bytes.data() + offset(layout.strides, part.lo, origin) * width;
        if (to_tile)
            memory::copy_box(part.extents(), width, there, strides, here, layout.strides);
        else
            memory::copy_box(part.extents(), width, here, layout.strides, there, strides);
    }
};

}  // namespace

bool PastTask::run_again(Versions& versions, int worker) {
    const bool flying = record != nullptr;
    const detail::BodyOps& ops = flying ? *record->ops : *kept_.ops;
    const std::size_t count = flying ? record->access_count : kept_.accesses.size();
    const TaskAccess* accesses = flying ? record->accesses() : kept_.accesses.data();
    const std::int64_t pieces = !flying ? kept_.pieces : record->has(graph::kWide) ? record->extra->pieces : 1;
    if (!ops.cpu) return false;
    for (const memory::TileUse& use : uses)
        if (use.read != 0 && versions.count({&memory::replicas_of(*use.buffer)->at(use.tile), use.read}) == 0)
            return false;

    std::vector<Scratch> scratch(count);
    std::vector<detail::Operand> operands(count);
    const auto region_of = [&](std::size_t i) -> const Region* {
        if (flying) return record->region(accesses[i]);
        return accesses[i].whole() ? nullptr : &kept_.regions[accesses[i].region()];
    };
    const auto for_each_use = [&](auto&& f) {
        std::size_t at = 0;  // among the uses, which follow the accesses
        for (std::size_t i = 0; i < count; ++i) {
            const Region* region = region_of(i);
            const BufferCore& buffer = accesses[i].buffer();
            if ((region == nullptr ? buffer.layout.count : region->layout.count) == 0) continue;
            buffer.for_each_tile(region, [&](std::int64_t, const Shape&) { f(i, uses[at++]); });
        }
    };
    for (std::size_t i = 0; i < count; ++i) {
        const Region* region = region_of(i);
        Scratch& s = scratch[i];
        s.buffer = &accesses[i].buffer();
        s.box = region == nullptr ? nullptr : &region->box;
        const Shape shape = region == nullptr ? s.buffer->layout.shape : region->layout.shape;
        s.origin = region == nullptr ? Shape::filled(shape.rank(), 0) : region->box.lo;
        s.layout = {shape, dense_strides(shape), shape.count(), true};
        s.bytes.resize(static_cast<std::size_t>(shape.count() * memory::width_of(*s.buffer)));
        operands[i] = {s.bytes.data(), &s.layout};
    }
    for_each_use([&](std::size_t i, const memory::TileUse& use) {
        if (accesses[i].mode() == Mode::write || use.read == 0) return;
        scratch[i].exchange(use.index, versions.at({&memory::replicas_of(*use.buffer)->at(use.tile), use.read}).data(),
                            false);
    });
    void* const body = flying ? record->body_address() : kept_.body;
    for (std::int64_t piece = 0; piece < pieces; ++piece) ops.invoke(body, operands.data(), {piece, pieces, worker});
    std::map<const memory::TileReplicas*, std::uint64_t> made;  // by this task: two accesses may change one tile
    for_each_use([&](std::size_t i, const memory::TileUse& use) {
        if (use.written == 0) return;
        const auto* where = &memory::replicas_of(*use.buffer)->at(use.tile);
        const auto before = made.find(where);
        std::vector<std::byte> tile;
        if (before != made.end())
            tile = versions.at({where, before->second});
        else if (use.read != 0)
            tile = versions.at({where, use.read});
        else
            tile.resize(memory::tile_bytes(*use.buffer, use.index));
        scratch[i].exchange(use.index, tile.data(), true);
        versions[{where, use.written}] = std::move(tile);
        made[where] = use.written;
    });
    return true;
}

}  // namespace heddle::schedule
