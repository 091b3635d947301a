#include "host/cli/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

namespace heddle::cli {
namespace {

std::string bar(double cells, bool utf8) {
    constexpr std::array<std::string_view, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!utf8) return std::string(static_cast<std::size_t>(std::lround(cells)), '#');
    const auto units = std::lround(cells * 8);
    std::string text;
    for (long i = 0; i < units / 8; ++i) text += "█";
    return text + std::string(eighths[static_cast<std::size_t>(units % 8)]);
}

}  // namespace

std::string plot_histogram(std::span<const std::int64_t> bins, double low, double high, PlotLook look) {
    std::vector<std::string> edges, counts;
    std::size_t edge_width = 0, count_width = 0;
    for (std::size_t i = 0; i < bins.size(); ++i) {
        const auto step = (high - low) / static_cast<double>(bins.size());
        edges.push_back(fmt::format("{:.6g}", low + step * static_cast<double>(i)));
        counts.push_back(fmt::format("{}", bins[i]));
        edge_width = std::max(edge_width, edges.back().size());
        count_width = std::max(count_width, counts.back().size());
    }
    const auto most = bins.empty() ? 0 : *std::max_element(bins.begin(), bins.end());
    const auto room = std::clamp(look.width - static_cast<int>(edge_width + count_width) - 6, 10, 60);
    std::string text;
    for (std::size_t i = 0; i < bins.size(); ++i) {
        const double cells = most == 0 ? 0 : static_cast<double>(bins[i]) * room / static_cast<double>(most);
        // A bin that holds anything shows something.
        const double shown = bins[i] > 0 ? std::max(cells, look.utf8 ? 0.125 : 1.0) : 0;
        text += fmt::format("  {:>{}} {} {:>{}}{}{}\n", edges[i], edge_width, look.utf8 ? "│" : "|", counts[i],
                            count_width, shown > 0 ? " " : "", bar(shown, look.utf8));
    }
    return text;
}

}  // namespace heddle::cli
