#include "host/pipeline/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "heddle/error.hpp"

namespace heddle::pipeline {
namespace {

struct Unit {
    std::string_view name;
    double bytes;
};
constexpr double kKi = 1024;
constexpr std::array<Unit, 17> kUnits{{{"", 1},
                                       {"B", 1},
                                       {"K", kKi},
                                       {"KiB", kKi},
                                       {"M", kKi* kKi},
                                       {"MiB", kKi* kKi},
                                       {"G", kKi* kKi* kKi},
                                       {"GiB", kKi* kKi* kKi},
                                       {"T", kKi* kKi* kKi* kKi},
                                       {"TiB", kKi* kKi* kKi* kKi},
                                       {"KB", 1e3},
                                       {"kB", 1e3},
                                       {"k", kKi},
                                       {"MB", 1e6},
                                       {"GB", 1e9},
                                       {"TB", 1e12},
                                       {"g", kKi* kKi* kKi}}};

[[noreturn]] void bad_size(std::string_view text) {
    throw ArgumentError(fmt::format("'{}' is not an amount of memory", text), "a number and a unit are expected",
                        "write it like 256M, 2GiB or 500MB");
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

}  // namespace

std::uint64_t parse_bytes(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !std::isfinite(number) || number < 0) bad_size(text);
    auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    const auto* found = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit; });
    if (found == kUnits.end()) bad_size(text);
    const double bytes = number * found->bytes;
    if (bytes > 9e18) bad_size(text);
    return static_cast<std::uint64_t>(bytes);
}

std::string format_bytes(std::uint64_t bytes) {
    if (bytes < 1024) return fmt::format("{} B", bytes);
    constexpr std::array<std::string_view, 5> names{"KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = static_cast<double>(bytes) / kKi;
    std::size_t unit = 0;
    for (; value >= 1023.95 && unit + 1 < names.size(); ++unit) value /= kKi;
    return fmt::format("{:.1f} {}", value, names[unit]);
}

std::string format_seconds(double seconds) {
    if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
    if (seconds < 99.95) return fmt::format("{:.1f} s", seconds);
    const auto whole = std::int64_t{std::llround(seconds)};
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

Shape parse_extents(std::string_view text) {
    Shape extents;
    const auto bad = [&](std::string_view reason) {
        throw ArgumentError(fmt::format("'{}' is not a list of extents", text), std::string(reason),
                            "write it like 1,2048,2048");
    };
    const char* at = text.data();
    const char* const end = at + text.size();
    if (at == end) bad("it is empty");
    while (true) {
        std::int64_t value = 0;
        const auto [next, error] = std::from_chars(at, end, value);
        if (error != std::errc()) bad("whole numbers are expected");
        if (value < 1) bad("an extent is at least 1");
        extents.push_back(value);
        if (next == end) return extents;
        if ((*next != ',' && *next != 'x') || next + 1 == end) bad("whole numbers separated by ',' are expected");
        at = next + 1;
    }
}

void parse_chunks(std::string_view text, DatasetFormat& format) {
    if (text == "auto") {
        format.chunk_rule = ChunkRule::automatic;
    } else if (text == "contiguous") {
        format.chunk_rule = ChunkRule::contiguous;
    } else {
        format.chunks = parse_extents(text);
        format.chunk_rule = ChunkRule::given;
    }
}

std::string join_names(std::span<const std::string> names, std::size_t limit) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), limit); ++i) text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > limit) text += fmt::format(" … and {} more", names.size() - limit);
    return text;
}

std::string near_names(std::string_view wanted, std::span<const std::string> known) {
    const std::string* best = nullptr;
    std::size_t least = std::max<std::size_t>(2, wanted.size() / 3) + 1;
    for (const auto& name : known) {
        if (name.size() > wanted.size() + least || wanted.size() > name.size() + least) continue;
        const auto distance = edit_distance(wanted, name);
        if (distance < least && distance < name.size()) {
            least = distance;
            best = &name;
        }
    }
    if (best) return fmt::format("did you mean '{}'?", *best);
    return known.empty() ? std::string() : "known are: " + join_names(known);
}

std::string near_names(std::string_view wanted, std::span<const std::string_view> known) {
    const std::vector<std::string> names(known.begin(), known.end());
    return near_names(wanted, std::span<const std::string>(names));
}

}  // namespace heddle::pipeline
