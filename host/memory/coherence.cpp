#include "host/memory/coherence.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "heddle/error.hpp"
#include "host/memory/copy_rows.hpp"

namespace heddle::memory {

using graph::BufferCore;
using graph::Record;
using graph::Region;
using graph::TaskAccess;

namespace {

constexpr std::size_t kStagingBytes = std::size_t{256} << 20;

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

bool is_empty(const TaskAccess& access, const Region* region) {
    return (region == nullptr ? access.buffer().layout.count : region->layout.count) == 0;
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

// Calls f(tile, index, whether the access overwrites all of the tile, the access).
template <class F>
void for_each_tile(const Record& record, F&& f) {
    const TaskAccess* accesses = record.accesses();
    for (std::size_t i = 0; i < record.access_count; ++i) {
        const TaskAccess& access = accesses[i];
        const Region* region = record.region(access);
        if (is_empty(access, region)) continue;
        access.buffer().for_each_tile(region, [&](std::int64_t tile, const Shape& index) {
            const bool overwrites =
                access.mode() == Mode::write && (region == nullptr || access.buffer().covers(region->box, index));
            f(i, access, tile, index, overwrites);
        });
    }
}

Replicas& ensure_replicas(BufferCore& buffer) {
    Replicas* replicas = replicas_of(buffer);
    if (replicas == nullptr) {
        replicas = new Replicas(buffer.tile_count);
        buffer.replicas.store(replicas, std::memory_order_release);
    }
    return *replicas;
}

TileCopy* valid_copy(TileReplicas& tile, const Shape& index, Block** holder, int preferred) {
    TileCopy* found = nullptr;
    for (Block* block : tile.blocks) {
        TileCopy& copy = block->copy(index);
        if (!copy.valid || (found != nullptr && block->device != preferred)) continue;
        found = &copy;
        *holder = block;
    }
    return found;
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

Coherence::Coherence(Streams& streams, HostMemory& host, std::size_t limit)
    : streams_(streams),
      host_(host),
      blocks_(static_cast<std::size_t>(streams.devices())),
      drains_(static_cast<std::size_t>(streams.devices())),
      on_way_(static_cast<std::size_t>(streams.devices())),
      staging_(streams, kStagingBytes),
      journal_(streams),
      uses_(static_cast<std::size_t>(streams.devices())) {
    for (int device = 0; device < streams.devices(); ++device) {
        const std::size_t all = streams.description(device).memory;
        const std::size_t most = all - all / 10;
        memory_.push_back(std::make_unique<DeviceMemory>(streams, device, limit == 0 ? most : std::min(limit, most)));
    }
}

Coherence::~Coherence() = default;

void Coherence::add_unreached(const Points& points, Points& needs) const {
    for (const Point& point : points)
        if (!streams_.reached(point)) needs.add(point);
}

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
                return busy.empty() ? Fit::never : Fit::later;
            }
        }
    }
    return Fit::yes;
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
        if (block->adopted || block->last_use == now) continue;
        const bool settled = block->last_use + kKept < now;
        const std::tuple rank(settled, foresight_.next(*block->buffer, block->tiles), now - block->last_use);
        if (victim != nullptr && rank <= best) continue;
        victim = block.get();
        best = rank;
    }
    return victim;
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

bool Coherence::bring(int device, device::Stream stream, const Record& record, const Blocks& blocks, Points& busy) {
    bool done = true;
    for_each_tile(record,
                  [&](std::size_t i, const TaskAccess& access, std::int64_t tile, const Shape& index, bool overwrites) {
                      if (!done) return;
                      Block& block = *blocks[i];
                      TileCopy& copy = block.copy(index);
                      if (!overwrites && !copy.valid) done = fetch(block, copy, index, tile, stream, busy);
                      if (!overwrites) done = done && settled(copy, busy);
                      if (!done) return;
                      streams_.wait(device, stream, copy.written);
                      streams_.wait(device, stream, block.earlier);
                      if (access.mode() == Mode::read) return;
                      streams_.wait(device, stream, copy.read);
                      streams_.wait(device, stream, replicas_of(access.buffer())->at(tile).tasks);
                  });
    return done;
}

