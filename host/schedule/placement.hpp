#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heddle/engine.hpp"
#include "host/graph/record.hpp"
#include "host/memory/coherence.hpp"

namespace heddle::schedule {

inline constexpr int kHost = -1;  // the CPU lane, among devices

// What the CPU lane manages, all threads together; 0: takes no time.
struct HostRates {
    double bytes = 0, flops = 0;  // per second
};

// That the task reads and writes, by its accesses.
double touched_bytes(const graph::Record& record);

// Where each ready task runs: on the lane where it would be finished first, by what is known of the lanes' queues, the
// values that must be moved there and the task's cost (HEFT without a look ahead; Topcuoglu, Hariri and Wu 2002).
class Placement {
public:
    Placement(const PlacementOptions& options, const memory::Streams& streams, const memory::Coherence& coherence,
              HostRates host);

    struct Choice {
        int device = kHost;
        double run = 0;  // seconds, predicted
        const char* reason = "";
    };
    // `devices`: whether one may run it at all. `now`: seconds.
    Choice choose(const graph::Record& record, bool devices, double now);
    // The task was put there.
    void placed(const Choice& choice, double now);
    void finished(int device) { --queued_[static_cast<std::size_t>(device + 1)]; }

private:
    double run_time(const graph::Record& record, int lane) const;
    Choice earliest(const graph::Record& record, double now) const;

    const PlacementOptions options_;
    const memory::Streams& streams_;
    const memory::Coherence& coherence_;
    const HostRates host_;
    std::vector<double> free_at_;         // by lane: the host, then the devices
    std::vector<std::int64_t> queued_;    // likewise
    double shared_ = 0, on_devices_ = 0;  // bytes, for the static policy
};

}  // namespace heddle::schedule
