#pragma once

#include "kernels/histogram_bins.hpp"

namespace heddle::kernels {

// lo == hi widens by 0.5 on both sides, as NumPy does. ArgumentError: count < 1, lo > hi, a bound that is not finite,
// or a range too narrow for so many bins.
Bins make_bins(double lo, double hi, std::int64_t count);

// Adds n values to counts[0 … bins.count-1].
void count_bins(const Bins& bins, const double* values, std::int64_t n, std::int64_t* counts);

// bins[i] is the bin of values[i], or -1: of equal bins, or of those between count + 1 edges that do not descend.
void bins_of(const Bins& equal, const double* values, std::int64_t n, std::int64_t* bins);
void bins_of(const double* edges, std::int64_t count, const double* values, std::int64_t n, std::int64_t* bins);

}  // namespace heddle::kernels
