#include "host/schedule/scope_core.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "heddle/error.hpp"

namespace heddle::schedule {

using graph::FailurePtr;

std::vector<Continuation> ScopeCore::wake() {
    const std::lock_guard lock(mutex_);
    if (!done()) return {};
    changed_.notify_all();
    if (!continuations_.empty()) watchers_.fetch_sub(1);
    return std::exchange(continuations_, {});
}

// The thread that completes the last task adds it before it looks at watchers_; this registers before it looks at the
// count, so one of them sees the other.
bool ScopeCore::wait(std::chrono::nanoseconds limit) {
    if (done()) return true;
    watch();
    std::unique_lock lock(mutex_);
    const auto is_done = [this] { return done(); };
    bool result = true;
    if (limit.count() < 0)
        changed_.wait(lock, is_done);
    else
        result = changed_.wait_for(lock, limit, is_done);
    unwatch();
    return result;
}

bool ScopeCore::add_continuation(Continuation continuation) {
    const std::lock_guard lock(mutex_);
    if (continuations_.empty()) watch();
    if (done()) {
        if (continuations_.empty()) unwatch();
        return false;
    }
    continuations_.push_back(continuation);
    return true;
}

void ScopeCore::add_failure(const FailurePtr& failure) {
    const std::lock_guard lock(mutex_);
    if (std::find(failures_.begin(), failures_.end(), failure) == failures_.end()) failures_.push_back(failure);
}

FailurePtr ScopeCore::cancelled_failure() {
    const std::lock_guard lock(mutex_);
    if (!cancelled_failure_) {
        cancelled_failure_ = std::make_shared<graph::Failure>();
        cancelled_failure_->cancelled = true;
        cancelled_failure_->error = std::make_exception_ptr(
            Cancelled("the work was cancelled", "its scope was cancelled before all of its tasks had started",
                      "submit it again to a new scope if it is still wanted"));
    }
    return cancelled_failure_;
}

void ScopeCore::cancel() { cancelled_.store(true); }

std::vector<FailurePtr> ScopeCore::failures(bool take) {
    const std::lock_guard lock(mutex_);
    auto list = take ? std::exchange(failures_, {}) : failures_;
    std::sort(list.begin(), list.end(), [](const FailurePtr& a, const FailurePtr& b) {
        return std::pair(a->cancelled, a->seq) < std::pair(b->cancelled, b->seq);
    });
    for (const auto& failure : list) failure->seen = true;
    return list;
}

void ScopeCore::throw_failures() {
    const auto list = failures(true);
    if (list.empty()) return;
    std::vector<std::exception_ptr> others;
    for (std::size_t i = 1; i < list.size(); ++i)
        if (!list[i]->cancelled) others.push_back(list[i]->error);
    if (others.empty()) std::rethrow_exception(list[0]->error);
    try {
        std::rethrow_exception(list[0]->error);
    } catch (const Error& error) {
        std::rethrow_exception(error.with_others(std::move(others)));
    }
}

void ScopeCore::finish() noexcept {
    const std::lock_guard lock(mutex_);
    for (const auto& failure : failures_) {
        if (failure->cancelled || failure->seen.exchange(true)) continue;
        try {
            std::rethrow_exception(failure->error);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "heddle: an error that nobody looked at: %s\n", error.what());
        }
    }
    failures_.clear();
    cancelled_failure_.reset();
    cancelled_ = false;
    submitted_ = 0;
    completed_ = 0;
}

}  // namespace heddle::schedule
