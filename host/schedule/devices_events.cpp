// What the devices report, who waits for it, and the ends of tasks, scopes and buffers.

#include "host/schedule/devices.hpp"

#include <algorithm>
#include <utility>

#include "heddle/error.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/failure.hpp"

namespace heddle::schedule {

using graph::Record;
using memory::Points;

namespace {

thread_local int on_device_thread = 0;  // calls of reached(), failed() or copied()

}  // namespace

bool Devices::enter() {
    const std::lock_guard lock(mutex_);
    if (stop_) return false;
    ++inside_;
    ++on_device_thread;
    return true;
}

void Devices::leave() {
    const std::lock_guard lock(mutex_);
    --on_device_thread;
    if (--inside_ == 0) stopped_.notify_all();
}

void Devices::reached(int device, device::Stream stream, device::Mark mark) {
    if (!enter()) return;
    report(device, stream, mark);
    leave();
}

void Devices::report(int device, device::Stream stream, device::Mark mark) {
    Work work;
    {
        const std::lock_guard lock(mutex_);
        if (!streams_.usable(device)) return;
        ++marks_reached_[static_cast<std::size_t>(device)];
        if (stream == device::kToHost)
            begin_drains(device, mark, work);
        else
            land(device, stream, mark, work);
        tidy(work);
    }
    proceed(work);
}

// Who waits for the mark goes on, and tasks that end there are done.
void Devices::land(int device, device::Stream stream, device::Mark mark, Work& work) {
    const double now = engine_.now();
    streams_.set_reached(device, stream, mark, now);
    auto& list = entries(device, stream);
    while (!list.empty() && list.front().mark <= mark) {
        const Entry entry = list.front();
        list.pop_front();
        if (entry.waiter != nullptr) {
            settle(*entry.waiter, work);
            continue;
        }
        landed_.push_back(entry.flight);
    }
    for (Flight* landed : landed_) measure(*landed, now, 1. / static_cast<double>(landed_.size()));
    if (!landed_.empty()) last_done_[static_cast<std::size_t>(device)] = now;
    for (Flight* landed : landed_) {
        Flight& flight = *landed;
        if (flight.entry != nullptr) flight.entry->keep();
        work.done.push_back({std::exchange(flight.record, nullptr), flight.entry != nullptr});
        free_flights_.push_back(&flight);
    }
    landed_.clear();
}

void Devices::park(Record& record, const Points& points) {
    Waiter& waiter = take_waiter();
    waiter.record = &record;
    wait_for(waiter, points);
}

void Devices::wait_for(Waiter& waiter, const Points& points) {
    for (const auto& point : points) {
        add_entry(point.device, point.stream, {point.mark, nullptr, &waiter});
        ++waiter.left;
    }
}

void Devices::add_entry(int device, int stream, Entry entry) {
    auto& list = entries(device, stream);
    auto at = list.end();
    while (at != list.begin() && std::prev(at)->mark > entry.mark) --at;
    list.insert(at, entry);
}

void Devices::settle(Waiter& waiter, Work& work) {
    if (--waiter.left != 0) return;
    if (std::exchange(waiter.recovery, false))
        work.recover = true;
    else if (std::exchange(waiter.slots, false))
        slots_awaited_ = false;  // tidy() follows
    else if (waiter.ended != nullptr)
        work.done.push_back({std::exchange(waiter.ended, nullptr), false});
    else if (waiter.record != nullptr)
        work.ready.push_back(std::exchange(waiter.record, nullptr));
    else
        work.destroy.push_back(std::exchange(waiter.destroy, nullptr));
    free_waiters_.push_back(&waiter);
}

Devices::Waiter& Devices::take_waiter() {
    if (free_waiters_.empty()) return waiters_.emplace_back();
    Waiter& waiter = *free_waiters_.back();
    free_waiters_.pop_back();
    return waiter;
}

void Devices::fail_now(Record& record, std::exception_ptr error, Work& work) {
    begun(record);
    fail(engine_, record, std::move(error));
    finish(record, work);
}

// The same, but the body stays until what it put into a stream is done.
void Devices::fail_behind(Record& record, std::exception_ptr error, Work& work) {
    if (!left_behind_) return fail_now(record, std::move(error), work);
    begun(record);
    fail(engine_, record, std::move(error));
    release(record, work);
    Waiter& waiter = take_waiter();
    waiter.ended = &record;
    Points until;
    until.add(left_behind_);
    wait_for(waiter, until);
}

void Devices::finish(Record& record, Work& work) {
    release(record, work);
    work.done.push_back({&record, false});
}

// proceed() takes the last first.
void Devices::release(Record& record, Work& work) {
    const auto before = static_cast<std::ptrdiff_t>(work.ready.size());
    release_successors(record, [&](Record* ready) { work.ready.push_back(ready); });
    std::reverse(work.ready.begin() + before, work.ready.end());
}

void Devices::release(graph::BufferCore& buffer, std::function<void()> destroy) {
    Work work;
    {
        const std::lock_guard lock(mutex_);
        ++ending_;
        Points needs;
        if (!coherence_.release(buffer, needs) || halted_) {
            ended_.push_back({&buffer, std::move(destroy)});
        } else if (!needs.empty()) {
            Waiter& waiter = take_waiter();
            waiter.destroy = std::move(destroy);
            wait_for(waiter, needs);
        } else {
            work.destroy.push_back(std::move(destroy));
        }
        tidy(work);
    }
    proceed(work);
    std::unique_lock lock(mutex_);
    if (closed_ && on_device_thread == 0 && !engine_.is_virtual()) stopped_.wait(lock, [this] { return ending_ == 0; });
}

void Devices::end(const ScopeCore& scope) {
    Work work;
    {
        std::unique_lock lock(mutex_);
        // This may be a thread of the CPU lane, and the last that could do what the recovery waits for.
        ++awaiting_end_;
        while (halted_) {
            lock.unlock();
            const bool helped = engine_.help_with_chores();
            lock.lock();
            if (!helped && halted_ && !engine_.has_chores()) resumed_.wait(lock);  // woken by finish() and proceed()
        }
        --awaiting_end_;
        coherence_.journal().drop_if(
            [&](const auto& entry) { return static_cast<const PastTask&>(entry).scope == &scope; });
        tidy(work);
    }
    proceed(work);
}

bool Devices::recovering() const {
    const std::lock_guard lock(mutex_);
    return halted_;
}

// What the journal let go of is destroyed when the lock is free.
void Devices::tidy(Work& work) {
    begin_fills(work);
    memory::Journal& journal = coherence_.journal();
    if (journal.is_long() && !halted_) {
        journal.prune();
        // A scope that keeps its state on a device: what led there need not be kept when the state is on the host.
        constexpr std::size_t kLong = 1024;
        if (journal.size() > kLong) try {
                coherence_.checkpoint();
            } catch (const Error&) {  // it is tried again
            }
    }
    journal.take_dropped(work.dropped);
    if (ended_.empty() || halted_) return;
    std::erase_if(ended_, [&](Ended& ended) {
        if (journal.mentions(*ended.buffer)) return false;
        Points needs;
        coherence_.release(*ended.buffer, needs);
        if (needs.empty()) {
            work.destroy.push_back(std::move(ended.destroy));
        } else {
            Waiter& waiter = take_waiter();
            waiter.destroy = std::move(ended.destroy);
            wait_for(waiter, needs);
        }
        return true;
    });
}

}  // namespace heddle::schedule
