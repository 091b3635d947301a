#include "host/device/sim_stream.hpp"

#include <algorithm>
#include <utility>

#include "host/device/sim_device.hpp"

namespace heddle::device {

void Progress::reach(Mark mark) {
    {
        const std::lock_guard lock(mutex_);
        reached_.store(mark, std::memory_order_release);
    }
    wake();
}

void Progress::end() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    wake();
}

void Progress::await(Mark mark) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return over(mark); });
}

bool Progress::passed(Mark mark, std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    if (over(mark)) return true;
    waiters_.push_back({mark, std::move(wake)});
    return false;
}

void Progress::wake() {
    std::vector<Waiter> due;
    {
        const std::lock_guard lock(mutex_);
        const auto from =
            std::stable_partition(waiters_.begin(), waiters_.end(), [&](const Waiter& w) { return !over(w.mark); });
        due.assign(std::make_move_iterator(from), std::make_move_iterator(waiters_.end()));
        waiters_.erase(from, waiters_.end());
    }
    changed_.notify_all();
    for (const Waiter& w : due) w.wake();
}

SimStream::SimStream(SimDevice& device, Stream number, const SimOptions& options, int ordinal)
    : device_(device), number_(number), jitter_(options.seed == 0 ? 0 : options.jitter) {
    std::seed_seq seed{options.seed & 0xFFFFFFFFu, options.seed >> 32, static_cast<std::uint64_t>(ordinal),
                       static_cast<std::uint64_t>(number)};
    random_.seed(seed);
}

// Not uniform_real_distribution, whose numbers differ between standard libraries.
double SimStream::stretch() {
    if (jitter_ == 0) return 1;
    return 1 + jitter_ * (static_cast<double>(random_() >> 11) * 0x1p-53);
}

void SimStream::work(const Operation& operation) {
    const std::string problem = "device " + device_.name() + " failed in " + operation.name;
    if (operation.fate == Fate::fails) return device_.fail(problem, "a fault was asked for", kFailure);
    try {
        if (operation.work) operation.work();
    } catch (const IllegalAddress& e) {
        device_.fail(problem, e.what(), kIllegalAddress);
    } catch (const std::exception& e) {
        device_.fail(problem, std::string("it threw: ") + e.what(), kFailure);
    } catch (...) {
        device_.fail(problem, "it threw something that is no std::exception", kFailure);
    }
}

void SimStream::reach(Mark mark) {
    progress_->reach(mark);
    device_.reached(number_, mark);
}

}  // namespace heddle::device
