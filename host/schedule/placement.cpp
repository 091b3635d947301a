#include "host/schedule/placement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace heddle::schedule {

using graph::Record;

double touched_bytes(const Record& record) {
    double bytes = 0;
    for (std::size_t i = 0; i < record.access_count; ++i) {
        const auto& access = record.accesses()[i];
        const auto* region = record.region(access);
        const auto count = region == nullptr ? access.buffer().layout.count : region->layout.count;
        const auto size = static_cast<double>(count) * static_cast<double>(size_of(access.buffer().dtype));
        bytes += access.mode() == Mode::update ? 2 * size : size;
    }
    return bytes;
}

namespace {

double seconds(double amount, double rate) { return rate > 0 ? amount / rate : 0; }

// The kinds of lanes: the CPU's, then each model once.
std::vector<std::string> models_of(const memory::Streams& streams) {
    std::vector<std::string> models{"cpu"};
    for (int device = 0; device < streams.devices(); ++device) {
        const std::string& model = streams.description(device).model;
        if (std::find(models.begin(), models.end(), model) == models.end()) models.push_back(model);
    }
    return models;
}

std::vector<std::string> names_of(const memory::Streams& streams) {
    std::vector<std::string> names{"cpu"};
    for (int device = 0; device < streams.devices(); ++device) names.push_back(streams.description(device).name);
    return names;
}

}  // namespace

Placement::Placement(const EngineOptions& options, const memory::Streams& streams, const memory::Coherence& coherence,
                     HostRates host, int threads)
    : options_(options.placement),
      streams_(streams),
      coherence_(coherence),
      host_(host),
      threads_(threads),
      lanes_(static_cast<std::size_t>(streams.devices()) + 1),
      history_(models_of(streams), lanes_.size()),
      ledger_(names_of(streams), options.explain),
      predicted_(lanes_.size()) {
    const auto models = models_of(streams);
    for (int device = 0; device < streams.devices(); ++device)
        lane(device).model = static_cast<std::size_t>(
            std::find(models.begin(), models.end(), streams.description(device).model) - models.begin());
}

bool Placement::asks_for_device(const Record& record) const {
    return record.has(graph::kPinDevice) ||
           (options_.policy == PlacementOptions::Policy::gpu && !record.has(graph::kPinHost));
}

// Threads that the task's own time stands for: the CPU lane runs so many tasks of one piece at a time.
int Placement::width(const Record& record) const { return record.has(graph::kWide) ? 1 : threads_; }

double Placement::roofline(const Record& record, int device) const {
    const double bytes = touched_bytes(record);
    if (device == kHost)
        return width(record) * std::max(seconds(record.flops, host_.flops), seconds(bytes, host_.bytes));
    const auto& d = streams_.description(device);
    return d.launch + std::max(seconds(record.flops, d.flops), seconds(bytes, d.on_device));
}

double Placement::run_time(const Record& record, int device, History::Kind& kind) const {
    const History::Estimate& known = estimate(kind, device);
    return known.samples != 0 ? known.seconds : roofline(record, device);
}

// To the host from wherever the values are; the first device's rate stands for all.
double Placement::move_time(const Record& record, int device) const {
    return seconds(coherence_.missing_bytes(device, record),
                   device == kHost ? streams_.description(0).to_host : streams_.description(device).to_device);
}

// A lane that was never measured, or long ago when it may have been slow for the moment, gets a task from time to time:
// when that costs a tenth at most of what such tasks took elsewhere meanwhile. Each try in vain makes the next wait
// twice as long.
bool Placement::worth_a_try(History::Kind& kind, int device, double cost) const {
    const History::Estimate& known = estimate(kind, device);
    constexpr double kShare = 0.1;
    return known.elsewhere > 0 && std::ldexp(cost, static_cast<int>(known.tries)) <= kShare * known.elsewhere;
}

Placement::Choice Placement::earliest(const Record& record, History::Kind& kind, double now) {
    Choice best, trial;
    auto least = std::tuple(std::numeric_limits<double>::infinity(), std::uint64_t{0}, 0);
    for (int device = streams_.devices() - 1; device >= kHost; --device) {
        if (!usable(device)) continue;
        const double run = run_time(record, device, kind), move = move_time(record, device);
        // Of equals the one with the shorter queue, then devices before the host.
        const double begin =
            std::max(now + lane(device).backlog, move > 0 ? std::max(now, lane(device).way_free) + move : now);
        const auto finish = std::tuple(begin + run, lane(device).tasks, device == kHost ? 1 : 0);
        if (worth_a_try(kind, device, move + run)) trial = {device, run, move, "tried, to measure it", &kind};
        if (finish >= least) continue;
        least = finish;
        best = {device, run, move, "earliest finish", &kind};
    }
    if (trial.kind == nullptr || trial.device == best.device) return best;
    History::Estimate& known = estimate(kind, trial.device);
    known.elsewhere = 0;
    ++known.tries;
    return trial;
}

