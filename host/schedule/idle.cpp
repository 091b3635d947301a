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

// With the mutex held.
void Idle::remove(Sleeper& sleeper) {
    if (sleeper.awake) return;
    sleepers_.erase(std::find(sleepers_.begin(), sleepers_.end(), &sleeper));
    asleep_.fetch_sub(1);
    if (!sleeper.in_body) searching_.fetch_add(1);
}

void Idle::leave(Sleeper& sleeper) {
    const std::lock_guard lock(mutex_);
    remove(sleeper);
}

// Woken by wake(): from notify() when work is published, at the end of the engine, or, inside a body, when a scope
// ends. The sentinel also wakes by itself.
bool Idle::sleep(Sleeper& sleeper, bool left_work) {
    std::unique_lock lock(mutex_);
    const auto awake = [&] { return sleeper.awake; };
    // Who left work to others looks for itself later, even if they all fell asleep meanwhile.
    if (sleeper.in_body || sentinel_ || !(left_work || leave_it_to_others())) {
        sleeper.wake.wait(lock, awake);
        return true;
    }
    sentinel_ = true;
    const bool woken = sleeper.wake.wait_for(lock, look_after_, awake);
    sentinel_ = false;
    remove(sleeper);
    return woken;
}

void Idle::sleep_until(Sleeper& sleeper, std::chrono::steady_clock::time_point limit) {
    std::unique_lock lock(mutex_);
    sleeper.wake.wait_until(lock, limit, [&] { return sleeper.awake; });
    remove(sleeper);
}

void Idle::note_wake(bool useful) {
    constexpr std::chrono::microseconds kFirst{100}, kLast{2000};
    if (useful && !drowsy_) return;
    const std::lock_guard lock(mutex_);
    look_after_ = drowsy_ ? std::min(look_after_ * 2, kLast) : kFirst;
    drowsy_ = !useful;
}

// With the mutex held; `sleeper.wake` is notified after it is let go, or the woken thread would run into it. The woken
// thread is counted as searching from here on, so that nobody else is woken for the same work.
Sleeper& Idle::rouse(std::size_t index) {
    Sleeper& sleeper = *sleepers_[index];
    sleepers_.erase(sleepers_.begin() + static_cast<std::ptrdiff_t>(index));
    asleep_.fetch_sub(1);
    if (!sleeper.in_body) searching_.fetch_add(1);
    sleeper.awake = true;
    return sleeper;
}

// Sleepers live as long as the team, so notifying one that woke by itself meanwhile does no harm.
void Idle::wake_one() {
    std::unique_lock lock(mutex_);
    for (std::size_t i = sleepers_.size(); i-- > 0;) {
        if (sleepers_[i]->in_body) continue;
        Sleeper& sleeper = rouse(i);
        lock.unlock();
        sleeper.wake.notify_one();
        return;
    }
    while (!sleepers_.empty()) rouse(sleepers_.size() - 1).wake.notify_one();  // waiting bodies: any may be the one
}

void Idle::wake_all() {
    const std::lock_guard lock(mutex_);
    while (!sleepers_.empty()) rouse(sleepers_.size() - 1).wake.notify_one();
}

void Idle::wake_waiting_bodies() {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = sleepers_.size(); i-- > 0;)
        if (sleepers_[i]->in_body) rouse(i).wake.notify_one();
}

}  // namespace heddle::schedule
