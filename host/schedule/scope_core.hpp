#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "host/graph/buffer_core.hpp"

namespace heddle::schedule {

class EngineCore;
struct Frame;

struct Continuation {
    void (*resume)(void* argument);
    void* argument;
};

// What counts a scope's tasks and keeps its errors. Pooled by the engine and never freed before it, so a thread that
// was late to look at a scope that ended meanwhile finds another scope, at worst, and wakes its waiters for nothing.
class ScopeCore {
public:
    EngineCore* engine = nullptr;
    std::shared_ptr<EngineCore> keep_alive;
    Frame* body = nullptr;  // that made the scope, so that its tasks are parts of that body
    ScopeCore* next_of_body = nullptr;

    // Submission, under the graph's mutex.
    void count_submitted() {
        submitted_.store(submitted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    // True when somebody watches the scope: then call wake().
    bool count_completed(std::uint64_t tasks) {
        completed_.fetch_add(tasks);
        return watchers_.load() != 0;
    }
    bool done() const {
        const std::uint64_t completed = completed_.load();
        return completed == submitted_.load();
    }
    std::uint64_t unfinished() const {
        const std::uint64_t completed = completed_.load();  // first: it never is above the other
        return submitted_.load() - completed;
    }
    bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

    // Wakes the threads and takes the continuations that wait for a scope that is done.
    std::vector<Continuation> wake();
    // Blocks until done() or, if `limit` is not negative, that long; whether it is done. wake() wakes it.
    bool wait(std::chrono::nanoseconds limit);
    // Registered while a body waits, so that the scope's end is announced.
    void watch() { watchers_.fetch_add(1); }
    void unwatch() { watchers_.fetch_sub(1); }
    // False, and nothing registered, when the scope is done already.
    bool add_continuation(Continuation continuation);

    void add_failure(const graph::FailurePtr& failure);
    // The failure that tasks skipped by a cancellation share.
    graph::FailurePtr cancelled_failure();
    void cancel();
    // By order of submission, each marked as seen; `take` also forgets them.
    std::vector<graph::FailurePtr> failures(bool take);
    // Throws the earliest failure with the others attached, if there is one; forgets them.
    void throw_failures();
    // Prints the failures that nobody has seen, and makes the scope as new.
    void finish() noexcept;

private:
    std::atomic<bool> cancelled_{false};  // read by every task, unlike its neighbours
    alignas(64) std::atomic<std::uint64_t> submitted_{0};
    alignas(64) std::atomic<std::uint64_t> completed_{0};
    std::atomic<int> watchers_{0};
    alignas(64) mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<graph::FailurePtr> failures_;
    std::vector<Continuation> continuations_;
    graph::FailurePtr cancelled_failure_;
};

}  // namespace heddle::schedule