Placement::Choice Placement::on_host(const Record& record, const char* reason, Why why) {
    History::Kind& known = kind(record);
    return {kHost, run_time(record, kHost, known), 0, reason, &known, why};
}

Placement::Choice Placement::at_device(const Record& record, int device, const char* reason) {
    History::Kind& known = kind(record);
    return {device, run_time(record, device, known), move_time(record, device), reason, &known};
}

Placement::Choice Placement::choose(const Record& record, bool devices, double now) {
    using Policy = PlacementOptions::Policy;
    if (!devices) return on_host(record, "has no form for a device");
    if (record.has(graph::kPinHost)) return on_host(record, "pinned by its submitter");
    const bool pinned = record.has(graph::kPinDevice);
    if (options_.policy == Policy::cpu && !pinned) return on_host(record, "the engine's policy");
    const char* reason = pinned ? "pinned by its submitter" : "the engine's policy";
    bool on_device = asks_for_device(record);
    if (!on_device && options_.policy == Policy::fixed) {
        const double bytes = std::max(touched_bytes(record), 1.0);
        shared_ += bytes;
        on_device = on_devices_ + bytes / 2 <= options_.gpu_share * shared_;
        if (on_device) on_devices_ += bytes;
        if (!on_device) return on_host(record, "the fixed share");
        reason = "the fixed share";
    }
    int best = kHost;
    for (int device = 0; device < streams_.devices(); ++device)
        if (usable(device) && (best == kHost || std::tuple(lane(device).backlog, lane(device).tasks) <
                                                    std::tuple(lane(best).backlog, lane(best).tasks)))
            best = device;
    if (best == kHost) return on_host(record, "no device is usable", Why::lost);
    History::Kind& known = kind(record);
    Choice choice = earliest(record, known, now);
    if (!on_device) return choice;
    // The best of the devices alone.
    if (choice.device == kHost) choice = at_device(record, best, reason);
    choice.reason = reason;
    return choice;
}

void Placement::note_queue(History::Kind& kind, int device, double seconds, std::uint64_t tasks, const Record& record) {
    Lane& l = lane(device);
    History::Kind::Queue& queued = queue(kind, device);
    l.backlog += (seconds - queued.seconds) / (device == kHost ? width(record) : 1);
    l.tasks += tasks - queued.tasks;
    queued = {tasks, seconds};
    if (l.tasks == 0 || l.backlog < 0) l.backlog = 0;  // sums of many roundings
}

void Placement::placed(const Record& record, const Choice& choice, double now) {
    const auto& queued = queue(*choice.kind, choice.device);
    note_queue(*choice.kind, choice.device, queued.seconds + choice.run, queued.tasks + 1, record);
    Lane& l = lane(choice.device);
    if (choice.move > 0) l.way_free = std::max(now, l.way_free) + choice.move;
    if (!ledger_.explains()) return;
    for (int device = kHost; device < streams_.devices(); ++device)
        predicted_[at(device)] = run_time(record, device, *choice.kind);
    ledger_.placed(record.name_view(), at(choice.device), choice.reason, predicted_);
}

// What is left of its kind is reckoned with what is known now.
void Placement::ended(const Record& record, History::Kind& kind, int device, double seconds) {
    History::Estimate& known = estimate(kind, device);
    if (seconds >= 0) {
        ledger_.measured(record.name_view(), at(device), seconds);
        if (history_.learns(kind)) {
            known.add(seconds);
            for (History::Estimate& other : kind.lanes)
                if (&other != &known) other.elsewhere += seconds;
        }
    }
    const auto& queued = queue(kind, device);
    if (queued.tasks == 0) return;
    const std::uint64_t left = queued.tasks - 1;
    const double each = known.samples != 0 ? known.seconds : queued.seconds / static_cast<double>(queued.tasks);
    note_queue(kind, device, static_cast<double>(left) * each, left, record);
}

}  // namespace heddle::schedule
