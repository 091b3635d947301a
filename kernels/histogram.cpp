#include "kernels/histogram.hpp"

#include <cmath>
#include <string>

#include "heddle/error.hpp"

namespace heddle::kernels {

Bins make_bins(double lo, double hi, std::int64_t count) {
    if (count < 1) {
        throw ArgumentError("cannot make a histogram", std::to_string(count) + " bins were asked for",
                            "ask for at least one");
    }
    if (!std::isfinite(lo) || !std::isfinite(hi) || !std::isfinite(hi - lo) || lo > hi) {
        throw ArgumentError(
            "cannot make a histogram",
            "the range [" + std::to_string(lo) + ", " + std::to_string(hi) + "] is not finite and ascending",
            "give two finite numbers, the lower one first");
    }
    if (lo == hi) {
        lo -= 0.5;
        hi += 0.5;
    }
    const auto number = static_cast<double>(count);
    const Bins bins{lo, hi, (hi - lo) / number, number / (hi - lo), count};
    if (!std::isfinite(bins.scale)) {
        throw ArgumentError("cannot make a histogram", "the range is too narrow for " + std::to_string(count) + " bins",
                            "ask for fewer bins or a wider range");
    }
    return bins;
}

void count_bins(const Bins& bins, const double* values, std::int64_t n, std::int64_t* counts) {
    const Bins own = bins;  // which nothing that counts[] is written through can be
    for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t bin = own.of(values[i]);
        if (bin >= 0) ++counts[bin];
    }
}

void bins_of(const Bins& equal, const double* values, std::int64_t n, std::int64_t* bins) {
    const Bins own = equal;
    for (std::int64_t i = 0; i < n; ++i) bins[i] = own.of(values[i]);
}

void bins_of(const double* edges, std::int64_t count, const double* values, std::int64_t n, std::int64_t* bins) {
    const double lo = edges[0], hi = edges[count];
    for (std::int64_t i = 0; i < n; ++i) {
        const double x = values[i];
        // The last edge but one that is not above x; steps without branches, as nothing predicts them.
        const double* below = edges;
        for (std::int64_t left = count; left > 1;) {
            const std::int64_t half = left / 2;
            below += x >= below[half] ? half : 0;
            left -= half;
        }
        bins[i] = x >= lo && x <= hi ? below - edges : -1;
    }
}

}  // namespace heddle::kernels
