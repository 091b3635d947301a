#include "kernels/histogram.hpp"

#include <cmath>
#include <string>

#include "heddle/error.hpp"

namespace heddle::kernels {

void linspace(double lo, double hi, std::int64_t count, double* out) {
    const auto steps = static_cast<double>(count - 1);
    const double delta = hi - lo, step = delta / steps;
    for (std::int64_t i = 0; i < count; ++i) {
        // A step that underflows would lose the range.
        const auto x = static_cast<double>(i);
        out[i] = count == 1 ? lo : step == 0 ? x / steps * delta + lo : x * step + lo;
    }
    if (count > 1) out[count - 1] = hi;
}

Histogram::Histogram(double lo, double hi, std::int64_t bins) : lo_(lo), hi_(hi), bins_(bins) {
    if (bins < 1) {
        throw ArgumentError("cannot make a histogram", std::to_string(bins) + " bins were asked for",
                            "ask for at least one");
    }
    if (!std::isfinite(lo) || !std::isfinite(hi) || !std::isfinite(hi - lo) || lo > hi) {
        throw ArgumentError(
            "cannot make a histogram",
            "the range [" + std::to_string(lo) + ", " + std::to_string(hi) + "] is not finite and ascending",
            "give two finite numbers, the lower one first");
    }
    if (lo == hi) {
        lo_ -= 0.5;
        hi_ += 0.5;
    }
    edges_.resize(static_cast<std::size_t>(bins) + 1);
    linspace(lo_, hi_, bins + 1, edges_.data());
    scale_ = static_cast<double>(bins) / (hi_ - lo_);
    if (!std::isfinite(scale_)) {
        throw ArgumentError("cannot make a histogram", "the range is too narrow for " + std::to_string(bins) + " bins",
                            "ask for fewer bins or a wider range");
    }
}

void Histogram::add(const double* values, std::int64_t n, std::int64_t* counts) const {
    const double* edges = edges_.data();
    for (std::int64_t i = 0; i < n; ++i) {
        const double x = values[i];
        if (!(x >= lo_ && x <= hi_)) continue;
        // The product may be off by one bin; the edges decide.
        auto bin = static_cast<std::int64_t>((x - lo_) * scale_);
        if (bin >= bins_) bin = bins_ - 1;
        if (x < edges[bin]) --bin;
        if (bin + 1 < bins_ && x >= edges[bin + 1]) ++bin;
        ++counts[bin];
    }
}

void histogram(const double* values, std::int64_t n, double lo, double hi, std::int64_t bins, std::int64_t* counts) {
    Histogram(lo, hi, bins).add(values, n, counts);
}

}  // namespace heddle::kernels
