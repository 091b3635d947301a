#include "host/memory/host_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <string>

#include "heddle/error.hpp"

namespace heddle::memory {
namespace {

constexpr std::size_t kAlignment = 64;

std::string describe(const graph::BufferCore& buffer) {
    std::string text = buffer.name.empty() ? "a buffer" : "buffer '" + buffer.name + "'";
    return text + " of " + std::string(name_of(buffer.dtype)) + " " + to_string(buffer.layout.shape);
}

}  // namespace

std::size_t block_bytes(std::size_t bytes) {
    bytes = std::max<std::size_t>(bytes, 1);
    const std::size_t step = std::max<std::size_t>(std::bit_floor(bytes) / 16, kAlignment);
    return (bytes + step - 1) / step * step;
}

std::size_t machine_memory() {
    std::size_t bytes =
        static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    std::ifstream group("/sys/fs/cgroup/memory.max");
    std::size_t limit = 0;
    if (group >> limit && limit > 0) bytes = std::min(bytes, limit);
    return bytes;
}

HostMemory::~HostMemory() { drop_kept(kept_bytes_); }

void HostMemory::unpin() {
    drop_kept(kept_bytes_);
    accelerator_ = nullptr;
}

std::byte* HostMemory::make(graph::BufferCore& buffer) {
    const std::lock_guard lock(mutex_);
    if (std::byte* data = buffer.data.load(std::memory_order_acquire)) return data;
    const Kept block = take(block_bytes(buffer.bytes), buffer);
    buffer.pinned = block.pinned;
    buffer.data.store(block.data, std::memory_order_release);
    return block.data;
}

HostMemory::Kept HostMemory::allocate(std::size_t bytes) noexcept {
    if (accelerator_ != nullptr) try {
            if (std::byte* data = accelerator_->allocate_pinned(bytes)) return {data, true};
        } catch (const DeviceError&) {  // the device is lost; its copies are no longer needed
        }
    return {static_cast<std::byte*>(std::aligned_alloc(kAlignment, bytes)), false};
}

void HostMemory::free(const Kept& block) noexcept {
    if (block.pinned)
        accelerator_->free_pinned(block.data);
    else
        std::free(block.data);
}

HostMemory::Kept HostMemory::take(std::size_t bytes, const graph::BufferCore& buffer) {
    const std::size_t used = used_.load(std::memory_order_relaxed);
    if (bytes > limit_ - std::min(limit_, used))
        throw OutOfMemory("no memory for " + describe(buffer),
                          std::to_string(buffer.bytes) + " bytes are wanted, and " + std::to_string(used) +
                              " of the engine's " + std::to_string(limit_) + " are in use",
                          "raise the memory limit, use smaller tiles, or let buffers go earlier");
    Kept block{nullptr, false};
    if (const auto found = kept_.find(bytes); found != kept_.end()) {
        block = found->second.back();
        found->second.pop_back();
        if (found->second.empty()) kept_.erase(found);
        kept_bytes_ -= bytes;
    } else {
        const std::size_t total = used + kept_bytes_ + bytes;
        if (total > limit_) drop_kept(total - limit_);
        block = allocate(bytes);
        if (block.data == nullptr && kept_bytes_ != 0) {
            drop_kept(kept_bytes_);
            block = allocate(bytes);
        }
        if (block.data == nullptr)
            throw OutOfMemory("no memory for " + describe(buffer),
                              "the system refused " + std::to_string(bytes) + " bytes",
                              "lower the engine's memory limit below what the machine has free");
    }
    used_.store(used + bytes, std::memory_order_relaxed);
    peak_.store(std::max(peak(), used + bytes), std::memory_order_relaxed);
    return block;
}

void HostMemory::release(graph::BufferCore& buffer) noexcept {
    std::byte* data = buffer.data.load(std::memory_order_acquire);
    if (data == nullptr || buffer.borrowed) return;
    const std::size_t bytes = block_bytes(buffer.bytes);
    const std::lock_guard lock(mutex_);
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    try {
        kept_[bytes].push_back({data, buffer.pinned});
        kept_bytes_ += bytes;
    } catch (const std::bad_alloc&) {
        free({data, buffer.pinned});
    }
}

void HostMemory::drop_kept(std::size_t wanted) noexcept {
    std::size_t dropped = 0;
    while (dropped < wanted && !kept_.empty()) {
        auto largest = std::prev(kept_.end());
        free(largest->second.back());
        largest->second.pop_back();
        dropped += largest->first;
        if (largest->second.empty()) kept_.erase(largest);
    }
    kept_bytes_ -= dropped;
}

}  // namespace heddle::memory
