// The blocks of device memory that hold tiles, and who makes room for them.

#include "host/memory/coherence.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "host/memory/tile_uses.hpp"

namespace heddle::memory {

using graph::BufferCore;
using graph::Record;
using graph::Region;
using graph::TaskAccess;

namespace {

bool overlap(const Box& a, const Box& b) {
    for (int axis = 0; axis < a.rank(); ++axis)
        if (a.lo[axis] >= b.hi[axis] || b.lo[axis] >= a.hi[axis]) return false;
    return true;
}
Box bounding(const Box& a, const Box& b) {
    Box box = a;
    for (int axis = 0; axis < a.rank(); ++axis) {
        box.lo[axis] = std::min(a.lo[axis], b.lo[axis]);
        box.hi[axis] = std::max(a.hi[axis], b.hi[axis]);
    }
    return box;
}

// The tiles that each access's block must hold: accesses that share a tile share the block.
std::vector<Box> tile_boxes(const Record& record) {
    std::vector<Box> boxes(record.access_count);
    const TaskAccess* accesses = record.accesses();
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const Region* region = record.region(accesses[i]);
        boxes[i] = region == nullptr ? Box::whole(accesses[i].buffer().grid) : region->tiles;
    }
    for (bool changed = boxes.size() > 1; changed;) {
        changed = false;
        for (std::size_t i = 0; i < boxes.size(); ++i)
            for (std::size_t j = 0; j < boxes.size(); ++j) {
                if (i == j || &accesses[i].buffer() != &accesses[j].buffer() || boxes[i] == boxes[j] ||
                    !overlap(boxes[i], boxes[j]))
                    continue;
                boxes[i] = boxes[j] = bounding(boxes[i], boxes[j]);
                changed = true;
            }
    }
    return boxes;
}

Points uses_of(const Block& block) {
    Points points = block.earlier;
    for (const TileCopy& copy : block.copies) {
        points.add(copy.written);
        points.add(copy.read);
    }
    return points;
}

}  // namespace

Block* Coherence::find(BufferCore& buffer, int device, const Box& tiles) const {
    Replicas* replicas = replicas_of(buffer);
    if (replicas == nullptr) return nullptr;
    std::int64_t first = 0;
    for (int a = 0; a < tiles.rank(); ++a) first += tiles.lo[a] * buffer.grid_strides[a];
    for (Block* block : replicas->at(first).blocks) {
        if (block->device != device) continue;
        bool contains = true;
        for (int a = 0; a < tiles.rank(); ++a)
            contains = contains && block->tiles.lo[a] <= tiles.lo[a] && tiles.hi[a] <= block->tiles.hi[a];
        if (contains) return block;
    }
    return nullptr;
}

Block* Coherence::make(BufferCore& buffer, int device, const Box& tiles, DeviceMemory::Piece piece) {
    auto& block = blocks_[static_cast<std::size_t>(device)].emplace_back(std::make_unique<Block>());
    const Box box = elements_of(buffer, tiles);
    block->buffer = &buffer;
    block->device = device;
    block->tiles = tiles;
    block->origin = box.lo;
    block->strides = dense_strides(box.extents());
    block->data = piece.data;
    block->bytes = static_cast<std::size_t>(box.count() * width_of(buffer));
    block->earlier = std::move(piece.earlier);
    block->copies.resize(static_cast<std::size_t>(tiles.count()));
    Replicas& replicas = ensure_replicas(buffer);
    const Region region{{}, tiles, {}, 0};
    buffer.for_each_tile(&region,
                         [&](std::int64_t tile, const Shape&) { replicas.at(tile).blocks.push_back(block.get()); });
    return block.get();
}

void Coherence::adopt(BufferCore& buffer, int device, std::byte* data, Point from) {
    Block* block = make(buffer, device, Box::whole(buffer.grid), {data, {}});
    block->adopted = true;
    for (TileCopy& copy : block->copies) copy.set(from);
    for (TileReplicas& tile : replicas_of(buffer)->tiles) {
        tile.host_valid = false;
        tile.host_version = 0;
        tile.tasks.add(from);
    }
}

Coherence::Fit Coherence::reserve(int device, const Record& record, Point first, Blocks& blocks, Points& busy) {
    const std::vector<Box> boxes = tile_boxes(record);
    const TaskAccess* accesses = record.accesses();
    blocks.assign(record.access_count, nullptr);
    Use& last = uses_[static_cast<std::size_t>(device)];
    if (last.seq != record.seq) last = {last.number + 1, record.seq};
    const std::uint64_t use = last.number;
    std::size_t total = 0;
    const auto bytes_of = [&](std::size_t i) {
        BufferCore& buffer = accesses[i].buffer();
        return static_cast<std::size_t>(elements_of(buffer, boxes[i]).count() * width_of(buffer));
    };
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (is_empty(accesses[i], record.region(accesses[i]))) continue;
        bool again = false;
        for (std::size_t j = 0; j < i; ++j)
            again = again || (&accesses[j].buffer() == &accesses[i].buffer() && boxes[j] == boxes[i]);
        blocks[i] = find(accesses[i].buffer(), device, boxes[i]);
        if (!again && (blocks[i] == nullptr || !blocks[i]->adopted)) total += block_bytes(bytes_of(i));
        if (blocks[i] != nullptr) blocks[i]->last_use = use;  // keeps it from being evicted for the others
    }
    DeviceMemory& memory = *memory_[static_cast<std::size_t>(device)];
    if (total > memory.limit()) return Fit::never;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        BufferCore& buffer = accesses[i].buffer();
        if (blocks[i] != nullptr || is_empty(accesses[i], record.region(accesses[i]))) continue;
        blocks[i] = find(buffer, device, boxes[i]);  // an earlier access may have made it
        while (blocks[i] == nullptr) {
            DeviceMemory::Piece piece = memory.take(bytes_of(i));
            if (piece.data != nullptr) {
                blocks[i] = make(buffer, device, boxes[i], std::move(piece));
                blocks[i]->last_use = use;
            } else if (!make_room(device, block_bytes(bytes_of(i)), first, busy)) {
                if (!busy.empty()) return Fit::later;
                const auto& all = blocks_[static_cast<std::size_t>(device)];
                const bool held = std::any_of(all.begin(), all.end(), [](const auto& b) { return b->holders != 0; });
                return held ? Fit::held : Fit::never;
            }
        }
    }
    return Fit::yes;
}

