#include "host/device/sim_device.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace heddle::device {

SimDevice::SimDevice(const SimOptions& options, int ordinal)
    : name_(fmt::format("sim:{}", ordinal)), memory_(std::make_shared<SimMemory>(options.memory)) {
    for (Stream s = 0; s < kCompute + options.compute_streams; ++s)
        streams_.push_back((options.clock ? make_clock_stream : make_thread_stream)(*this, s, options, ordinal));
}

SimDevice::~SimDevice() {
    {
        const std::lock_guard lock(mutex_);
        if (state_ == State::working) state_.store(State::closed, std::memory_order_release);
    }
    memory_->lose();
    stop_streams();
    for (const auto& s : streams_) s->join();
}

void SimDevice::start(Observer& observer, int index) {
    observer_ = &observer;
    index_ = index;
    running_ = static_cast<int>(streams_.size());
    for (const auto& s : streams_) s->start();
}

double SimDevice::finish(double start, const Cost& cost) {
    const double ready = start + cost.latency + cost.own;
    if (cost.shared == 0) return ready;
    const std::lock_guard lock(mutex_);
    return units_free_ = std::max(units_free_, ready) + cost.shared;
}

void SimDevice::fail(const std::string& problem, const std::string& reason, SimCode code) noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (state_ != State::working) return;
        error_.emplace(problem, reason, "the device takes no more work; run what it held elsewhere", name_, code.code,
                       code.name, DeviceError::State::lost);
        state_.store(State::lost, std::memory_order_release);
    }
    memory_->lose();
    stop_streams();
}

void SimDevice::check() const {
    if (state_.load(std::memory_order_acquire) == State::lost) throw DeviceError(*error_);
}

void SimDevice::leave() {
    if (running_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (state_.load(std::memory_order_acquire) == State::lost)
        observer_->failed(index_, std::make_exception_ptr(DeviceError(*error_)));
}

void SimDevice::stop_streams() {
    for (const auto& s : streams_) {
        s->progress()->end();
        s->stop();
    }
}

}  // namespace heddle::device
