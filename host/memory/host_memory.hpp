#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "host/device/accelerator.hpp"
#include "host/graph/buffer_core.hpp"

namespace heddle::memory {

// Bytes of main memory that this process may use: the machine's, or its control group's if that is less.
std::size_t machine_memory();

// What a buffer of so many bytes takes: rounded up to a sixteenth of their power of two, so that tiles at an array's
// edge share blocks; never 0, so that an empty buffer has an address of its own.
std::size_t block_bytes(std::size_t bytes);

// Main memory for buffers within a budget. Freed blocks are kept for the next buffer of their size, since fresh pages
// cost more than most tasks, and given back to the system when the budget needs them. Any thread.
class HostMemory {
public:
    explicit HostMemory(std::size_t limit) : limit_(limit) {}
    // From now on memory is page-locked where this device gives it, so that its copies need no staging. The device
    // outlives this.
    void pin_with(device::Accelerator& accelerator) { accelerator_ = &accelerator; }
    // Lets go of what is kept; no buffer is left.
    void unpin();
    HostMemory(const HostMemory&) = delete;
    HostMemory& operator=(const HostMemory&) = delete;
    ~HostMemory();

    // The buffer's memory, made at its first use. Throws OutOfMemory.
    std::byte* ensure(graph::BufferCore& buffer) {
        std::byte* data = buffer.data.load(std::memory_order_acquire);
        return data != nullptr ? data : make(buffer);
    }
    void release(graph::BufferCore& buffer) noexcept;

    std::size_t limit() const { return limit_; }
    std::size_t used() const { return used_.load(std::memory_order_relaxed); }
    std::size_t peak() const { return peak_.load(std::memory_order_relaxed); }

private:
    std::byte* make(graph::BufferCore& buffer);
    struct Kept {
        std::byte* data;
        bool pinned;
    };
    Kept take(std::size_t bytes, const graph::BufferCore& buffer);
    Kept allocate(std::size_t bytes) noexcept;
    void free(const Kept& block) noexcept;
    void drop_kept(std::size_t wanted) noexcept;

    const std::size_t limit_;
    device::Accelerator* accelerator_ = nullptr;
    std::mutex mutex_;
    std::map<std::size_t, std::vector<Kept>> kept_;  // by size
    std::size_t kept_bytes_ = 0;
    std::atomic<std::size_t> used_{0}, peak_{0};
};

}  // namespace heddle::memory
