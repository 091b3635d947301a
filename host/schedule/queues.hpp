#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include "host/graph/record.hpp"

namespace heddle::schedule {

using graph::Record;

// A worker's own ready tasks: the owner pushes and pops at the bottom, thieves take from the top (Chase and Lev,
// "Dynamic circular work-stealing deque", SPAA 2005), of fixed size: what does not fit goes to the team's list.
// push() is sequentially consistent: who pushes and then sees nobody searching was seen by whoever goes to sleep.
class Deque {
public:
    bool push(Record* record) {
        const std::int64_t b = bottom_.load(std::memory_order_relaxed);
        if (b - top_.load(std::memory_order_acquire) >= kCapacity) return false;
        slot(b).store(record, std::memory_order_relaxed);
        bottom_.store(b + 1);
        return true;
    }
    Record* pop() {
        const std::int64_t b = bottom_.load(std::memory_order_relaxed) - 1;
        if (top_.load(std::memory_order_relaxed) > b) return nullptr;
        bottom_.store(b);
        std::int64_t t = top_.load();
        if (t < b) return slot(b).load(std::memory_order_relaxed);
        Record* last = nullptr;
        if (t == b && top_.compare_exchange_strong(t, t + 1)) last = slot(b).load(std::memory_order_relaxed);
        bottom_.store(b + 1, std::memory_order_relaxed);
        return last;
    }
    Record* steal() {
        std::int64_t t = top_.load();
        if (t >= bottom_.load()) return nullptr;
        Record* record = slot(t).load(std::memory_order_relaxed);
        return top_.compare_exchange_strong(t, t + 1) ? record : nullptr;
    }
    bool empty() const { return top_.load() >= bottom_.load(); }

private:
    static constexpr std::int64_t kCapacity = 1024;
    std::atomic<Record*>& slot(std::int64_t i) { return slots_[static_cast<std::size_t>(i % kCapacity)]; }

    alignas(64) std::atomic<std::int64_t> top_{0};
    alignas(64) std::atomic<std::int64_t> bottom_{0};
    alignas(64) std::array<std::atomic<Record*>, kCapacity> slots_{};
};

// Tasks that were ready when they were submitted: one producer at a time (it holds the graph's mutex), any consumer.
class ReadyRing {
public:
    bool push(Record* record) {
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - known_head_ >= kCapacity) {
            known_head_ = head_.load(std::memory_order_acquire);
            if (tail - known_head_ >= kCapacity) return false;
        }
        slot(tail).store(record, std::memory_order_relaxed);
        tail_.store(tail + 1);  // sequentially consistent, as Deque::push
        return true;
    }
    // Takes up to `most` tasks, but only a share of what there is, so that others find some too.
    std::size_t take(Record** out, std::size_t most, std::size_t threads) {
        std::uint64_t head = head_.load(std::memory_order_acquire);
        for (;;) {
            const std::uint64_t tail = tail_.load(std::memory_order_acquire);
            if (head >= tail) return 0;
            const std::uint64_t share = (tail - head + threads - 1) / threads;
            const std::size_t n = share < most ? static_cast<std::size_t>(share) : most;
            // A slot is overwritten only after head_ passed it, and then the exchange fails.
            for (std::size_t i = 0; i < n; ++i) out[i] = slot(head + i).load(std::memory_order_relaxed);
            if (head_.compare_exchange_weak(head, head + n, std::memory_order_acq_rel, std::memory_order_acquire))
                return n;
        }
    }
    bool empty() const { return size() == 0; }
    std::uint64_t size() const {
        const std::uint64_t head = head_.load();
        return tail_.load() - head;
    }

private:
    static constexpr std::uint64_t kCapacity = 4096;
    std::atomic<Record*>& slot(std::uint64_t i) { return slots_[static_cast<std::size_t>(i % kCapacity)]; }

    alignas(64) std::atomic<std::uint64_t> head_{0};
    alignas(64) std::atomic<std::uint64_t> tail_{0};
    std::uint64_t known_head_ = 0;  // the producer's, at most head_
    alignas(64) std::array<std::atomic<Record*>, kCapacity> slots_{};
};

// An unbounded queue, in order, linked through the records; for what the fast queues cannot take.
class ReadyList {
public:
    void push(Record* record) {
        record->next = nullptr;
        const std::lock_guard lock(mutex_);
        (last_ != nullptr ? last_->next : first_) = record;
        last_ = record;
        size_.store(size_.load(std::memory_order_relaxed) + 1);  // sequentially consistent, as Deque::push
    }
    Record* pop() {
        return pop_if([](const Record&) { return true; });
    }
    // The first task of which `wanted` is true.
    template <class Wanted>
    Record* pop_if(const Wanted& wanted) {
        if (size_.load() == 0) return nullptr;
        const std::lock_guard lock(mutex_);
        Record* before = nullptr;
        Record* record = first_;
        while (record != nullptr && !wanted(*record)) before = std::exchange(record, record->next);
        return record == nullptr ? nullptr : unlink(before, record);
    }
    // Of the tasks of which `wanted` is true the one that comes before the others.
    template <class Wanted, class Before>
    Record* pop_earliest(const Wanted& wanted, const Before& comes_before) {
        if (size_.load() == 0) return nullptr;
        const std::lock_guard lock(mutex_);
        Record* earliest = nullptr;
        Record* before_earliest = nullptr;
        Record* before = nullptr;
        for (Record* record = first_; record != nullptr; before = std::exchange(record, record->next)) {
            if (!wanted(*record) || (earliest != nullptr && !comes_before(*record, *earliest))) continue;
            earliest = record;
            before_earliest = before;
        }
        return earliest == nullptr ? nullptr : unlink(before_earliest, earliest);
    }
    bool empty() const { return size_.load() == 0; }

private:
    // With the mutex held.
    Record* unlink(Record* before, Record* record) {
        (before != nullptr ? before->next : first_) = record->next;
        if (last_ == record) last_ = before;
        size_.store(size_.load(std::memory_order_relaxed) - 1);
        return record;
    }

    std::mutex mutex_;
    Record* first_ = nullptr;
    Record* last_ = nullptr;
    std::atomic<std::size_t> size_{0};
};

}  // namespace heddle::schedule
