#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heddle/engine.hpp"
#include "host/graph/record.hpp"
#include "host/memory/coherence.hpp"
#include "host/schedule/history.hpp"
#include "host/schedule/ledger.hpp"

namespace heddle::schedule {

inline constexpr int kHost = -1;  // the CPU lane, among devices

// What the CPU lane manages, all threads together; 0: takes no time.
struct HostRates {
    double bytes = 0, flops = 0;  // per second
};

// That the task reads and writes, by its accesses.
double touched_bytes(const graph::Record& record);

// Where each ready task runs: on the lane where it would be finished first, by what is known of the lanes' queues, the
// values that must be moved there and the task's cost (HEFT without a look ahead; Topcuoglu, Hariri and Wu 2002). Costs
// are those that were measured, or else a roofline's. Not thread-safe: the mutex of the engine's Devices guards it.
class Placement {
public:
    // threads: of the CPU lane.
    Placement(const EngineOptions& options, const memory::Streams& streams, const memory::Coherence& coherence,
              HostRates host, int threads);

    struct Choice {
        int device = kHost;
        double run = 0, move = 0;  // seconds, predicted
        const char* reason = "";
        History::Kind* kind = nullptr;
        Why why = Why::chosen;
    };
    // `devices`: whether one may run it at all. `now`: seconds.
    Choice choose(const graph::Record& record, bool devices, double now);
    // The CPU, or a device, for this reason.
    Choice on_host(const graph::Record& record, const char* reason, Why why = Why::chosen);
    Choice at_device(const graph::Record& record, int device, const char* reason);
    // The task was put there.
    void placed(const graph::Record& record, const Choice& choice, double now);
    // It is done there, or will never be. It took so long; negative: nobody knows.
    void ended(const graph::Record& record, History::Kind& kind, int device, double seconds);

    History::Kind& kind(const graph::Record& record) {
        return history_.kind(record.name_view(), touched_bytes(record), record.flops);
    }
    History& history() { return history_; }
    Ledger& ledger() { return ledger_; }
    const Ledger& ledger() const { return ledger_; }
    // Whether the task is to run on a device, whatever is faster.
    bool asks_for_device(const graph::Record& record) const;

private:
    struct Lane {
        double backlog = 0;       // seconds that what is queued there takes, for all it is known
        std::uint64_t tasks = 0;  // queued
        double way_free = 0;      // when the copies to it that were asked for are done
        std::size_t model = 0;    // its kind, in the history
    };
    static std::size_t at(int device) { return static_cast<std::size_t>(device) + 1; }
    Lane& lane(int device) { return lanes_[at(device)]; }
    const Lane& lane(int device) const { return lanes_[at(device)]; }
    bool usable(int device) const { return device == kHost || streams_.usable(device); }
    int width(const graph::Record& record) const;
    History::Estimate& estimate(History::Kind& kind, int device) const { return kind.lanes[lane(device).model]; }
    static History::Kind::Queue& queue(History::Kind& kind, int device) { return kind.queues[at(device)]; }
    double roofline(const graph::Record& record, int device) const;
    double run_time(const graph::Record& record, int device, History::Kind& kind) const;
    double move_time(const graph::Record& record, int device) const;
    Choice earliest(const graph::Record& record, History::Kind& kind, double now);
    bool worth_a_try(History::Kind& kind, int device, double cost) const;
    void note_queue(History::Kind& kind, int device, double seconds, std::uint64_t tasks, const graph::Record& record);

    const PlacementOptions options_;
    const memory::Streams& streams_;
    const memory::Coherence& coherence_;
    const HostRates host_;
    const int threads_;
    std::vector<Lane> lanes_;             // the host, then the devices
    double shared_ = 0, on_devices_ = 0;  // bytes, for the static policy
    History history_;
    Ledger ledger_;
    std::vector<double> predicted_;  // scratch
};

}  // namespace heddle::schedule