DeviceMemory::Piece Coherence::borrow(int device, std::size_t bytes, Points& busy) {
    DeviceMemory& memory = *memory_[static_cast<std::size_t>(device)];
    if (block_bytes(bytes) > memory.limit()) return {};
    ++uses_[static_cast<std::size_t>(device)].number;  // no task's blocks must stay
    for (;;) {
        DeviceMemory::Piece piece = memory.take(bytes);
        if (piece.data != nullptr) return piece;
        if (make_room(device, block_bytes(bytes), {}, busy)) continue;
        if (!busy.empty() || !let_go_of_ripe(device, busy)) return piece;
    }
}

// Tasks whose wait is over hold their blocks no more, although they have not looked again yet. False: there are none;
// then `busy` gets what the others wait for.
bool Coherence::let_go_of_ripe(int device, Points& busy) {
    std::vector<const Record*> ripe;
    Points waited;
    for (const auto& [record, hold] : holds_) {
        if (hold.device != device) continue;
        const std::size_t before = ripe.size();
        if (std::all_of(hold.until.begin(), hold.until.end(), [&](const Point& p) { return streams_.reached(p); }))
            ripe.push_back(record);
        if (ripe.size() == before) add_unreached(hold.until, waited);
    }
    for (const Record* record : ripe) let_go(*record);
    if (ripe.empty()) busy.add(waited);
    return !ripe.empty();
}

// What is kept goes first, then the block that is needed latest. False: nothing can go now; `busy` says when more can,
// unless it is empty.
bool Coherence::make_room(int device, std::size_t bytes, Point first, Points& busy) {
    DeviceMemory& memory = *memory_[static_cast<std::size_t>(device)];
    // Within the limit, but the device has not got round to what was handed back.
    const bool freeing = !streams_.reached(memory.freeing());
    if (freeing) busy.add(memory.freeing());
    if (freeing && memory.has_room(bytes)) return false;
    if (memory.drop_kept()) return true;
    Block* victim = find_victim(device);
    if (victim == nullptr) return false;
    if (!streams_.reached(first)) {
        busy.add(first);
        return false;
    }
    return evict(*victim, busy);
}

// The block that is needed latest by the tasks that are known (Belady 1966), of several the one that was used longest
// ago. Those of the last two tasks stay if they can: what takes their place could only be copied when those are done,
// with less beside it (eviction_test, 20 tiles in the room of 10: none kept 110 copies, as few as can be, and 314 ms;
// one 120 and 241 ms; two 123 and 201 ms).
Block* Coherence::find_victim(int device) const {
    constexpr std::uint64_t kKept = 2;
    const std::uint64_t now = uses_[static_cast<std::size_t>(device)].number;
    Block* victim = nullptr;
    std::tuple<bool, std::uint64_t, std::uint64_t> best;
    for (const auto& block : blocks_[static_cast<std::size_t>(device)]) {
        if (block->adopted || block->holders != 0 || block->last_use == now) continue;
        const bool settled = block->last_use + kKept < now;
        const std::tuple rank(settled, foresight_.next(*block->buffer, block->tiles), now - block->last_use);
        if (victim != nullptr && rank <= best) continue;
        victim = block.get();
        best = rank;
    }
    return victim;
}

void Coherence::hold(int device, const Record& record, const Blocks& blocks, const Points& until) {
    holds_.insert_or_assign(&record, Hold{device, blocks, until});
    for (Block* block : blocks)
        if (block != nullptr) ++block->holders;
}

int Coherence::let_go(const Record& record) {
    const auto found = holds_.find(&record);
    returns_ = found != holds_.end();
    if (!returns_) return -1;
    const Hold hold = std::move(found->second);
    holds_.erase(found);
    for (Block* block : hold.blocks)
        if (block != nullptr) --block->holders;
    return hold.device;
}

bool Coherence::evict(Block& block, Points& busy) {
    BufferCore& buffer = *block.buffer;
    Replicas& replicas = *replicas_of(buffer);
    const Region region{{}, block.tiles, {}, 0};
    bool done = true;
    buffer.for_each_tile(&region, [&](std::int64_t tile, const Shape& index) {
        TileReplicas& where = replicas.at(tile);
        if (!done || where.host_valid || !block.copy(index).valid) return;
        Block* other = nullptr;
        for (Block* candidate : where.blocks)
            if (candidate != &block && candidate->copy(index).valid) other = candidate;
        if (other == nullptr) done = fetch_to_host(block, tile, index, busy);
    });
    if (!done) return false;
    ++counts_.evicted;
    buffer.for_each_tile(&region,
                         [&](std::int64_t tile, const Shape&) { std::erase(replicas.at(tile).blocks, &block); });
    drop(block);
    return true;
}

// The block's memory goes back, behind all its uses. No tile names it any more.
void Coherence::drop(Block& block) {
    const auto at = static_cast<std::size_t>(block.device);
    if (!block.adopted) memory_[at]->give_back(block.data, block.bytes, uses_of(block));
    std::erase_if(blocks_[at], [&](const auto& b) { return b.get() == &block; });
}

}  // namespace heddle::memory
