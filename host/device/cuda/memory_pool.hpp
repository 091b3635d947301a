#pragma once

#include <cuda_runtime_api.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "host/device/cuda/health.hpp"

namespace heddle::device::cuda {

// The stream-ordered memory of one device, in a pool of our own: what the program does with the device's default pool
// does not meet it. Freed memory stays in the pool until trim().
class MemoryPool {
public:
    MemoryPool(const Health& health, int ordinal);
    ~MemoryPool();
    MemoryPool(const MemoryPool&) = delete;
    MemoryPool& operator=(const MemoryPool&) = delete;

    // Null when the device has not enough.
    std::byte* allocate(std::size_t bytes, cudaStream_t stream);
    void free(std::byte* block, cudaStream_t stream) noexcept;
    void trim() noexcept;
    // Lets another device reach it directly, where it can. Asks the driver only at the first call for that device.
    void open_to(int ordinal);

private:
    const Health& health_;
    const int ordinal_;
    cudaMemPool_t pool_ = nullptr;
    std::atomic<std::uint64_t> asked_{0};  // a bit per device that open_to() has seen
};

// Page-locked for all devices; null when there is not enough.
std::byte* allocate_pinned(std::size_t bytes);
void free_pinned(std::byte* block) noexcept;

}  // namespace heddle::device::cuda
