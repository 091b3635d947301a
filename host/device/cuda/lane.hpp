#pragma once

#include <cuda_runtime_api.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "host/device/accelerator.hpp"
#include "host/device/cuda/event_pool.hpp"
#include "host/device/cuda/stream.hpp"

namespace heddle::device::cuda {

// One stream with its marks, each an event until it is reached. Marks are made by the device's caller, reached by the
// stream's watcher, and asked for and waited for by any thread.
class Lane {
public:
    Lane(const Health& health, EventPool& events);
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    cudaStream_t stream() const { return stream_.get(); }
    cudaError_t status() const noexcept { return stream_.status(); }

    Mark mark();
    bool reached(Mark mark) const noexcept { return reached_.load(std::memory_order_acquire) >= mark; }
    // Blocks until the mark is reached, or throws what the device was lost by; woken by watch() and by wake().
    void await(Mark mark);
    // Puts a wait for the mark into another stream, of any device, unless it is reached.
    void hold_back(cudaStream_t other, Mark mark);

    // Blocks until more marks are reached, and gives the last of them. 0 when the watch ends: by the loss of the
    // device, by stop() once nothing is pending, or by an error of the stream, which `error` then is.
    Mark watch(cudaError_t& error);

    void stop() noexcept;  // watch() ends when nothing is pending
    void wake() noexcept;  // after the device was lost
    void watcher_ended() noexcept;
    bool ends_within(std::chrono::milliseconds limit) noexcept;

private:
    cudaEvent_t next_event();         // blocks; null when the watch ends
    cudaEvent_t event_of(Mark mark);  // null when there is no such mark yet
    void finish(Mark mark);
    std::size_t slot(Mark mark) const { return static_cast<std::size_t>(mark) & (ring_.size() - 1); }

    const Health& health_;
    EventPool& events_;
    OwnedStream stream_;
    std::atomic<Mark> reached_{0};

    std::mutex mutex_;                 // guards what follows, and that no event of ring_ is recycled while it is used
    std::condition_variable pending_;  // the watcher, while no mark is pending: woken by mark(), stop() and wake()
    std::condition_variable changed_;  // await() and ends_within(): woken by watch(), wake() and watcher_ended()
    std::vector<cudaEvent_t> ring_;    // by mark, those after reached_ up to last_; a power of two long
    Mark last_ = 0;
    int awaiting_ = 0;
    bool idle_ = false, stopped_ = false, ended_ = false;
};

}  // namespace heddle::device::cuda
