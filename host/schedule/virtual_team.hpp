#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "host/device/sim.hpp"
#include "host/graph/record.hpp"
#include "host/schedule/chores.hpp"
#include "host/schedule/placement.hpp"

namespace heddle::schedule {

class EngineCore;
class ScopeCore;

// The CPU lane and the I/O lane in virtual time: a task takes as long as the host's rates say, and happens when that
// time is over. Everything runs on the thread that waits, so a schedule is the same each time. One thread at a time.
class VirtualTeam {
public:
    VirtualTeam(EngineCore& engine, std::shared_ptr<device::Clock> clock, HostRates host, int threads);

    void submit(graph::Record& record);
    void submit(Chore& chore);
    // Lets time pass until the scope is done. An event must be left that brings it there: LogicError otherwise.
    void wait(ScopeCore& scope);
    // Until nothing happens any more.
    void finish();
    double now() const { return clock_->now(); }
    double run_time(const graph::Record& record) const;

private:
    struct Job {
        double seconds;
        std::function<void(int worker)> run;
    };
    struct Lane {
        std::deque<Job> chores, ready;  // chores first
        std::vector<int> idle;          // workers
    };
    void start(Lane& lane);

    EngineCore& engine_;
    const std::shared_ptr<device::Clock> clock_;
    const HostRates host_;  // of one thread
    Lane cpu_, io_;
};

}  // namespace heddle::schedule
