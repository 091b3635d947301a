#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include "host/device/sim_device.hpp"

namespace heddle::device {
namespace {

using Seconds = std::chrono::duration<double>;

double now() { return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::chrono::steady_clock::time_point time_point(double seconds) {
    return std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(Seconds(seconds)));
}

class ThreadStream final : public SimStream, public std::enable_shared_from_this<ThreadStream> {
public:
    using SimStream::SimStream;

    void start() override {
        thread_ = std::thread([this] { run(); });
    }
    void put(Operation operation) override {
        operation.put = now();
        {
            const std::lock_guard lock(mutex_);
            queue_.push_back(std::move(operation));
        }
        changed_.notify_one();
    }
    void stop() override {
        { const std::lock_guard lock(mutex_); }  // the thread either sleeps, or has not looked yet whether it ended
        changed_.notify_one();
    }
    void join() override {
        if (thread_.joinable()) thread_.join();
    }

private:
    void run() {
        for (bool on = true; on;) {
            Operation operation;
            on = take(operation) && turn(operation);
        }
        device_.leave();
    }

    // Sleeps until put() or stop() wakes it; false when the device has ended.
    bool take(Operation& operation) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return device_.ended() || !queue_.empty(); });
        if (device_.ended()) return false;
        operation = std::move(queue_.front());
        queue_.pop_front();
        return true;
    }

    // False when the device has ended.
    bool turn(const Operation& operation) {
        using Kind = Operation::Kind;
        if (operation.fate == Fate::hangs) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return device_.ended(); });  // woken by stop()
            return false;
        }
        if (operation.fate == Fate::fails || operation.kind == Kind::instant) {
            work(operation);
        } else if (operation.kind == Kind::timed) {
            take_time(operation);
        } else if (operation.kind == Kind::wait) {
            wait_for(*operation.other, operation.mark);
        } else {
            reach(operation.mark);
        }
        return !device_.ended();
    }

    // An operation starts when the one before it was due, so that late wake-ups do not add up.
    void take_time(const Operation& operation) {
        const double due = device_.finish(std::max(free_, operation.put), operation.cost);
        work(operation);
        const double done = now();
        free_ = std::max(due, done);
        if (due <= done) return;
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, time_point(due), [&] { return device_.ended(); });  // or woken by stop()
    }

    void wait_for(Progress& other, Mark mark) {
        const auto let_go = [self = weak_from_this()] {
            if (const auto stream = self.lock()) stream->let_go();
        };
        if (other.passed(mark, let_go)) return;
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return let_go_ || device_.ended(); });  // woken by let_go() or stop()
        let_go_ = false;
        free_ = now();
    }

    // Called by the thread that reaches the mark; this stream's device may be gone.
    void let_go() {
        {
            const std::lock_guard lock(mutex_);
            let_go_ = true;
        }
        changed_.notify_one();
    }

    double free_ = 0;   // when what was last in turn is due
    std::mutex mutex_;  // guards queue_ and let_go_
    std::condition_variable changed_;
    std::deque<Operation> queue_;
    bool let_go_ = false;
    std::thread thread_;
};

}  // namespace

std::shared_ptr<SimStream> make_thread_stream(SimDevice& device, Stream number, const SimOptions& options,
                                              int ordinal) {
    return std::make_shared<ThreadStream>(device, number, options, ordinal);
}

}  // namespace heddle::device