void Coherence::wait_to_change(int device, device::Stream stream, const Block& block, const TileCopy& copy) {
    streams_.wait(device, stream, copy.written);
    streams_.wait(device, stream, copy.read);
    streams_.wait(device, stream, block.earlier);
}

bool Coherence::fetch(Block& block, TileCopy& copy, const Shape& index, std::int64_t tile, device::Stream stream,
                      Points& busy) {
    BufferCore& buffer = *block.buffer;
    TileReplicas& where = ensure_replicas(buffer).at(tile);
    Block* source = nullptr;
    TileCopy* from = valid_copy(where, index, &source, block.device);
    if (from == nullptr) return fetch_from_host(block, copy, index, where, busy);
    if (!settled(*from, busy)) return false;
    const bool peer = source->device != block.device;
    if (peer && where.host_valid && streams_.reached(where.host_written))
        return fetch_from_host(block, copy, index, where, busy);
    const Box box = elements_of(buffer, tile_box(index));
    const std::int64_t width = width_of(buffer);
    device::Accelerator& to = streams_[block.device];
    const device::Stream way = peer ? device::kToDevice : stream;
    streams_.wait(block.device, way, from->written);
    wait_to_change(block.device, way, block, copy);
    std::byte* const at = block.data + block.offset_of(box.lo) * width;
    const std::byte* const there = source->data + source->offset_of(box.lo) * width;
    for_each_rows(box.extents(), block.strides, source->strides, width,
                  [&](std::int64_t to_offset, std::int64_t from_offset, const device::CopyShape& shape) {
                      if (!peer) return to.copy(way, at + to_offset, there + from_offset, shape);
                      for (std::size_t row = 0; row < shape.rows; ++row)
                          to.copy_from_peer(way, at + to_offset + static_cast<std::ptrdiff_t>(row) * shape.to_pitch,
                                            streams_[source->device],
                                            there + from_offset + static_cast<std::ptrdiff_t>(row) * shape.from_pitch,
                                            shape.bytes);
                  });
    const Point end = streams_.mark(block.device, way);
    ++(peer ? counts_.peer : counts_.on_device);
    from->read.add(end);
    copy.set(end, peer ? source->device : -1);
    return true;
}

// What comes from another device may stop half-way with it, so nothing is put behind it before it is there.
bool Coherence::settled(TileCopy& copy, Points& busy) const {
    if (copy.from < 0) return true;
    if (!streams_.has_reached(copy.written)) {
        busy.add(copy.written);
        return false;
    }
    // A copy from a lost device ends without having brought anything; check() says so before anyone else does.
    streams_[copy.from].check();
    copy.from = -1;
    return true;
}

bool Coherence::fetch_from_host(Block& block, TileCopy& copy, const Shape& index, TileReplicas& where, Points& busy) {
    BufferCore& buffer = *block.buffer;
    const Box box = elements_of(buffer, tile_box(index));
    const Shape extents = box.extents();
    const std::int64_t width = width_of(buffer);
    const std::byte* from = host_.ensure(buffer) + host_offset(buffer, box.lo);
    Shape strides = buffer.layout.strides;
    std::byte* slot = nullptr;
    const bool foreign = where.host_written && where.host_written.device != block.device;
    if ((foreign || !buffer.pinned) && !streams_.reached(where.host_written)) {
        busy.add(where.host_written);
        return false;
    }
    if (!buffer.pinned) {
        slot = staging_.take(static_cast<std::size_t>(box.count() * width), busy);
        if (slot == nullptr) return false;
        const Shape dense = dense_strides(extents);
        copy_box(extents, width, slot, dense, from, strides);
        from = slot;
        strides = dense;
    } else {
        streams_.wait(block.device, device::kToDevice, where.host_written);
    }
    wait_to_change(block.device, device::kToDevice, block, copy);
    std::byte* const to = block.data + block.offset_of(box.lo) * width;
    for_each_rows(extents, block.strides, strides, width, [&](std::int64_t at, std::int64_t there, const auto& shape) {
        streams_[block.device].copy(device::kToDevice, to + at, from + there, shape);
    });
    const Point end = streams_.mark(block.device, device::kToDevice);
    if (slot != nullptr)
        staging_.set_use(slot, end);
    else
        where.host_read.add(end);
    ++counts_.to_device;
    counts_.bytes_to_device += static_cast<std::uint64_t>(box.count() * width);
    copy.set(end);
    return true;
}

