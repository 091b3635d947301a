#include "host/schedule/placement.hpp"

#include <algorithm>
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

}  // namespace

Placement::Placement(const PlacementOptions& options, const memory::Streams& streams,
                     const memory::Coherence& coherence, HostRates host)
    : options_(options),
      streams_(streams),
      coherence_(coherence),
      host_(host),
      free_at_(static_cast<std::size_t>(streams.devices()) + 1, 0),
      queued_(free_at_.size(), 0) {}

double Placement::run_time(const Record& record, int lane) const {
    const double bytes = touched_bytes(record);
    if (lane == kHost) return std::max(seconds(record.flops, host_.flops), seconds(bytes, host_.bytes));
    const auto& d = streams_.description(lane);
    return d.launch + std::max(seconds(record.flops, d.flops), seconds(bytes, d.on_device));
}

Placement::Choice Placement::earliest(const Record& record, double now) const {
    Choice best;
    auto least = std::tuple(std::numeric_limits<double>::infinity(), std::int64_t{0}, 0);
    for (int lane = streams_.devices() - 1; lane >= kHost; --lane) {
        if (lane != kHost && !streams_.usable(lane)) continue;
        const auto at = static_cast<std::size_t>(lane + 1);
        const double run = run_time(record, lane);
        double move = 0;
        if (lane == kHost) {
            // From wherever the values are; the first device's rate stands for all.
            move = seconds(coherence_.missing_bytes(kHost, record), streams_.description(0).to_host);
        } else {
            move = seconds(coherence_.missing_bytes(lane, record), streams_.description(lane).to_device);
        }
        // Of equals the one with the shorter queue, then devices before the host.
        const auto finish = std::tuple(std::max(now, free_at_[at]) + move + run, queued_[at], lane == kHost ? 1 : 0);
        if (finish >= least) continue;
        least = finish;
        best = {lane, run, "earliest finish"};
    }
    return best;
}

Placement::Choice Placement::choose(const Record& record, bool devices, double now) {
    if (!devices) return {kHost, run_time(record, kHost), "has no form for a device"};
    if (record.has(graph::kPinHost)) return {kHost, run_time(record, kHost), "pinned by its submitter"};
    if (options_.policy == PlacementOptions::Policy::cpu && !record.has(graph::kPinDevice))
        return {kHost, run_time(record, kHost), "the engine's policy"};
    bool on_device = record.has(graph::kPinDevice) || options_.policy == PlacementOptions::Policy::gpu;
    const char* reason = record.has(graph::kPinDevice) ? "pinned by its submitter" : "the engine's policy";
    if (!on_device && options_.policy == PlacementOptions::Policy::fixed) {
        const double bytes = std::max(touched_bytes(record), 1.0);
        shared_ += bytes;
        on_device = on_devices_ + bytes / 2 <= options_.gpu_share * shared_;
        if (on_device) on_devices_ += bytes;
        if (!on_device) return {kHost, run_time(record, kHost), "the fixed share"};
        reason = "the fixed share";
    }
    Choice choice = earliest(record, now);
    if (!on_device || choice.device != kHost) {
        if (on_device) choice.reason = reason;
        return choice;
    }
    // The best of the devices alone.
    std::size_t best = 0;
    for (std::size_t lane = 1; lane < free_at_.size(); ++lane)
        if (streams_.usable(static_cast<int>(lane) - 1) &&
            (best == 0 || std::tuple(free_at_[lane], queued_[lane]) < std::tuple(free_at_[best], queued_[best])))
            best = lane;
    if (best == 0) return {kHost, run_time(record, kHost), "no device is usable"};
    const int device = static_cast<int>(best) - 1;
    return {device, run_time(record, device), reason};
}

void Placement::placed(const Choice& choice, double now) {
    const auto at = static_cast<std::size_t>(choice.device + 1);
    free_at_[at] = std::max(now, free_at_[at]) + choice.run;
    ++queued_[at];
}

}  // namespace heddle::schedule
