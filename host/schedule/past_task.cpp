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

}  // namespace

void PastTask::Copy::exchange(const Shape& index, std::byte* tile, bool to_tile) {
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

const detail::BodyOps& PastTask::ops() const { return record != nullptr ? *record->ops : *kept_.ops; }

void* PastTask::body() { return record != nullptr ? record->body_address() : kept_.body; }

std::span<const TaskAccess> PastTask::accesses() const {
    if (record != nullptr) return {record->accesses(), record->access_count};
    return kept_.accesses;
}

const Region* PastTask::region(std::size_t access) const {
    if (record != nullptr) return record->region(record->accesses()[access]);
    const TaskAccess& kept = kept_.accesses[access];
    return kept.whole() ? nullptr : &kept_.regions[kept.region()];
}

// Calls f(access, use): the uses follow the accesses.
template <class F>
void PastTask::for_each_use(F&& f) const {
    std::size_t at = 0;
    for (std::size_t i = 0; i < accesses().size(); ++i) {
        const BufferCore& buffer = accesses()[i].buffer();
        const Region* r = region(i);
        if ((r == nullptr ? buffer.layout.count : r->layout.count) == 0) continue;
        buffer.for_each_tile(r, [&](std::int64_t, const Shape&) { f(i, uses[at++]); });
    }
}

bool PastTask::has_inputs(const Versions& versions) const {
    return std::all_of(uses.begin(), uses.end(), [&](const memory::TileUse& use) {
        return use.read == 0 || versions.count({use.where, use.read}) != 0;
    });
}

std::vector<PastTask::Copy> PastTask::inputs(Versions& versions) const {
    std::vector<Copy> copies(accesses().size());
    for (std::size_t i = 0; i < copies.size(); ++i) {
        const Region* r = region(i);
        Copy& copy = copies[i];
        copy.buffer = &accesses()[i].buffer();
        copy.box = r == nullptr ? nullptr : &r->box;
        const Shape shape = r == nullptr ? copy.buffer->layout.shape : r->layout.shape;
        copy.origin = r == nullptr ? Shape::filled(shape.rank(), 0) : r->box.lo;
        copy.layout = {shape, dense_strides(shape), shape.count(), true};
        copy.bytes.resize(static_cast<std::size_t>(shape.count() * memory::width_of(*copy.buffer)));
    }
    for_each_use([&](std::size_t i, const memory::TileUse& use) {
        if (accesses()[i].mode() == Mode::write || use.read == 0) return;
        copies[i].exchange(use.index, versions.at({use.where, use.read}).data(), false);
    });
    return copies;
}

void PastTask::add_made(std::vector<Copy>& copies, Versions& versions) const {
    std::map<const memory::TileReplicas*, std::uint64_t> made;  // by this task: two accesses may change one tile
    for_each_use([&](std::size_t i, const memory::TileUse& use) {
        if (use.written == 0) return;
        const auto before = made.find(use.where);
        std::vector<std::byte> tile;
        if (before != made.end())
            tile = versions.at({use.where, before->second});
        else if (use.read != 0)
            tile = versions.at({use.where, use.read});
        else
            tile.resize(memory::tile_bytes(*use.buffer, use.index));
        copies[i].exchange(use.index, tile.data(), true);
        versions[{use.where, use.written}] = std::move(tile);
        made[use.where] = use.written;
    });
}

void PastTask::run_again(Versions& versions, int worker) {
    std::vector<Copy> copies = inputs(versions);
    std::vector<detail::Operand> operands;
    for (Copy& copy : copies) operands.push_back({copy.bytes.data(), &copy.layout});
    const std::int64_t pieces = record == nullptr           ? kept_.pieces
                                : record->has(graph::kWide) ? record->extra->pieces
                                                            : 1;
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        ops().invoke(body(), operands.data(), {piece, pieces, worker});
    add_made(copies, versions);
}

}  // namespace heddle::schedule