bool Coherence::fetch_to_host(Block& block, std::int64_t tile, const Shape& index, Points& busy) {
    BufferCore& buffer = *block.buffer;
    TileReplicas& where = replicas_of(buffer)->at(tile);
    TileCopy& copy = block.copy(index);
    if (!settled(copy, busy)) return false;
    const Box box = elements_of(buffer, tile_box(index));
    const Shape extents = box.extents();
    const std::int64_t width = width_of(buffer);
    std::byte* to = host_.ensure(buffer) + host_offset(buffer, box.lo);
    Shape strides = buffer.layout.strides;
    std::byte* slot = nullptr;
    if (where.host_readers != 0) journal_.prune();
    // Bytes that the journal needs must be whole until the new ones are.
    if (!buffer.pinned || where.host_readers != 0) {
        slot = staging_.take(static_cast<std::size_t>(box.count() * width), busy);
        if (slot == nullptr) {
            if (busy.empty())
                throw OutOfMemory(
                    "no way back from " + streams_.description(block.device).name,
                    "the system gives no page-locked memory for " + std::to_string(box.count() * width) + " bytes",
                    "raise the limit on locked memory (ulimit -l), or use smaller tiles");
            return false;
        }
        to = slot;
        strides = dense_strides(extents);
    } else {
        streams_.wait(block.device, device::kToHost, where.host_read);
        streams_.wait(block.device, device::kToHost, where.host_written);
    }
    streams_.wait(block.device, device::kToHost, copy.written);
    const std::byte* const from = block.data + block.offset_of(box.lo) * width;
    for_each_rows(extents, strides, block.strides, width, [&](std::int64_t at, std::int64_t there, const auto& shape) {
        streams_[block.device].copy(device::kToHost, to + at, from + there, shape);
    });
    const Point end = streams_.mark(block.device, device::kToHost);
    where.draining = slot != nullptr;
    if (slot != nullptr) {
        staging_.set_use(slot, end);
        drains_[static_cast<std::size_t>(block.device)].push_back({end, slot, &buffer, tile, index, where.version});
    } else {
        where.host_version = where.version;
    }
    on_way_[static_cast<std::size_t>(block.device)].push_back({end, &buffer, tile, index});
    ++counts_.to_host;
    counts_.bytes_to_host += static_cast<std::uint64_t>(box.count() * width);
    copy.read.add(end);
    where.host_written = end;
    where.host_valid = true;
    if (slot == nullptr) where.host_read.clear();
    return true;
}

std::vector<Drain> Coherence::arrived(int device, device::Mark mark) {
    auto& on_way = on_way_[static_cast<std::size_t>(device)];
    while (!on_way.empty() && on_way.front().end.mark <= mark) on_way.pop_front();
    auto& drains = drains_[static_cast<std::size_t>(device)];
    std::vector<Drain> taken;
    while (!drains.empty() && drains.front().arrived.mark <= mark) {
        Drain& drain = taken.emplace_back(std::move(drains.front()));
        drains.pop_front();
        journal_.before_host_changes(*drain.buffer, drain.tile, drain.index);
        replicas_of(*drain.buffer)->at(drain.tile).host_version = 0;
    }
    return taken;
}

void Coherence::drained(const std::vector<Drain>& drains) {
    for (const Drain& drain : drains) {
        TileReplicas& where = replicas_of(*drain.buffer)->at(drain.tile);
        where.host_version = drain.version;
        where.draining = false;
    }
}

