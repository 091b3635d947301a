#include "host/memory/staging.hpp"

#include <algorithm>

#include "heddle/error.hpp"
#include "host/memory/host_memory.hpp"
#include "host/memory/tiles.hpp"

namespace heddle::memory {

Staging::~Staging() {
    while (!slots_.empty()) release(slots_.size() - 1);
}

void Staging::release(std::size_t slot) {
    streams_[slots_[slot].device].free_pinned(slots_[slot].data);
    total_ -= slots_[slot].bytes;
    slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(slot));
}

std::byte* Staging::take(std::size_t bytes, Points& busy) {
    bytes = block_bytes(bytes);
    for (Slot& slot : slots_)
        if (slot.bytes == bytes && streams_.reached(slot.used)) return slot.data;
    // One slot may be larger than the limit, alone.
    for (std::size_t i = slots_.size(); i-- > 0 && total_ + bytes > limit_;)
        if (streams_.reached(slots_[i].used)) release(i);
    if (total_ + bytes <= limit_ || slots_.empty()) {
        for (int device = 0; device < streams_.devices(); ++device) {
            if (!streams_.usable(device)) continue;
            std::byte* data = nullptr;
            for (int tries = 0; tries < 3 && data == nullptr; ++tries) data = streams_[device].allocate_pinned(bytes);
            if (data == nullptr) continue;
            slots_.push_back({data, bytes, {}, device});
            total_ += bytes;
            return data;
        }
    }
    for (const Slot& slot : slots_)
        if (!streams_.reached(slot.used)) busy.add(slot.used);
    return nullptr;
}

void Staging::set_use(const std::byte* slot, Point point) {
    std::find_if(slots_.begin(), slots_.end(), [slot](const Slot& s) { return s.data == slot; })->used = point;
}

void Fills::ask(Block& block, std::int64_t tile, const Shape& index) {
    Queues& queues = fills_[static_cast<std::size_t>(block.device)];
    auto& fills = queues.fills[queues.next];
    fills.push_back({streams_.next_in_host_queue(block.device, queues.next), &block, tile, index});
    queues.next = (queues.next + 1) % Streams::kHostQueues;
    try {
        waiting_.push_back(&fills.back());
    } catch (...) {
        fills.pop_back();
        throw;
    }
    fills.back().copy().filling = fills.back().filled;
}

std::deque<Fill>& Fills::queue_of(const Fill& fill) {
    return fills_[static_cast<std::size_t>(fill.block->device)]
        .fills[fill.filled.stream - streams_.description(fill.block->device).streams()];
}

void Fills::take_back() {
    Fill& last = *waiting_.back();
    last.copy().filling = {};
    waiting_.pop_back();
    queue_of(last).pop_back();
}

std::vector<Fill*> Fills::begin(const std::function<bool(int)>& leaving, const std::function<void(Fill&)>& refused,
                                Points& busy) {
    std::vector<Fill*> begun;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        Fill& fill = **at;
        if (leaving(fill.block->device)) {
            ++at;
            continue;
        }
        try {
            fill.slot = slots_.take(tile_bytes(*fill.block->buffer, fill.index), busy);
        } catch (const DeviceError&) {
            fill.copy().refused = std::current_exception();
        }
        if (fill.slot == nullptr && !busy.empty()) break;
        at = waiting_.erase(at);
        if (fill.slot == nullptr) {
            fill.copy().no_slot = fill.copy().refused == nullptr;
            refused(fill);
            continue;
        }
        slots_.set_use(fill.slot, fill.filled);
        begun.push_back(&fill);
    }
    return begun;
}

Point Fills::end(Fill& fill) {
    auto& fills = queue_of(fill);
    fill.done = true;
    Point reached;
    for (; !fills.empty() && fills.front().done; fills.pop_front()) reached = fills.front().filled;
    return reached;
}

void Fills::forget(int device) {
    std::erase_if(waiting_, [&](const Fill* fill) { return fill->block->device == device; });
    fills_[static_cast<std::size_t>(device)] = {};
}

}  // namespace heddle::memory
