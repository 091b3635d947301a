#pragma once

#include <cstdint>

#include "kernels/fn.hpp"

namespace heddle::kernels {

// Equal bins over [lo, hi] with numpy.histogram's edges and exact binning: bins are half open, the last one closed;
// what lies outside, and NaN, is dropped. Written once for host and device; make_bins fills it.
struct Bins {
    double lo, hi;
    double step, scale;  // from edge to edge; bins per unit
    std::int64_t count;

    // numpy.linspace(lo, hi, count + 1)[i], but for the last one, which is hi.
    HEDDLE_FN double edge(std::int64_t i) const { return static_cast<double>(i) * step + lo; }

    // The bin of x; -1: none.
    HEDDLE_FN std::int64_t of(double x) const {
        if (!(x >= lo && x <= hi)) return -1;
        // The product may be off by one bin; the edges decide.
        auto bin = static_cast<std::int64_t>((x - lo) * scale);
        if (bin >= count) bin = count - 1;
        if (x < edge(bin)) --bin;
        if (bin + 1 < count && x >= edge(bin + 1)) ++bin;
        return bin;
    }
};

}  // namespace heddle::kernels
