#include "host/device/cuda/lane.hpp"

#include <thread>
#include <utility>

#include "host/device/cuda/checked.hpp"

namespace heddle::device::cuda {
namespace {

// About what it costs to be woken from a blocking wait: work that ends sooner is noticed without.
constexpr std::chrono::microseconds kPoll{30};
constexpr std::size_t kFirstRing = 256;
// Marks that one report may stand for, so that those that wait for the first hear of it soon.
constexpr int kTogether = 64;

// cudaSuccess, cudaErrorNotReady or what went wrong.
cudaError_t query(cudaEvent_t event) noexcept {
    const auto status = cudaEventQuery(event);
    if (status == cudaErrorNotReady) cudaGetLastError();
    return status;
}

// The blocking wait is woken by the driver: when the event is reached, or when the context is lost.
cudaError_t wait_for(cudaEvent_t event) noexcept {
    const auto limit = std::chrono::steady_clock::now() + kPoll;
    do {
        const auto status = query(event);
        if (status != cudaErrorNotReady) return status;
        std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < limit);
    return cudaEventSynchronize(event);
}

}  // namespace

Lane::Lane(const Health& health, EventPool& events)
    : health_(health), events_(events), stream_(health), ring_(kFirstRing) {}

// What is still pending may go on: an event that is destroyed is let go of when it is reached.
Lane::~Lane() {
    for (auto m = reached_.load() + 1; m <= last_; ++m) events_.give(ring_[slot(m)]);
}

Mark Lane::mark() {
    const auto event = events_.take();
    const auto status = cudaEventRecord(event, stream_.get());
    if (status != cudaSuccess) {
        events_.give(event);
        check(status, "cudaEventRecord");
    }
    std::unique_lock lock(mutex_);
    const auto first = reached_.load(std::memory_order_relaxed) + 1;
    if (last_ - first + 1 == ring_.size()) {
        std::vector<cudaEvent_t> larger(ring_.size() * 2);
        for (auto m = first; m <= last_; ++m) larger[m & (larger.size() - 1)] = ring_[slot(m)];
        ring_.swap(larger);
    }
    const auto mark = ++last_;
    ring_[slot(mark)] = event;
    const bool wake = std::exchange(idle_, false);
    lock.unlock();
    if (wake) pending_.notify_one();
    return mark;
}

void Lane::await(Mark mark) {
    if (reached(mark)) return;
    std::unique_lock lock(mutex_);
    ++awaiting_;
    changed_.wait(lock, [&] { return reached(mark) || health_.lost(); });
    --awaiting_;
    lock.unlock();
    if (!reached(mark)) health_.require();
}

void Lane::hold_back(cudaStream_t other, Mark mark) {
    if (reached(mark)) return;
    // Held over the call: a recycled event would stand for a later place of another stream.
    const std::lock_guard lock(mutex_);
    if (!reached(mark)) HEDDLE_CUDA(cudaStreamWaitEvent(other, ring_[slot(mark)], 0));
}

cudaEvent_t Lane::next_event() {
    std::unique_lock lock(mutex_);
    const auto next = reached_.load(std::memory_order_relaxed) + 1;
    while (!stopped_ && !health_.lost() && last_ < next) {
        idle_ = true;
        pending_.wait(lock);
    }
    idle_ = false;
    return last_ < next || health_.lost() ? nullptr : ring_[slot(next)];
}

cudaEvent_t Lane::event_of(Mark mark) {
    const std::lock_guard lock(mutex_);
    return mark <= last_ ? ring_[slot(mark)] : nullptr;
}

Mark Lane::watch(cudaError_t& error) {
    error = cudaSuccess;
    const auto first = next_event();
    if (first == nullptr) return 0;
    error = wait_for(first);
    auto mark = reached_.load(std::memory_order_relaxed) + 1;
    for (int i = 1; i < kTogether && error == cudaSuccess; ++i) {
        const auto event = event_of(mark + 1);
        if (event == nullptr || query(event) != cudaSuccess) break;
        ++mark;
    }
    // An event tells only that the stream got there; whether what it ran was in order, the stream does.
    if (error == cudaSuccess) error = stream_.status();
    if (error != cudaSuccess) return 0;
    finish(mark);
    return mark;
}

void Lane::finish(Mark mark) {
    const std::lock_guard lock(mutex_);
    for (auto m = reached_.load(std::memory_order_relaxed) + 1; m <= mark; ++m) events_.give(ring_[slot(m)]);
    reached_.store(mark, std::memory_order_release);
    if (awaiting_ > 0) changed_.notify_all();
}

void Lane::stop() noexcept {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    pending_.notify_one();
}

void Lane::wake() noexcept {
    const std::lock_guard lock(mutex_);  // or a thread between its check and its wait would miss it
    pending_.notify_one();
    changed_.notify_all();
}

void Lane::watcher_ended() noexcept {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

bool Lane::ends_within(std::chrono::milliseconds limit) noexcept {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return ended_; });
}

}  // namespace heddle::device::cuda
