#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heddle/array.hpp"
#include "heddle/engine.hpp"
#include "heddle/reductions.hpp"
#include "host/pipeline/compute.hpp"

namespace heddle::pipeline {

// What is known of an array's values. Complex values count by their magnitude.
struct Statistics {
    std::int64_t count = 0, nan = 0, inf = 0;
    std::optional<Preview> min, max;        // in the array's own type; NaN is left out, infinities are not
    std::optional<double> mean, deviation;  // of the finite values; the deviation divides by their number
    std::vector<std::int64_t> bins;         // empty when there is no finite value
    double low = 0, high = 0;               // the outer edges of the bins
    std::int64_t finite() const { return count - nan - inf; }
};

struct StatisticsOptions {
    std::int64_t bins = 16;               // 0: no histogram
    std::optional<HistogramRange> range;  // of the finite values without one, which takes a second pass
};

// Blocks; the array is read once, or twice where the histogram's range has to be found.
Statistics statistics(Engine& engine, const Array& array, const StatisticsOptions& options, Hooks& hooks);

}  // namespace heddle::pipeline
