#include "host/schedule/virtual_team.hpp"

#include <algorithm>

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
    lane.ready.push_back(&record);
    start(lane);
}

void VirtualTeam::start(Lane& lane) {
    while (!lane.ready.empty() && !lane.idle.empty()) {
        Record* record = lane.ready.front();
        lane.ready.pop_front();
        const int worker = lane.idle.back();
        lane.idle.pop_back();
        clock_->at(clock_->now() + run_time(*record), [this, record, worker, &lane] {
            lane.idle.push_back(worker);
            engine_.run_here(*record, worker);
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
