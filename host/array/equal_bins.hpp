#pragma once

#include <optional>

#include "heddle/array.hpp"
#include "heddle/reductions.hpp"
#include "kernels/histogram.hpp"

namespace heddle::array {

// Bins of one size; the bounds are float64 of rank 0.
struct EqualBins {
    std::int64_t count;
    Array low, high;
    kernels::Outside outside;
    // Between bins for values of the type: float64 (count + 1,).
    Array edges(DType values) const;
};
// Over the range, or from the smallest to the largest value. ArgumentError, DTypeError.
EqualBins equal_bins(const Array& a, std::int64_t count, const std::optional<HistogramRange>& range);

}  // namespace heddle::array
