#include "host/device/cuda/event_pool.hpp"

#include "host/device/cuda/checked.hpp"

namespace heddle::device::cuda {

EventPool::EventPool(const Health& health, int ready) : health_(health) {
    for (int i = 0; i < ready; ++i) free_.push_back(make());
}

EventPool::~EventPool() {
    if (health_.lost()) return;
    for (const auto event : free_) succeeded(cudaEventDestroy(event));
}

cudaEvent_t EventPool::take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return make();
    const auto event = free_.back();
    free_.pop_back();
    return event;
}

void EventPool::give(cudaEvent_t event) noexcept {
    const std::lock_guard lock(mutex_);
    free_.push_back(event);
}

cudaEvent_t EventPool::make() {
    free_.reserve(++made_ * 2);  // so that give() has room
    cudaEvent_t event = nullptr;
    HEDDLE_CUDA(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventBlockingSync));
    return event;
}

}  // namespace heddle::device::cuda
