#pragma once

#include <cstdint>
#include <vector>

namespace heddle::kernels {

// Equal bins over [lo, hi] with numpy.histogram's edges and exact binning: bins are half open, the last one closed;
// what lies outside, and NaN, is dropped. lo == hi widens by 0.5 on both sides, as NumPy does.
// ArgumentError: bins < 1, lo > hi, or a bound that is not finite. Immutable after construction: any thread.
class Histogram {
public:
    Histogram(double lo, double hi, std::int64_t bins);

    std::int64_t bins() const { return bins_; }
    // bins + 1 values: numpy.linspace(lo, hi, bins + 1).
    const std::vector<double>& edges() const { return edges_; }
    // Adds n values to counts[0 … bins-1].
    void add(const double* values, std::int64_t n, std::int64_t* counts) const;

private:
    double lo_, hi_, scale_;
    std::int64_t bins_;
    std::vector<double> edges_;
};

// Histogram(lo, hi, bins).add(values, n, counts).
void histogram(const double* values, std::int64_t n, double lo, double hi, std::int64_t bins, std::int64_t* counts);

// numpy.linspace(lo, hi, count) into out; count ≥ 1.
void linspace(double lo, double hi, std::int64_t count, double* out);

}  // namespace heddle::kernels
