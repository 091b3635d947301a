#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "host/device/accelerator.hpp"

namespace heddle::device {

// What goes wrong: at the `at`-th call of that kind on that device, counted from 1.
struct Fault {
    enum class Call : std::uint8_t { allocate, allocate_pinned, copy, launch, mark, wait };
    // refused: the call throws, or gives null, and the device goes on. lost: the call throws and the device is gone.
    // later: the call succeeds and the device is gone when the work's turn has come. hang: its turn never ends.
    enum class Kind : std::uint8_t { refused, lost, later, hang };
    Call call = Call::launch;
    Kind kind = Kind::refused;
    int device = 0;
    std::uint64_t at = 1;
};

// Virtual time in seconds, in which nothing takes longer than its model says: events happen one after another, on the
// thread that calls step(), in the order of their times and then of their making. No locks: one thread at a time.
class Clock {
public:
    double now() const { return now_; }
    void at(double time, std::function<void()> event);
    // The next event; false when there is none.
    bool step();

private:
    struct Event {
        double time;
        std::uint64_t made;
        std::function<void()> run;
    };
    static bool later(const Event& a, const Event& b);

    double now_ = 0;
    std::uint64_t made_ = 0;
    std::vector<Event> events_;  // a heap
};

// A simulated device. Rates of 0 take no time. With a clock everything happens in virtual time; without one each
// stream is a thread, that does the work and then waits as long as the model says.
struct SimOptions {
    std::size_t memory = std::size_t{256} << 20;
    int compute_streams = 4;
    double to_device = 0, to_host = 0, on_device = 0, flops = 0;  // per second
    double launch = 0, copy = 0;                                  // seconds each takes at least
    double slowdown = 1;  // by how much work takes longer than these rates and the description say
    // Not 0: every operation takes up to `jitter` times longer, as this seed's sequence says.
    std::uint64_t seed = 0;
    double jitter = 0;
    std::shared_ptr<Clock> clock{};
    std::vector<Fault> faults{};
};

// Device memory is an address range of its own that nobody may touch; what runs on the device gets other addresses of
// the same memory, valid while it runs.
std::unique_ptr<Accelerator> make_sim(const SimOptions& options, int ordinal);

}  // namespace heddle::device
