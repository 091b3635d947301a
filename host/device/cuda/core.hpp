#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <vector>

#include "host/device/cuda/event_pool.hpp"
#include "host/device/cuda/health.hpp"
#include "host/device/cuda/lane.hpp"
#include "host/device/cuda/memory_pool.hpp"

namespace heddle::device::cuda {

// What a device's caller and its watchers share. Each holds it, because a watcher whose stream hangs can be left behind
// but not ended.
struct Core {
    Core(int ordinal, int streams);

    // What a watcher's thread runs until its stream stops: reports its marks, and the loss of the device, to
    // `observer`.
    void watch(Stream stream) noexcept;
    // The device takes nothing more; await() and the watchers wake.
    void lose(std::exception_ptr error) noexcept;
    void lose(cudaError_t error) noexcept;  // of work in a stream
    enum class Tell : bool { nobody, observer };
    void retire(const char* reason, Tell tell) noexcept;

    const int ordinal;
    Health health;
    EventPool events;
    MemoryPool memory;
    std::vector<std::unique_ptr<Lane>> lanes;  // by stream

    Observer* observer = nullptr;  // set before the watchers start
    int index = 0;
    std::atomic<bool> told{false};  // whether the observer knows of the loss, or shall not hear of it
};

}  // namespace heddle::device::cuda