bool Coherence::bring_tile(BufferCore& buffer, std::int64_t tile, const Shape& index, Points& needs) {
    TileReplicas& where = replicas_of(buffer)->at(tile);
    Block* source = nullptr;
    if (!where.host_valid && valid_copy(where, index, &source, -1) == nullptr) return false;
    if (!where.host_valid) fetch_to_host(*source, tile, index, needs);
    if (!streams_.reached(where.host_written)) needs.add(where.host_written);
    return true;
}

void Coherence::checkpoint() {
    for (const TileUse& use : journal_.results()) {
        Points busy;
        if (!bring_tile(*use.buffer, use.tile, use.index, busy)) continue;
        if (!replicas_of(*use.buffer)->at(use.tile).host_valid) return;  // no staging memory now
    }
}

void Coherence::restored(BufferCore& buffer, std::int64_t tile) {
    TileReplicas& where = replicas_of(buffer)->at(tile);
    where.host_valid = true;
    where.host_version = where.version;
    where.host_written = {};
    where.draining = false;
}

void Coherence::used(const Record& record, const Blocks& blocks, Point end, std::vector<TileUse>& uses) {
    for_each_tile(record,
                  [&](std::size_t, const TaskAccess& access, std::int64_t tile, const Shape& index, bool overwrites) {
                      TileReplicas& where = replicas_of(access.buffer())->at(tile);
                      uses.push_back({&access.buffer(), tile, index, overwrites ? 0 : where.version, 0, &where});
                  });
    std::size_t at = 0;
    for_each_tile(record, [&](std::size_t i, const TaskAccess& access, std::int64_t tile, const Shape& index, bool) {
        TileCopy& copy = blocks[i]->copy(index);
        TileReplicas& where = replicas_of(access.buffer())->at(tile);
        TileUse& use = uses[at++];
        if (access.mode() == Mode::read) {
            copy.read.add(end);
            where.tasks.add(end);
            return;
        }
        use.written = ++where.version;
        where.tasks.clear();
        where.tasks.add(end);
        where.host_valid = false;
        for (Block* block : where.blocks) block->copy(index).valid = false;
        copy.set(end);
    });
}

// Whether the host's bytes may change now. Where the journal needs them for tasks whose results are on their way to the
// host, that is worth waiting for; else they are put aside when they change.
bool Coherence::host_may_change(BufferCore& buffer, std::int64_t tile, Points& needs) {
    TileReplicas& where = replicas_of(buffer)->at(tile);
    if (where.host_readers != 0) journal_.prune();
    return where.host_readers == 0 || !journal_.arriving(where, needs);
}

bool Coherence::bring_to_host(const Record& record, Points& needs) {
    bool done = true;
    for_each_tile(record,
                  [&](std::size_t, const TaskAccess& access, std::int64_t tile, const Shape& index, bool overwrites) {
                      Replicas* replicas = replicas_of(access.buffer());
                      if (!done || replicas == nullptr) return;
                      TileReplicas& where = replicas->at(tile);
                      if (!overwrites && !where.host_valid) {
                          Block* source = nullptr;
                          if (valid_copy(where, index, &source, -1) != nullptr)
                              done = fetch_to_host(*source, tile, index, needs);
                      }
                      if (!done) return;
                      if (!streams_.reached(where.host_written)) needs.add(where.host_written);
                      if (access.mode() == Mode::read) return;
                      add_unreached(where.host_read, needs);
                      add_unreached(where.tasks, needs);
                      done = host_may_change(access.buffer(), tile, needs);
                  });
    if (!done || !needs.empty()) return false;
    for_each_tile(record, [&](std::size_t, const TaskAccess& access, std::int64_t tile, const Shape& index, bool) {
        Replicas* replicas = replicas_of(access.buffer());
        if (replicas == nullptr || access.mode() == Mode::read) return;
        journal_.before_host_changes(access.buffer(), tile, index);
        TileReplicas& where = replicas->at(tile);
        for (Block* block : where.blocks) block->copy(index).valid = false;
        where.host_valid = true;
        where.host_version = ++where.version;
        where.host_written = {};
        where.host_read.clear();
        where.tasks.clear();
    });
    return true;
}

