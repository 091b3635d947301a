// Copies of tiles: to a device, from one, between two, within one.

#include "host/memory/coherence.hpp"

#include <string>
#include <utility>

#include "heddle/error.hpp"
#include "host/memory/copy_rows.hpp"
#include "host/memory/tile_uses.hpp"

namespace heddle::memory {

using graph::BufferCore;
using graph::Record;
using graph::TaskAccess;

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

void Coherence::count_to_device(const Block& block, const Shape& index, int copies) {
    const auto bytes = static_cast<std::uint64_t>(tile_bytes(*block.buffer, index));
    counts_.to_device += static_cast<std::uint64_t>(copies);
    counts_.bytes_to_device += static_cast<std::uint64_t>(copies) * bytes;
}

// From page-locked memory.
bool Coherence::fetch_from_host(Block& block, TileCopy& copy, const Shape& index, TileReplicas& where, Points& busy) {
    BufferCore& buffer = *block.buffer;
    const Box box = elements_of(buffer, tile_box(index));
    const std::int64_t width = width_of(buffer);
    const std::byte* from = host_.ensure(buffer) + host_offset(buffer, box.lo);
    // A stream can wait for a copy of its own device's, but not for the CPU lane to empty staging memory behind it.
    const bool by_stream = where.host_written.device == block.device && !where.draining;
    if (!by_stream && !streams_.reached(where.host_written)) {
        busy.add(where.host_written);
        return false;
    }
    streams_.wait(block.device, device::kToDevice, where.host_written);
    wait_to_change(block.device, device::kToDevice, block, copy);
    std::byte* const to = block.data + block.offset_of(box.lo) * width;
    for_each_rows(box.extents(), block.strides, buffer.layout.strides, width,
                  [&](std::int64_t at, std::int64_t there, const auto& shape) {
                      streams_[block.device].copy(device::kToDevice, to + at, from + there, shape);
                  });
    const Point end = streams_.mark(block.device, device::kToDevice);
    where.host_read.add(end);
    count_to_device(block, index, 1);
    copy.set(end);
    return true;
}

// As fetch() will have it. `arriving`: but the host's values are not there yet.
bool Coherence::comes_from_host(const Block& block, TileReplicas& where, const Shape& index, bool& arriving) const {
    Block* source = nullptr;
    arriving = !streams_.reached(where.host_written);
    if (valid_copy(where, index, &source, block.device) == nullptr) return true;
    return source->device != block.device && where.host_valid && !arriving;
}

// Has what the task needs of pageable memory copied to staging memory, and from there to its blocks. True: it is in
// streams. Nothing else is begun before that, so that the task does not end while its fills go on: what they read stays
// as it is, and so do the blocks that it holds. An error leaves none behind.
bool Coherence::stage(const Record& record, const Blocks& blocks, Points& busy) {
    bool done = true;
    const auto for_each_missing = [&](auto&& f) {
        for_each_tile(record, [&](std::size_t i, const TaskAccess&, std::int64_t tile, const Shape& index, bool over) {
            if (!over && !blocks[i]->copy(index).valid) f(*blocks[i], tile, index);
        });
    };
    // What became of the fills that this task has waited for; those of others, which went elsewhere, are asked for
    // anew.
    std::exception_ptr refused;
    for_each_missing([&](Block& block, std::int64_t, const Shape& index) {
        TileCopy& copy = block.copy(index);
        if (auto error = std::exchange(copy.refused, nullptr); error != nullptr && returns_) refused = error;
        if (std::exchange(copy.no_slot, false) && returns_) done = false;
    });
    if (refused != nullptr) std::rethrow_exception(refused);
    if (!done) return false;
    std::vector<std::pair<Block*, Shape>> asked;
    try {
        for_each_missing([&](Block& block, std::int64_t tile, const Shape& index) {
            BufferCore& buffer = *block.buffer;
            TileReplicas& where = ensure_replicas(buffer).at(tile);
            bool arriving = false;
            if (!comes_from_host(block, where, index, arriving)) return;
            host_.ensure(buffer);
            if (buffer.pinned) return;
            done = false;
            if (arriving) return busy.add(where.host_written);
            TileCopy& copy = block.copy(index);
            if (streams_.reached(copy.filling)) {
                streams_[block.device].check();
                asked.emplace_back(&block, index);
                try {
                    fills_.ask(block, tile, index);
                } catch (...) {
                    asked.pop_back();
                    throw;
                }
                count_to_device(block, index, 1);
            }
            busy.add(copy.filling);
        });
    } catch (...) {
        for (const auto& [block, index] : asked) {
            fills_.take_back();
            count_to_device(*block, index, -1);
        }
        throw;
    }
    return done;
}

void Coherence::send(const Fill& fill) {
    Block& block = *fill.block;
    BufferCore& buffer = *block.buffer;
    const Box box = elements_of(buffer, tile_box(fill.index));
    const std::int64_t width = width_of(buffer);
    TileCopy& copy = fill.copy();
    wait_to_change(block.device, device::kToDevice, block, copy);
    // Should a call fail, what was put into the stream before it still reads the slot.
    fills_.set_use(fill, {static_cast<std::int16_t>(block.device), device::kToDevice, ~device::Mark{0}});
    std::byte* const to = block.data + block.offset_of(box.lo) * width;
    const auto copy_rows = [&](std::int64_t at, std::int64_t there, const device::CopyShape& shape) {
        streams_[block.device].copy(device::kToDevice, to + at, fill.slot + there, shape);
    };
    std::exception_ptr error;
    try {
        for_each_rows(box.extents(), block.strides, dense_strides(box.extents()), width, copy_rows);
    } catch (...) {
        error = std::current_exception();
    }
    const Point end = streams_.mark(block.device, device::kToDevice);
    fills_.set_use(fill, end);
    if (error != nullptr) std::rethrow_exception(error);
    copy.set(end);
}

Point Coherence::filled(Fill& fill, Filled state) {
    try {
        if (state == Filled::wanted) send(fill);
    } catch (...) {
        fill.copy().refused = std::current_exception();
    }
    if (!fill.copy().valid) count_to_device(*fill.block, fill.index, -1);
    return fills_.end(fill);
}

bool Coherence::fetch_to_host(Block& block, std::int64_t tile, const Shape& index, Points& busy) {
    BufferCore& buffer = *block.buffer;
    TileReplicas& where = replicas_of(buffer)->at(tile);
    TileCopy& copy = block.copy(index);
    if (!settled(copy, busy)) return false;
    // Earlier values of the tile are still on their way out of staging memory: nothing else orders the two.
    if (where.draining && !streams_.reached(where.host_written)) {
        busy.add(where.host_written);
        return false;
    }
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

}  // namespace heddle::memory
