#include "host/cli/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/cli/print_array.hpp"
#include "host/cli/terminal.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {
namespace {

using pipeline::format_bytes;
using Json = nlohmann::ordered_json;

std::uint64_t unsigned_of(std::int64_t bytes) { return static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes)); }

// A fused program takes several lines; here it gets one.
std::string one_line(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) text.replace(at, 1, "; ");
    return printable(text);
}

// ", 3 NaN, 1 infinite"; empty when there are none of them.
std::string oddities(const pipeline::ResultReport& result) {
    std::string text;
    if (result.nan > 0) text += fmt::format(", {} NaN", result.nan);
    if (result.inf > 0) text += fmt::format(", {} infinite", result.inf);
    return text;
}

std::string type_and_shape(const pipeline::ResultReport& result) {
    return fmt::format("{} {}", name_of(result.dtype), to_string(result.shape));
}

bool can_be_odd(DType dtype) { return is_float(dtype) || is_complex(dtype); }

Json extents(const Shape& shape) {
    auto list = Json::array();
    for (const auto extent : shape) list.push_back(extent);
    return list;
}

}  // namespace

std::string values_text(const pipeline::JobReport& report) {
    std::string text;
    for (const auto& result : report.results) {
        if (!result.preview) continue;
        const auto values = print_array(*result.preview);
        if (result.shape.rank() == 0)
            text += fmt::format("{} = {}\n", result.name, values);
        else
            text += fmt::format("{}: {}{}\n{}\n", result.name, type_and_shape(result), oddities(result), values);
    }
    return text;
}

std::string summary_text(const pipeline::JobReport& report, const std::string& file) {
    std::string text;
    for (const auto& result : report.results) {
        text += fmt::format("wrote {}:{}  {}, {}", printable(file), printable(result.path), type_and_shape(result),
                            format_bytes(result.bytes()));
        if (can_be_odd(result.dtype) || result.converted_from)
            text += fmt::format(", {} NaN, {} infinite", result.nan, result.inf);
        if (result.converted_from)
            text += fmt::format(" before the conversion from {}", name_of(*result.converted_from));
        text += "\n";
    }
    const auto moved = unsigned_of(report.plan.bytes_read) + unsigned_of(report.plan.bytes_written);
    text += fmt::format(
        "{} read, {} computed in {}, {:.0f} MB/s; the file has {}\n", format_bytes(unsigned_of(report.plan.bytes_read)),
        format_bytes(unsigned_of(report.plan.bytes_written)), pipeline::format_seconds(report.seconds),
        static_cast<double>(moved) / 1e6 / std::max(report.seconds, 1e-9), format_bytes(report.stored_bytes));
    return text;
}

std::string plan_text(const array::PlanReport& plan, std::uint64_t memory_limit) {
    std::string text;
    for (std::size_t i = 0; i < plan.passes.size(); ++i) {
        const auto& pass = plan.passes[i];
        text += fmt::format("pass {} of {}: {} tile{} of {} over {}, {} read, {} written, {} of memory\n", i + 1,
                            plan.passes.size(), pass.tiles, pass.tiles == 1 ? "" : "s", to_string(pass.tile),
                            to_string(pass.shape), format_bytes(unsigned_of(pass.bytes_read)),
                            format_bytes(unsigned_of(pass.bytes_written)), format_bytes(unsigned_of(pass.memory)));
        const auto list = [&](std::string_view title, const std::vector<std::string>& lines) {
            for (const auto& line : lines) text += fmt::format("  {:<9}{}\n", title, one_line(line));
        };
        list("reads", pass.reads);
        list("fuses", pass.programs);
        list("produces", pass.produces);
    }
    text += fmt::format("in all: {} read, {} written, at most {} of memory (limit {})\n",
                        format_bytes(unsigned_of(plan.bytes_read)), format_bytes(unsigned_of(plan.bytes_written)),
                        format_bytes(unsigned_of(plan.memory_peak)), format_bytes(memory_limit));
    return text;
}

Json plan_json(const array::PlanReport& plan) {
    auto passes = Json::array();
    for (const auto& pass : plan.passes)
        passes.push_back({{"shape", extents(pass.shape)},
                          {"tile", extents(pass.tile)},
                          {"tiles", pass.tiles},
                          {"bytes_read", pass.bytes_read},
                          {"bytes_written", pass.bytes_written},
                          {"memory", pass.memory},
                          {"reads", pass.reads},
                          {"fuses", pass.programs},
                          {"produces", pass.produces}});
    return {{"passes", std::move(passes)},
            {"bytes_read", plan.bytes_read},
            {"bytes_written", plan.bytes_written},
            {"memory_peak", plan.memory_peak}};
}

Json report_json(const pipeline::JobReport& report, const std::string& file) {
    auto results = Json::array();
    for (const auto& result : report.results) {
        Json entry{
            {"name", result.name}, {"dtype", std::string(name_of(result.dtype))}, {"shape", extents(result.shape)}};
        if (!result.path.empty()) entry["path"] = result.path;
        if (result.converted_from) entry["converted_from"] = std::string(name_of(*result.converted_from));
        entry["nan"] = result.nan;
        entry["inf"] = result.inf;
        if (result.preview && !result.preview->summarised()) entry["values"] = json_values(*result.preview);
        results.push_back(std::move(entry));
    }
    Json json{{"results", std::move(results)}};
    if (!file.empty()) json["output"] = file;
    if (report.stored_bytes > 0) json["stored_bytes"] = report.stored_bytes;
    json["seconds"] = report.seconds;
    json["bytes_read"] = report.plan.bytes_read;
    json["bytes_written"] = report.plan.bytes_written;
    auto warnings = report.plan.warnings;
    warnings.insert(warnings.end(), report.notes.begin(), report.notes.end());
    json["warnings"] = warnings;
    return json;
}

}  // namespace heddle::cli
