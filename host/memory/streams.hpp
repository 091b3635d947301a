#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "host/device/accelerator.hpp"
#include "host/memory/replica.hpp"

namespace heddle::memory {

// The devices' streams: what each has been told to wait for, and how far the host knows each to be. Not thread-safe.
class Streams {
public:
    explicit Streams(std::vector<std::unique_ptr<device::Accelerator>> devices);

    int devices() const { return static_cast<int>(devices_.size()); }
    device::Accelerator& operator[](int device) const { return *devices_[static_cast<std::size_t>(device)]; }
    const device::Description& description(int device) const { return (*this)[device].description(); }
    bool usable(int device) const { return usable_[static_cast<std::size_t>(device)]; }
    void retire(int device) { usable_[static_cast<std::size_t>(device)] = false; }

    // What is put into the stream from now on runs after the points. A refused call is made again before the device is
    // given up: without the wait or the mark its order would be lost.
    void wait(int device, device::Stream stream, const Points& points);
    void wait(int device, device::Stream stream, Point point);
    Point mark(int device, device::Stream stream);

    // Behind the device's streams, queues whose points the host reaches, by set_reached() alone; no stream waits for
    // them.
    static constexpr int kHostQueues = 16;
    int queues(int device) const { return description(device).streams() + kHostQueues; }
    Point next_in_host_queue(int device, int queue);

    // The host has seen to everything up to the mark, at this time.
    void set_reached(int device, device::Stream stream, device::Mark mark, double now);
    // When it was reached, for all the host knows; negative: not yet, or too long ago to tell.
    double when_reached(const Point& point) const;
    // What of other streams has not been reached of what the stream was told to wait for.
    void add_waits(int device, device::Stream stream, Points& points) const;
    bool reached(const Point& point) const;
    // The same, but of a lost device only what was reached before.
    bool has_reached(const Point& point) const {
        return !point || states_[slot(point.device, point.stream)].reached >= point.mark;
    }
    // The last mark made; reached or not.
    Point last(int device, device::Stream stream) const;

private:
    struct State {
        device::Mark made = 0, reached = 0;
        std::vector<device::Mark> waited;                   // by stream of any device
        std::deque<std::pair<device::Mark, double>> times;  // of the last marks that were reached
    };
    std::size_t slot(int device, device::Stream stream) const {
        return first_[static_cast<std::size_t>(device)] + static_cast<std::size_t>(stream);
    }

    std::vector<std::unique_ptr<device::Accelerator>> devices_;
    std::vector<bool> usable_;
    std::vector<std::size_t> first_;  // the devices' first slots
    std::vector<State> states_;
};

}  // namespace heddle::memory
