#include "host/cli/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "host/cli/terminal.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {
namespace {

// Three digits: a prediction says no more.
std::string short_time(double seconds) {
    if (seconds == 0) return "-";
    if (seconds < 1e-3) return fmt::format("{:.3g} us", seconds * 1e6);
    return seconds < 1 ? fmt::format("{:.3g} ms", seconds * 1e3) : fmt::format("{:.3g} s", seconds);
}

}  // namespace

std::string explain_text(const Engine& engine) {
    const auto reports = engine.placements();
    if (reports.empty()) return "placement: the engine has no device, every task ran on the CPU\n";
    std::string text = "placement: where tasks ran, predicted and measured time of one (means), why\n";
    for (const auto& report : reports) {
        text += printable(report.task);
        if (report.bytes_to_device + report.bytes_to_host > 0)
            text += fmt::format(" ({} to devices, {} back)", pipeline::format_bytes(report.bytes_to_device),
                                pipeline::format_bytes(report.bytes_to_host));
        text += "\n";
        for (const auto& lane : report.lanes) {
            std::string reasons;
            for (const auto& reason : report.reasons)
                if (reason.lane == lane.name)
                    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : ", ", reason.text, reason.tasks);
            text += fmt::format("  {:<8}{:>7} task{} {:>10}{:>10}  {}\n", lane.name, lane.tasks,
                                lane.tasks == 1 ? " " : "s", short_time(lane.predicted), short_time(lane.measured),
                                reasons);
            while (text.ends_with(" \n")) text.erase(text.size() - 2, 1);
        }
    }
    const auto [memory, refused, lost, unopened] = engine.fallbacks();
    if (memory + refused + lost > 0)
        text += fmt::format("fell back to the CPU: {} for want of device memory, {} refused, {} by lost devices\n",
                            memory, refused, lost);
    for (const std::string& error : unopened) text += "not used: " + error + "\n";
    return text;
}

nlohmann::ordered_json explain_json(const Engine& engine) {
    using Json = nlohmann::ordered_json;
    auto tasks = Json::array();
    for (const auto& report : engine.placements()) {
        auto lanes = Json::array();
        for (const auto& lane : report.lanes) {
            auto reasons = Json::object();
            for (const auto& reason : report.reasons)
                if (reason.lane == lane.name) reasons[reason.text] = reason.tasks;
            lanes.push_back({{"lane", lane.name},
                             {"tasks", lane.tasks},
                             {"predicted_seconds", lane.predicted},
                             {"measured_seconds", lane.measured},
                             {"reasons", std::move(reasons)}});
        }
        tasks.push_back({{"task", report.task},
                         {"bytes_to_device", report.bytes_to_device},
                         {"bytes_to_host", report.bytes_to_host},
                         {"lanes", std::move(lanes)}});
    }
    const auto [memory, refused, lost, unopened] = engine.fallbacks();
    return {{"tasks", std::move(tasks)},
            {"fallbacks", {{"memory", memory}, {"refused", refused}, {"lost", lost}, {"unopened", unopened}}}};
}

}  // namespace heddle::cli
