#include "host/schedule/idle.hpp"

#include <algorithm>

namespace heddle::schedule {

void Idle::enter(Sleeper& sleeper, bool searching) {
    {
        const std::lock_guard lock(mutex_);
        sleeper.awake = false;
        sleepers_.push_back(&sleeper);
        asleep_.fetch_add(1);
    }
    if (searching) searching_.fetch_sub(1);
}

void Idle::leave(Sleeper& sleeper) {
    const std::lock_guard lock(mutex_);
    if (sleeper.awake) return;
    sleepers_.erase(std::find(sleepers_.begin(), sleepers_.end(), &sleeper));
    asleep_.fetch_sub(1);
    if (!sleeper.in_body) searching_.fetch_add(1);
}

// Woken by wake(): from notify() when work is published, at the end of the engine, or, inside a body, when a scope
// ends.
void Idle::sleep(Sleeper& sleeper) {
    std::unique_lock lock(mutex_);
    sleeper.wake.wait(lock, [&] { return sleeper.awake; });
}

void Idle::sleep_until(Sleeper& sleeper, std::chrono::steady_clock::time_point limit) {
    {
        std::unique_lock lock(mutex_);
        sleeper.wake.wait_until(lock, limit, [&] { return sleeper.awake; });
    }
    leave(sleeper);
}

// With the mutex held. The woken thread is counted as searching from here on, so that nobody else is woken for the
// same work.
void Idle::wake(std::size_t index) {
    Sleeper& sleeper = *sleepers_[index];
    sleepers_.erase(sleepers_.begin() + static_cast<std::ptrdiff_t>(index));
    asleep_.fetch_sub(1);
    if (!sleeper.in_body) searching_.fetch_add(1);
    sleeper.awake = true;
    sleeper.wake.notify_one();
}

void Idle::wake_one() {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = sleepers_.size(); i-- > 0;)
        if (!sleepers_[i]->in_body) return wake(i);
    while (!sleepers_.empty()) wake(sleepers_.size() - 1);  // only waiting bodies: any one may be the one that can
}

void Idle::wake_all() {
    const std::lock_guard lock(mutex_);
    while (!sleepers_.empty()) wake(sleepers_.size() - 1);
}

void Idle::wake_waiting_bodies() {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = sleepers_.size(); i-- > 0;)
        if (sleepers_[i]->in_body) wake(i);
}

}  // namespace heddle::schedule
