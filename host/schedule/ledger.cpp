#include "host/schedule/ledger.hpp"

#include <fmt/core.h>

#include "host/schedule/failure.hpp"

namespace heddle::schedule {
namespace {

void warn(std::string_view task, std::string_view reason, std::string_view remedy) {
    tell(fmt::format("task '{}' was to run on a device and runs on the CPU: {}; {}", task, reason, remedy));
}

}  // namespace

Ledger::Entry& Ledger::entry(std::string_view task) {
    auto found = entries_.find(task);
    if (found == entries_.end()) {
        found = entries_.emplace(std::string(task), Entry{}).first;
        found->second.lanes.resize(lanes_.size());
    }
    return found->second;
}

void Ledger::placed(std::string_view task, std::size_t lane, std::string_view reason,
                    const std::vector<double>& predicted) {
    if (!explains_) return;
    Entry& e = entry(task);
    ++e.tasks;
    ++e.lanes[lane].tasks;
    ++e.reasons[{lane, reason}];
    for (std::size_t i = 0; i < predicted.size(); ++i) e.lanes[i].predicted += predicted[i];
}

void Ledger::moved(std::string_view task, std::uint64_t to_device, std::uint64_t to_host) {
    if (!explains_ || (to_device == 0 && to_host == 0)) return;
    Entry& e = entry(task);
    e.to_device += to_device;
    e.to_host += to_host;
}

void Ledger::measured(std::string_view task, std::size_t lane, double seconds) {
    if (!explains_) return;
    Lane& l = entry(task).lanes[lane];
    ++l.measured;
    l.seconds += seconds;
}

std::vector<PlacementReport> Ledger::reports() const {
    const auto mean = [](double sum, std::uint64_t n) { return n == 0 ? 0 : sum / static_cast<double>(n); };
    std::vector<PlacementReport> reports;
    for (const auto& [task, e] : entries_) {
        PlacementReport& report = reports.emplace_back();
        report.task = task;
        report.bytes_to_device = e.to_device;
        report.bytes_to_host = e.to_host;
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            const Lane& lane = e.lanes[i];
            report.lanes.push_back(
                {lanes_[i], lane.tasks, mean(lane.predicted, e.tasks), mean(lane.seconds, lane.measured)});
        }
        for (const auto& [reason, tasks] : e.reasons)
            report.reasons.push_back({lanes_[reason.first], std::string(reason.second), tasks});
    }
    return reports;
}

void Ledger::fell_back(std::string_view task, Why why, Asked asked) {
    if (why == Why::memory) ++fallbacks_.memory;
    if (why == Why::refused) ++fallbacks_.refused;
    if (why == Why::lost) ++fallbacks_.lost;
    bool& told = told_[static_cast<std::size_t>(why)];
    if (why == Why::chosen || asked == Asked::no || told) return;
    told = true;
    switch (why) {
        case Why::no_form:
            return warn(task, "it has no form for a device, or changes memory of the caller's",
                        "give it a body that takes views of buffers of Heddle's own, or take its pin away");
        case Why::memory:
            return warn(task, "what it touches does not fit into the memory of the device",
                        "use smaller tiles or regions, or raise EngineOptions::device_memory");
        case Why::refused:
            return warn(task, "the device refused a call", "see whether others use the device at the same time");
        case Why::lost:
            return warn(task, "no device is usable any more", "see the error that it was lost with");
        case Why::chosen:
            return;
    }
}

void tell_no_device(std::string_view task, bool& told) {
    if (told) return;
    told = true;
    warn(task, "the engine has no device", "see EngineOptions::device and HEDDLE_DEVICE");
}

}  // namespace heddle::schedule
