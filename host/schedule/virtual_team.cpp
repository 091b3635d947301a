#include "host/schedule/virtual_team.hpp"

#include <algorithm>
#include <utility>

#include "heddle/error.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"

namespace heddle::schedule {

using graph::Record;

VirtualTeam::VirtualTeam(EngineCore& engine, std::shared_ptr<device::Clock> clock, HostRates host, int threads)
    : engine_(engine), clock_(std::move(clock)), host_{host.bytes / threads, host.flops / threads} {
    for (int worker = threads; worker-- > 0;) cpu_.idle.push_back(worker);
    io_.idle.push_back(threads);
}

void VirtualTeam::submit(Record& record) {
    Lane& lane = record.lane == heddle::Lane::io ? io_ : cpu_;
    lane.ready.push_back({run_time(record), [this, &record](int worker) { engine_.run_here(record, worker); }});
    start(lane);
}

void VirtualTeam::submit(Chore& chore) {
    const double seconds = host_.bytes > 0 ? chore.bytes() / host_.bytes : 0;
    for (std::int64_t piece = 0; piece < chore.pieces(); ++piece)
        cpu_.chores.push_back({seconds, [&chore, piece](int) { chore.run_piece(piece); }});
    start(cpu_);
}

void VirtualTeam::start(Lane& lane) {
    while (!lane.idle.empty()) {
        auto& jobs = lane.chores.empty() ? lane.ready : lane.chores;
        if (jobs.empty()) return;
        Job job = std::move(jobs.front());
        jobs.pop_front();
        const int worker = lane.idle.back();
        lane.idle.pop_back();
        clock_->at(clock_->now() + job.seconds, [this, run = std::move(job.run), worker, &lane] {
            lane.idle.push_back(worker);
            run(worker);
            start(lane);
        });
    }
}

double VirtualTeam::run_time(const Record& record) const {
    const double flops = host_.flops > 0 ? record.flops / host_.flops : 0;
    const double bytes = host_.bytes > 0 ? touched_bytes(record) / host_.bytes : 0;
    return std::max(flops, bytes);
}

void VirtualTeam::wait(ScopeCore& scope) {
    Devices& devices = *engine_.devices();
    while (!scope.done() || devices.recovering())
        if (!clock_->step() && !devices.retire_busy())
            throw Timeout("the scope's tasks are not done", "nothing more happens in virtual time",
                          "a simulated device hangs, or a body waits for something outside the engine");
}

void VirtualTeam::finish() {
    while (clock_->step() || engine_.devices()->retire_busy()) {
    }
}

}  // namespace heddle::schedule
