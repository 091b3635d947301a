#include "host/memory/coherence.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "heddle/error.hpp"
#include "host/memory/copy_rows.hpp"

namespace heddle::memory {

using graph::BufferCore;
using graph::Record;
using graph::Region;
using graph::TaskAccess;

namespace {

constexpr std::size_t kStagingBytes = std::size_t{256} << 20;

std::int64_t width_of(const BufferCore& buffer) { return static_cast<std::int64_t>(size_of(buffer.dtype)); }

// The elements of a tile.
Box elements(const BufferCore& buffer, const Box& tiles) {
    Box box;
    for (int a = 0; a < tiles.rank(); ++a) {
        box.lo.push_back(tiles.lo[a] * buffer.tile[a]);
        box.hi.push_back(std::min(tiles.hi[a] * buffer.tile[a], buffer.layout.shape[a]));
    }
    return box;
}
Box tile_box(const Shape& index) {
    Box box{index, index};
    for (int a = 0; a < index.rank(); ++a) ++box.hi[a];
    return box;
}
std::int64_t host_offset(const BufferCore& buffer, const Shape& element) {
    std::int64_t at = 0;
    for (int a = 0; a < element.rank(); ++a) at += element[a] * buffer.layout.strides[a];
    return at * width_of(buffer);
}

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
      staging_(streams, kStagingBytes) {
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
    const Box box = elements(buffer, tiles);
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

Coherence::Fit Coherence::reserve(int device, const Record& record, Blocks& blocks, Points& busy) {
    const std::vector<Box> boxes = tile_boxes(record);
    const TaskAccess* accesses = record.accesses();
    blocks.assign(record.access_count, nullptr);
    const std::uint64_t use = ++uses_;
    std::size_t total = 0;
    const auto bytes_of = [&](std::size_t i) {
        BufferCore& buffer = accesses[i].buffer();
        return static_cast<std::size_t>(elements(buffer, boxes[i]).count() * width_of(buffer));
    };
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (is_empty(accesses[i], record.region(accesses[i]))) continue;
        bool again = false;
        for (std::size_t j = 0; j < i; ++j)
            again = again || (&accesses[j].buffer() == &accesses[i].buffer() && boxes[j] == boxes[i]);
        if (!again) total += block_bytes(bytes_of(i));
        blocks[i] = find(accesses[i].buffer(), device, boxes[i]);
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
            } else if (!make_room(device, block_bytes(bytes_of(i)), busy)) {
                return busy.empty() ? Fit::never : Fit::later;
            }
        }
    }
    return Fit::yes;
}

// What is kept goes first, then the block that was used longest ago. False: nothing can go now; `busy` says when more
// can, unless it is empty.
bool Coherence::make_room(int device, std::size_t bytes, Points& busy) {
    DeviceMemory& memory = *memory_[static_cast<std::size_t>(device)];
    // Within the limit, but the device has not got round to what was handed back.
    const bool freeing = !streams_.reached(memory.freeing());
    if (freeing) busy.add(memory.freeing());
    if (freeing && memory.has_room(bytes)) return false;
    if (memory.drop_kept()) return true;
    Block* oldest = nullptr;
    for (const auto& block : blocks_[static_cast<std::size_t>(device)])
        if (block->last_use != uses_ && (oldest == nullptr || block->last_use < oldest->last_use)) oldest = block.get();
    return oldest != nullptr && evict(*oldest, busy);
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
        if (other == nullptr) done = fetch_to_host(block, index, where, busy);
    });
    if (!done) return false;
    ++counts_.evicted;
    Points uses = uses_of(block);
    buffer.for_each_tile(&region,
                         [&](std::int64_t tile, const Shape&) { std::erase(replicas.at(tile).blocks, &block); });
    memory_[static_cast<std::size_t>(block.device)]->give_back(block.data, block.bytes, std::move(uses));
    std::erase_if(blocks_[static_cast<std::size_t>(block.device)], [&](const auto& b) { return b.get() == &block; });
    return true;
}

bool Coherence::bring(int device, device::Stream stream, const Record& record, const Blocks& blocks, Points& busy) {
    bool done = true;
    for_each_tile(record,
                  [&](std::size_t i, const TaskAccess& access, std::int64_t tile, const Shape& index, bool overwrites) {
                      if (!done) return;
                      Block& block = *blocks[i];
                      TileCopy& copy = block.copy(index);
                      if (!overwrites && !copy.valid) done = fetch(block, copy, index, tile, stream, busy);
                      if (!done) return;
                      streams_.wait(device, stream, copy.written);
                      streams_.wait(device, stream, block.earlier);
                      if (access.mode() == Mode::read) return;
                      streams_.wait(device, stream, copy.read);
                      streams_.wait(device, stream, replicas_of(access.buffer())->at(tile).tasks);
                  });
    return done;
}

