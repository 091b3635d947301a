#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/half.hpp"

namespace heddle::kernels {

// Whole numbers of 64 bits and float64, without rounding either: rounding a number to float64 moves it past no other
// float64, so that only equal ones need a second look. `end` is the first float64 above all of T.
template <class T>
struct Against {
    HEDDLE_FN static bool above(T x, double e) {
        if constexpr (std::is_same_v<T, double>) return x > e;
        const double near = static_cast<double>(x);
        return near != e ? near > e : e < end() && x > static_cast<T>(e);
    }
    HEDDLE_FN static bool below(T x, double e) {
        if constexpr (std::is_same_v<T, double>) return x < e;
        const double near = static_cast<double>(x);
        return near != e ? near < e : e >= end() || x < static_cast<T>(e);
    }

private:
    HEDDLE_FN static constexpr double end() { return std::is_signed_v<T> ? 0x1p63 : 0x1p64; }
};

// Equal bins over [lo, hi] with numpy.histogram's edges and exact binning: bins are half open, the last one closed;
// what lies outside, and NaN, is dropped. Written once for host and device; make_bins fills it.
struct Bins {
    double lo, hi;
    double step, scale;  // from edge to edge; bins per unit
    std::int64_t count;
    double first, last;         // lo and hi as edges
    std::int32_t edge_bits;     // of the floats that edges are rounded to
    std::int32_t keeps_nearby;  // what is outside, by a rounded bound, goes into the outermost bins

    HEDDLE_FN double rounded(double x) const {
        if (edge_bits == 64) return x;
        // The sum is what g++ 12 does not take for nothing: it vectorizes two roundings side by side away.
        return edge_bits == 32 ? static_cast<double>(static_cast<float>(x) + 0.0f)
                               : static_cast<double>(half_to_float(double_to_half(x)));
    }
    // numpy.linspace(lo, hi, count + 1)[i], but for the last one, which is `last`.
    HEDDLE_FN double edge(std::int64_t i) const { return rounded(static_cast<double>(i) * step + lo); }

    // The bin of x; -1: none.
    template <class T>
    HEDDLE_FN std::int64_t of(T x) const {
        using To = Against<T>;
        const auto near = static_cast<double>(x);
        if (!(near >= first && near <= last) || To::below(x, first) || To::above(x, last)) {
            if (keeps_nearby == 0) return -1;
            return near > first ? count - 1 : 0;
        }
        // The product may be off by one bin, by more where rounded edges fall together; the edges decide.
        auto bin = static_cast<std::int64_t>((near - lo) * scale);
        if (bin >= count) bin = count - 1;
        if (bin < 0) bin = 0;
        while (bin > 0 && To::below(x, edge(bin))) --bin;
        while (bin + 1 < count && !To::below(x, edge(bin + 1))) ++bin;
        return bin;
    }
};

}  // namespace heddle::kernels
