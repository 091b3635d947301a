#include "host/memory/streams.hpp"

#include <algorithm>

#include "heddle/error.hpp"

namespace heddle::memory {
namespace {

template <class Call>
auto insist(device::Accelerator& device, Call&& call) {
    constexpr int kTries = 3;
    for (int left = kTries;; --left) {
        try {
            return call();
        } catch (const DeviceError& error) {
            if (!error.usable()) throw;
            if (left > 1) continue;
            device.retire();
            throw DeviceError(error.problem(), error.reason() + ", each time that it was asked", error.remedy(),
                              error.device(), error.code(), error.name(), DeviceError::State::lost);
        }
    }
}

}  // namespace

Streams::Streams(std::vector<std::unique_ptr<device::Accelerator>> devices)
    : devices_(std::move(devices)), usable_(devices_.size(), true) {
    std::size_t slots = 0;
    for (const auto& device : devices_) {
        first_.push_back(slots);
        slots += static_cast<std::size_t>(device->description().streams() + kHostQueues);
    }
    states_.resize(slots);
    for (State& state : states_) state.waited.resize(slots, 0);
}

void Streams::wait(int device, device::Stream stream, const Points& points) {
    for (const Point& point : points) wait(device, stream, point);
}

void Streams::wait(int device, device::Stream stream, Point point) {
    if (!point || (point.device == device && point.stream == stream) || reached(point)) return;
    device::Mark& waited = states_[slot(device, stream)].waited[slot(point.device, point.stream)];
    if (waited >= point.mark) return;
    insist((*this)[device], [&] { (*this)[device].wait(stream, (*this)[point.device], point.stream, point.mark); });
    waited = point.mark;
}

Point Streams::mark(int device, device::Stream stream) {
    const device::Mark mark = insist((*this)[device], [&] { return (*this)[device].mark(stream); });
    states_[slot(device, stream)].made = mark;
    return {static_cast<std::int16_t>(device), static_cast<std::int16_t>(stream), mark};
}

Point Streams::next_in_host_queue(int device, int queue) {
    const device::Stream stream = description(device).streams() + queue;
    return {static_cast<std::int16_t>(device), static_cast<std::int16_t>(stream), ++states_[slot(device, stream)].made};
}

void Streams::set_reached(int device, device::Stream stream, device::Mark mark, double now) {
    State& state = states_[slot(device, stream)];
    if (mark <= state.reached) return;
    state.reached = mark;
    constexpr std::size_t kTimes = 256;
    if (state.times.size() == kTimes) state.times.pop_front();
    state.times.emplace_back(mark, now);
}

double Streams::when_reached(const Point& point) const {
    const State& state = states_[slot(point.device, point.stream)];
    if (state.times.empty() || state.reached < point.mark) return -1;
    if (point.mark < state.times.front().first) return -1;
    return std::lower_bound(state.times.begin(), state.times.end(), std::pair(point.mark, 0.))->second;
}

void Streams::add_waits(int device, device::Stream stream, Points& points) const {
    const auto& waited = states_[slot(device, stream)].waited;
    for (int other = 0; other < devices(); ++other)
        for (device::Stream s = 0; s < description(other).streams(); ++s)
            if (waited[slot(other, s)] > states_[slot(other, s)].reached)
                points.add({static_cast<std::int16_t>(other), static_cast<std::int16_t>(s), waited[slot(other, s)]});
}

// A lost device's streams reach nothing any more, and nobody waits for them.
bool Streams::reached(const Point& point) const { return !point || !usable(point.device) || has_reached(point); }

Point Streams::last(int device, device::Stream stream) const {
    return {static_cast<std::int16_t>(device), static_cast<std::int16_t>(stream), states_[slot(device, stream)].made};
}

}  // namespace heddle::memory
