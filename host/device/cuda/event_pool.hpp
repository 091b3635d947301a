#pragma once

#include <cuda_runtime_api.h>

#include <mutex>
#include <vector>

#include "host/device/cuda/health.hpp"

namespace heddle::device::cuda {

// The events of one device that mark nothing at present. Without times, which cost; a thread that waits for one sleeps.
class EventPool {
public:
    // The device must be the calling thread's. `ready` events are made at once.
    EventPool(const Health& health, int ready);
    ~EventPool();
    EventPool(const EventPool&) = delete;
    EventPool& operator=(const EventPool&) = delete;

    // Makes one only when all are taken. Any thread whose device it is.
    cudaEvent_t take();
    void give(cudaEvent_t event) noexcept;

private:
    cudaEvent_t make();

    const Health& health_;
    std::mutex mutex_;  // guards what follows
    std::vector<cudaEvent_t> free_;
    std::size_t made_ = 0;
};

}  // namespace heddle::device::cuda
