#pragma once

#include "heddle/dtype.hpp"
#include "kernels/histogram_bins.hpp"

namespace heddle::kernels {

// What becomes of values outside the range: they are left out, or there are none, but for those that its bounds, which
// are float64, were rounded past.
enum class Outside : std::uint8_t { dropped, none };

// lo == hi widens by 0.5 on both sides, as NumPy does. Edges are rounded to the type of the values where that is
// float32 or float16. ArgumentError: count < 1, lo > hi, a bound that is not finite, or a range too narrow for so many
// bins.
Bins make_bins(double lo, double hi, std::int64_t count, DType values = DType::float64,
               Outside outside = Outside::dropped);

// The type in which values are compared with edges: their own where they are integers of 64 bits, else float64, which
// holds all others.
DType binned_type(DType values);

// Adds n values of a binned type to counts[0 … bins.count-1].
void count_bins(const Bins& bins, DType dtype, const void* values, std::int64_t n, std::int64_t* counts);

// bins[i] is the bin of values[i], of a binned type, or -1.
void bins_of(const Bins& equal, DType dtype, const void* values, std::int64_t n, std::int64_t* bins);
// The same of the bins between count + 1 edges that do not descend: of float64, or of the values' type.
void bins_of(DType edge_type, const void* edges, std::int64_t count, DType dtype, const void* values, std::int64_t n,
             std::int64_t* bins);
// The index of the first edge that is below the one before it, or NaN; 0: none.
std::int64_t first_descent(DType edge_type, const void* edges, std::int64_t count);

}  // namespace heddle::kernels
