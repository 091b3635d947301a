#include <deque>
#include <utility>

#include "host/device/sim_device.hpp"

namespace heddle::device {
namespace {

// Everything happens in events of the clock; what a call puts into the stream begins with the clock's next steps.
class ClockStream final : public SimStream, public std::enable_shared_from_this<ClockStream> {
public:
    ClockStream(SimDevice& device, Stream number, const SimOptions& options, int ordinal)
        : SimStream(device, number, options, ordinal), clock_(options.clock) {}

    void start() override {
        started_ = true;
        go_on();
    }
    void put(Operation operation) override {
        queue_.push_back(std::move(operation));
        if (started_ && idle_) go_on();
    }
    void stop() override {
        if (!started_) return;
        at(clock_->now(), [this] { device_.leave(); });
    }
    void join() override {}

private:
    // Events of a device that is gone do nothing.
    template <class F>
    void at(double time, F event) {
        clock_->at(time, [self = weak_from_this(), event] {
            if (const auto stream = self.lock()) event();
        });
    }

    void go_on() {
        idle_ = false;
        at(clock_->now(), [this] { run(); });
    }

    // Turns that take no time, up to one that takes some, waits or hangs.
    void run() {
        while (!device_.ended() && !queue_.empty()) {
            if (queue_.front().fate == Fate::hangs) return;
            Operation operation = std::move(queue_.front());
            queue_.pop_front();
            if (operation.kind == Operation::Kind::timed) return take_time(std::move(operation));
            if (operation.kind == Operation::Kind::instant || operation.fate == Fate::fails) {
                work(operation);
            } else if (operation.kind == Operation::Kind::mark) {
                reach(operation.mark);
            } else if (!passed(*operation.other, operation.mark)) {
                return;
            }
        }
        idle_ = true;
    }

    // Its effect shows when it is done, not before.
    void take_time(Operation operation) {
        const double due = device_.finish(clock_->now(), operation.cost);
        at(due, [this, done = std::make_shared<const Operation>(std::move(operation))] {
            if (device_.ended()) return;
            work(*done);
            run();
        });
    }

    bool passed(Progress& other, Mark mark) {
        return other.passed(mark, [self = weak_from_this()] {
            if (const auto stream = self.lock()) stream->go_on();
        });
    }

    const std::shared_ptr<Clock> clock_;
    std::deque<Operation> queue_;
    bool started_ = false;
    bool idle_ = true;  // no event of this stream is due, and it waits for none
};

}  // namespace

std::shared_ptr<SimStream> make_clock_stream(SimDevice& device, Stream number, const SimOptions& options, int ordinal) {
    return std::make_shared<ClockStream>(device, number, options, ordinal);
}

}  // namespace heddle::device
