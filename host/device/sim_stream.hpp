#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "host/device/accelerator.hpp"
#include "host/device/sim.hpp"

namespace heddle::device {

class SimDevice;

// How far a stream has come. Outlives its device, so that others may wait for marks of a device that is gone.
class Progress {
public:
    Mark marked() const { return marked_.load(std::memory_order_acquire); }
    Mark next() { return marked_.fetch_add(1, std::memory_order_acq_rel) + 1; }
    Mark reached() const { return reached_.load(std::memory_order_acquire); }

    void reach(Mark mark);
    // Nothing more will be reached.
    void end();
    // Blocks until reach() or end() lets it go.
    void await(Mark mark);
    // Whether the mark is reached or never will be; if neither, reach() or end() calls `wake` once, without a lock.
    bool passed(Mark mark, std::function<void()> wake);

private:
    struct Waiter {
        Mark mark;
        std::function<void()> wake;
    };
    bool over(Mark mark) const { return ended_ || reached() >= mark; }
    void wake();

    std::atomic<Mark> marked_{0}, reached_{0};  // reached_ grows under the mutex only
    std::mutex mutex_;                          // guards ended_ and waiters_
    std::condition_variable changed_;           // notified by reach() and end()
    std::vector<Waiter> waiters_;
    bool ended_ = false;
};

// What becomes of an operation when its turn has come.
enum class Fate : std::uint8_t { well, fails, hangs };

// Seconds. `shared` is time of the device's compute units, which serve one stream after another.
struct Cost {
    double latency = 0, own = 0, shared = 0;
};

struct Operation {
    enum class Kind : std::uint8_t { timed, instant, wait, mark };
    Kind kind = Kind::timed;
    Fate fate = Fate::well;
    std::string name{};                 // for messages
    std::function<void()> work{};       // of timed and instant ones
    Cost cost{};                        // of timed ones
    std::shared_ptr<Progress> other{};  // whose mark is waited for
    Mark mark = 0;
    double put = 0;  // when it was put into its stream
};

// A stream of a simulated device: runs what is put into it in order.
class SimStream {
public:
    SimStream(SimDevice& device, Stream number, const SimOptions& options, int ordinal);
    virtual ~SimStream() = default;
    SimStream(const SimStream&) = delete;
    SimStream& operator=(const SimStream&) = delete;

    virtual void start() = 0;
    virtual void put(Operation operation) = 0;
    // The device has ended: leaves it (SimDevice::leave) as soon as nothing runs.
    virtual void stop() = 0;
    // Blocks until it has left; stop() comes first.
    virtual void join() = 0;

    const std::shared_ptr<Progress>& progress() const { return progress_; }
    // By how much the next operation takes longer; called in the order of the calls, so a seed gives the same times.
    double stretch();

protected:
    // Does the work of an operation whose turn has come. What it throws, or is to fail with, is the device's end.
    void work(const Operation& operation);
    void reach(Mark mark);

    SimDevice& device_;
    const Stream number_;

private:
    const std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
    const double jitter_;
    std::mt19937_64 random_;
};

// Real time: a thread of its own.
std::shared_ptr<SimStream> make_thread_stream(SimDevice& device, Stream number, const SimOptions& options, int ordinal);
// Virtual time: events of options.clock.
std::shared_ptr<SimStream> make_clock_stream(SimDevice& device, Stream number, const SimOptions& options, int ordinal);

}  // namespace heddle::device