bool Coherence::fetch(Block& block, TileCopy& copy, const Shape& index, std::int64_t tile, device::Stream stream,
                      Points& busy) {
    BufferCore& buffer = *block.buffer;
    TileReplicas& where = ensure_replicas(buffer).at(tile);
    Block* source = nullptr;
    TileCopy* from = valid_copy(where, index, &source, block.device);
    if (from == nullptr) return fetch_from_host(block, copy, index, where, busy);
    const bool peer = source->device != block.device;
    if (peer && where.host_valid && streams_.reached(where.host_written))
        return fetch_from_host(block, copy, index, where, busy);
    const Box box = elements(buffer, tile_box(index));
    const std::int64_t width = width_of(buffer);
    device::Accelerator& to = streams_[block.device];
    const device::Stream way = peer ? device::kToDevice : stream;
    streams_.wait(block.device, way, from->written);
    streams_.wait(block.device, way, copy.written);
    streams_.wait(block.device, way, copy.read);
    streams_.wait(block.device, way, block.earlier);
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
    copy.written = end;
    copy.read.clear();
    copy.valid = true;
    return true;
}

bool Coherence::fetch_from_host(Block& block, TileCopy& copy, const Shape& index, TileReplicas& where, Points& busy) {
    BufferCore& buffer = *block.buffer;
    const Box box = elements(buffer, tile_box(index));
    const Shape extents = box.extents();
    const std::int64_t width = width_of(buffer);
    const std::byte* from = host_.ensure(buffer) + host_offset(buffer, box.lo);
    Shape strides = buffer.layout.strides;
    std::byte* slot = nullptr;
    if (!buffer.pinned) {
        if (!streams_.reached(where.host_written)) {
            busy.add(where.host_written);
            return false;
        }
        slot = staging_.take(static_cast<std::size_t>(box.count() * width), busy);
        if (slot == nullptr) return false;
        const Shape dense = dense_strides(extents);
        for_each_rows(extents, dense, strides, width, [&](std::int64_t to, std::int64_t at, const auto& shape) {
            for (std::size_t row = 0; row < shape.rows; ++row)
                std::memcpy(slot + to + static_cast<std::ptrdiff_t>(row) * shape.to_pitch,
                            from + at + static_cast<std::ptrdiff_t>(row) * shape.from_pitch, shape.bytes);
        });
        from = slot;
        strides = dense;
    } else {
        streams_.wait(block.device, device::kToDevice, where.host_written);
    }
    streams_.wait(block.device, device::kToDevice, copy.written);
    streams_.wait(block.device, device::kToDevice, copy.read);
    streams_.wait(block.device, device::kToDevice, block.earlier);
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
    copy.written = end;
    copy.read.clear();
    copy.valid = true;
    return true;
}

