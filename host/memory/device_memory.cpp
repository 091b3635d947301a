#include "host/memory/device_memory.hpp"

#include <utility>

#include "host/memory/host_memory.hpp"

namespace heddle::memory {

DeviceMemory::~DeviceMemory() {
    try {
        while (streams_.usable(device_) && drop_kept()) {
        }
    } catch (...) {  // lost, and its memory with it
    }
}

DeviceMemory::Piece DeviceMemory::take(std::size_t bytes) {
    bytes = block_bytes(bytes);
    Piece piece;
    if (const auto found = kept_.find(bytes); found != kept_.end()) {
        piece = std::move(found->second.back());
        found->second.pop_back();
        if (found->second.empty()) kept_.erase(found);
        kept_bytes_ -= bytes;
    } else {
        if (!has_room(bytes)) return {};
        piece.data = streams_[device_].allocate(bytes, device::kToDevice);
        if (piece.data == nullptr) return {};
        piece.earlier.add(streams_.mark(device_, device::kToDevice));
    }
    used_ += bytes;
    peak_ = std::max(peak_, used_);
    return piece;
}

void DeviceMemory::give_back(std::byte* data, std::size_t bytes, Points earlier) {
    bytes = block_bytes(bytes);
    used_ -= bytes;
    kept_bytes_ += bytes;
    kept_[bytes].push_back({data, std::move(earlier)});
}

bool DeviceMemory::drop_kept() {
    if (kept_.empty()) return false;
    const auto largest = std::prev(kept_.end());
    Piece piece = std::move(largest->second.back());
    largest->second.pop_back();
    kept_bytes_ -= largest->first;
    if (largest->second.empty()) kept_.erase(largest);
    streams_.wait(device_, device::kToDevice, piece.earlier);
    streams_[device_].free(piece.data, device::kToDevice);
    freeing_ = streams_.mark(device_, device::kToDevice);
    return true;
}

void DeviceMemory::forget() {
    kept_.clear();
    used_ = kept_bytes_ = 0;
}

}  // namespace heddle::memory