double Coherence::missing_bytes(int device, const Record& record) const {
    double bytes = 0;
    for_each_tile(record,
                  [&](std::size_t, const TaskAccess& access, std::int64_t tile, const Shape& index, bool overwrites) {
                      if (overwrites) return;
                      const BufferCore& buffer = access.buffer();
                      Replicas* replicas = replicas_of(buffer);
                      bool there = replicas == nullptr ? device < 0 : device < 0 && replicas->at(tile).host_valid;
                      if (replicas != nullptr && device >= 0)
                          for (Block* block : replicas->at(tile).blocks)
                              there = there || (block->device == device && block->copy(index).valid);
                      if (!there)
                          bytes += static_cast<double>(elements_of(buffer, tile_box(index)).count() * width_of(buffer));
                  });
    return bytes;
}

device::Stream Coherence::follows(int device, const Record& record) const {
    device::Stream found = -1;
    for_each_tile(record, [&](std::size_t, const TaskAccess& access, std::int64_t tile, const Shape& index, bool) {
        Replicas* replicas = replicas_of(access.buffer());
        if (replicas == nullptr) return;
        for (Block* block : replicas->at(tile).blocks) {
            const Point& point = block->copy(index).written;
            if (block->device != device || !point || point.device != device || point.stream < device::kCompute)
                continue;
            if (streams_.last(device, point.stream).mark == point.mark) found = point.stream;
        }
    });
    return found;
}

bool Coherence::release(BufferCore& buffer, Points& needs) {
    Replicas& replicas = *replicas_of(buffer);
    std::vector<Block*> blocks;
    for (TileReplicas& tile : replicas.tiles) {
        if (!streams_.reached(tile.host_written)) needs.add(tile.host_written);
        add_unreached(tile.host_read, needs);
        add_unreached(tile.tasks, needs);  // whose errors would name the buffer
        blocks.insert(blocks.end(), tile.blocks.begin(), tile.blocks.end());
        tile.blocks.clear();
    }
    std::sort(blocks.begin(), blocks.end());
    blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
    for (Block* block : blocks) drop(*block);
    replicas.released = true;
    journal_.prune();
    return !journal_.mentions(buffer);
}

Journal::Tiles Coherence::forget(int device) {
    const auto at = static_cast<std::size_t>(device);
    // What has not arrived on the host is lost with the device, and what it was overwriting.
    std::vector<Fetch> suspects;
    for (const Fetch& fetch : on_way_[at]) {
        TileReplicas& where = replicas_of(*fetch.buffer)->at(fetch.tile);
        if (!where.host_written.same_stream(fetch.end) || where.host_written.mark != fetch.end.mark) continue;
        if (!where.draining) where.host_version = 0;
        where.draining = false;
        where.host_valid = false;
        where.host_written = {};
        suspects.push_back(fetch);
    }
    for (const auto& others : blocks_)
        for (const auto& block : others)
            for (TileCopy& copy : block->copies)
                if (std::exchange(copy.from, copy.from == device ? -1 : copy.from) == device) copy.valid = false;
    for (const auto& block : blocks_[at]) {
        const Region region{{}, block->tiles, {}, 0};
        block->buffer->for_each_tile(&region, [&](std::int64_t tile, const Shape& index) {
            std::erase(replicas_of(*block->buffer)->at(tile).blocks, block.get());
            if (block->copy(index).valid) suspects.push_back({{}, block->buffer, tile, index});
        });
    }
    Journal::Tiles lost;
    for (const Fetch& suspect : suspects) {
        TileReplicas& where = replicas_of(*suspect.buffer)->at(suspect.tile);
        Block* other = nullptr;
        if (where.host_valid || valid_copy(where, suspect.index, &other, -1) != nullptr) continue;
        const std::pair tile(suspect.buffer, suspect.tile);
        if (std::find(lost.begin(), lost.end(), tile) == lost.end()) lost.push_back(tile);
    }
    blocks_[at].clear();
    drains_[at].clear();
    on_way_[at].clear();
    memory_[at]->forget();
    return lost;
}

}  // namespace heddle::memory