bool Coherence::fetch_to_host(Block& block, const Shape& index, TileReplicas& where, Points& busy) {
    BufferCore& buffer = *block.buffer;
    TileCopy& copy = block.copy(index);
    const Box box = elements(buffer, tile_box(index));
    const Shape extents = box.extents();
    const std::int64_t width = width_of(buffer);
    std::byte* to = host_.ensure(buffer) + host_offset(buffer, box.lo);
    Shape strides = buffer.layout.strides;
    std::byte* slot = nullptr;
    if (!buffer.pinned) {
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
    if (slot != nullptr) {
        staging_.set_use(slot, end);
        drains_[static_cast<std::size_t>(block.device)].push_back({end, slot, &buffer, index});
    }
    ++counts_.to_host;
    counts_.bytes_to_host += static_cast<std::uint64_t>(box.count() * width);
    copy.read.add(end);
    where.host_written = end;
    where.host_read.clear();
    where.host_valid = true;
    return true;
}

std::vector<Drain> Coherence::take_drains(int device, device::Mark mark) {
    auto& drains = drains_[static_cast<std::size_t>(device)];
    std::vector<Drain> taken;
    while (!drains.empty() && drains.front().arrived.mark <= mark) {
        taken.push_back(std::move(drains.front()));
        drains.pop_front();
    }
    return taken;
}

void Coherence::drain(const Drain& drain) {
    const BufferCore& buffer = *drain.buffer;
    const Box box = elements(buffer, tile_box(drain.tile_index));
    const Shape extents = box.extents();
    std::byte* const to = buffer.data.load(std::memory_order_acquire) + host_offset(buffer, box.lo);
    for_each_rows(extents, buffer.layout.strides, dense_strides(extents), width_of(buffer),
                  [&](std::int64_t at, std::int64_t there, const auto& shape) {
                      for (std::size_t row = 0; row < shape.rows; ++row)
                          std::memcpy(to + at + static_cast<std::ptrdiff_t>(row) * shape.to_pitch,
                                      drain.from + there + static_cast<std::ptrdiff_t>(row) * shape.from_pitch,
                                      shape.bytes);
                  });
}

void Coherence::used(const Record& record, const Blocks& blocks, Point end) {
    for_each_tile(record, [&](std::size_t i, const TaskAccess& access, std::int64_t tile, const Shape& index, bool) {
        TileCopy& copy = blocks[i]->copy(index);
        TileReplicas& where = replicas_of(access.buffer())->at(tile);
        if (access.mode() == Mode::read) {
            copy.read.add(end);
            where.tasks.add(end);
            return;
        }
        where.tasks.clear();
        where.tasks.add(end);
        where.host_valid = false;
        for (Block* block : where.blocks) block->copy(index).valid = false;
        copy.valid = true;
        copy.written = end;
        copy.read.clear();
    });
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
                              done = fetch_to_host(*source, index, where, needs);
                      }
                      if (!done) return;
                      if (!streams_.reached(where.host_written)) needs.add(where.host_written);
                      if (access.mode() == Mode::read) return;
                      add_unreached(where.host_read, needs);
                      add_unreached(where.tasks, needs);
                  });
    if (!done || !needs.empty()) return false;
    for_each_tile(record, [&](std::size_t, const TaskAccess& access, std::int64_t tile, const Shape& index, bool) {
        Replicas* replicas = replicas_of(access.buffer());
        if (replicas == nullptr || access.mode() == Mode::read) return;
        TileReplicas& where = replicas->at(tile);
        for (Block* block : where.blocks) block->copy(index).valid = false;
        where.host_valid = true;
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
                          bytes += static_cast<double>(elements(buffer, tile_box(index)).count() * width_of(buffer));
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

void Coherence::release(BufferCore& buffer, Points& needs) {
    const std::unique_ptr<Replicas> replicas(replicas_of(buffer));
    if (replicas == nullptr) return;
    buffer.replicas.store(nullptr, std::memory_order_release);
    std::vector<Block*> blocks;
    for (TileReplicas& tile : replicas->tiles) {
        if (!streams_.reached(tile.host_written)) needs.add(tile.host_written);
        add_unreached(tile.host_read, needs);
        blocks.insert(blocks.end(), tile.blocks.begin(), tile.blocks.end());
    }
    std::sort(blocks.begin(), blocks.end());
    blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
    for (Block* block : blocks) {
        memory_[static_cast<std::size_t>(block->device)]->give_back(block->data, block->bytes, uses_of(*block));
        std::erase_if(blocks_[static_cast<std::size_t>(block->device)],
                      [&](const auto& b) { return b.get() == block; });
    }
}

std::vector<std::pair<BufferCore*, std::int64_t>> Coherence::forget(int device) {
    std::vector<std::pair<BufferCore*, std::int64_t>> lost;
    for (const auto& block : blocks_[static_cast<std::size_t>(device)]) {
        BufferCore& buffer = *block->buffer;
        const Region region{{}, block->tiles, {}, 0};
        buffer.for_each_tile(&region, [&](std::int64_t tile, const Shape& index) {
            TileReplicas& where = replicas_of(buffer)->at(tile);
            std::erase(where.blocks, block.get());
            Block* other = nullptr;
            if (!block->copy(index).valid || valid_copy(where, index, &other, -1) != nullptr) return;
            // A copy to the host that has not arrived is lost with the device.
            const bool arrived = where.host_written.device != device || streams_.reached(where.host_written);
            if (!where.host_valid || !arrived) lost.emplace_back(&buffer, tile);
        });
    }
    blocks_[static_cast<std::size_t>(device)].clear();
    drains_[static_cast<std::size_t>(device)].clear();
    memory_[static_cast<std::size_t>(device)]->forget();
    return lost;
}

}  // namespace heddle::memory
