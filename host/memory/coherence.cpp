// Which copies of a tile are valid, and what a task on a device or on the host must wait for.

#include "host/memory/coherence.hpp"

#include <algorithm>
#include <utility>

#include "host/memory/tile_uses.hpp"

namespace heddle::memory {

using graph::BufferCore;
using graph::Record;
using graph::Region;
using graph::TaskAccess;

namespace {

constexpr std::size_t kStagingBytes = std::size_t{128} << 20;  // each way

}  // namespace

Coherence::Coherence(Streams& streams, HostMemory& host, std::size_t limit)
    : streams_(streams),
      host_(host),
      blocks_(static_cast<std::size_t>(streams.devices())),
      drains_(static_cast<std::size_t>(streams.devices())),
      on_way_(static_cast<std::size_t>(streams.devices())),
      fills_(streams, kStagingBytes),
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

bool Coherence::bring(int device, device::Stream stream, const Record& record, const Blocks& blocks, Points& busy) {
    bool done = stage(record, blocks, busy);
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
        if (replicas_of(*fetch.buffer)->released) continue;  // nobody will read it
        TileReplicas& where = replicas_of(*fetch.buffer)->at(fetch.tile);
        if (!where.host_written.same_stream(fetch.end) || where.host_written.mark != fetch.end.mark) continue;
        if (!where.draining) where.host_version = 0;
        where.draining = false;
        where.host_valid = false;
        where.host_written = {};
        suspects.push_back(fetch);
    }
    // Nor is there what was on its way from it to another device; its source may have made room since.
    for (const auto& blocks : blocks_)
        for (const auto& block : blocks) {
            const Region region{{}, block->tiles, {}, 0};
            block->buffer->for_each_tile(&region, [&](std::int64_t tile, const Shape& index) {
                TileCopy& copy = block->copy(index);
                if (block->device == device)
                    std::erase(replicas_of(*block->buffer)->at(tile).blocks, block.get());
                else if (copy.from != device)
                    return;
                copy.from = -1;
                if (std::exchange(copy.valid, false)) suspects.push_back({{}, block->buffer, tile, index});
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
    std::erase_if(holds_, [&](const auto& hold) { return hold.second.device == device; });
    fills_.forget(device);
    blocks_[at].clear();
    drains_[at].clear();
    on_way_[at].clear();
    memory_[at]->forget();
    return lost;
}

}  // namespace heddle::memory
