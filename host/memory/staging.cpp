#include "host/memory/staging.hpp"

#include <algorithm>

#include "host/memory/host_memory.hpp"

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

}  // namespace heddle::memory
