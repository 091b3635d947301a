#include <algorithm>
#include <utility>

#include "host/device/sim.hpp"

namespace heddle::device {

// The order of the heap: the soonest event is its top, of those at one time the one made first.
bool Clock::later(const Event& a, const Event& b) { return a.time != b.time ? a.time > b.time : a.made > b.made; }

void Clock::at(double time, std::function<void()> event) {
    events_.push_back({std::max(time, now_), made_++, std::move(event)});
    std::push_heap(events_.begin(), events_.end(), later);
}

bool Clock::step() {
    if (events_.empty()) return false;
    std::pop_heap(events_.begin(), events_.end(), later);
    const Event next = std::move(events_.back());  // out of the heap first: it may make further events
    events_.pop_back();
    now_ = next.time;
    next.run();
    return true;
}

}  // namespace heddle::device
