#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace heddle::cli {

struct PlotLook {
    int width = 80;
    bool utf8 = true;  // bars of eighths of a block; else of '#'
};
// A histogram as one row per bin: its lower edge, a bar, its count.
std::string plot_histogram(std::span<const std::int64_t> bins, double low, double high, PlotLook look);

}  // namespace heddle::cli
