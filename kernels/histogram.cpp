#include "kernels/histogram.hpp"

#include <cmath>
#include <string>

#include "heddle/error.hpp"

namespace heddle::kernels {

namespace {

// f(x) with x of the type.
template <class F>
void with_binned(DType dtype, F&& f) {
    if (dtype == DType::int64) return f(std::int64_t{});
    if (dtype == DType::uint64) return f(std::uint64_t{});
    f(double{});
}

}  // namespace

DType binned_type(DType values) { return values == DType::int64 || values == DType::uint64 ? values : DType::float64; }

Bins make_bins(double lo, double hi, std::int64_t count, DType values, Outside outside) {
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
    Bins bins{lo, hi, (hi - lo) / number, number / (hi - lo), count, lo, hi, 64, 0};
    if (values == DType::float32 || values == DType::float16) {
        bins.edge_bits = values == DType::float32 ? 32 : 16;
        bins.first = bins.rounded(lo);
        bins.last = bins.rounded(hi);
    }
    bins.keeps_nearby = outside == Outside::none && binned_type(values) != DType::float64 ? 1 : 0;
    if (!std::isfinite(bins.scale)) {
        throw ArgumentError("cannot make a histogram", "the range is too narrow for " + std::to_string(count) + " bins",
                            "ask for fewer bins or a wider range");
    }
    return bins;
}

void count_bins(const Bins& bins, DType dtype, const void* values, std::int64_t n, std::int64_t* counts) {
    with_binned(dtype, [&](auto type) {
        const auto* x = static_cast<const decltype(type)*>(values);
        Bins own = bins;  // which nothing that counts[] is written through can be
        const auto loop = [&] {
            for (std::int64_t i = 0; i < n; ++i) {
                const std::int64_t bin = own.of(x[i]);
                if (bin >= 0) ++counts[bin];
            }
        };
        if (own.edge_bits != 64) return loop();
        own.edge_bits = 64;  // for the compiler to see
        own.keeps_nearby = std::is_integral_v<decltype(type)> ? own.keeps_nearby : 0;
        loop();
    });
}

void bins_of(const Bins& equal, DType dtype, const void* values, std::int64_t n, std::int64_t* bins) {
    with_binned(dtype, [&](auto type) {
        const auto* x = static_cast<const decltype(type)*>(values);
        const Bins own = equal;
        for (std::int64_t i = 0; i < n; ++i) bins[i] = own.of(x[i]);
    });
}

namespace {

template <class T, class E>
bool is_below(T x, E e) {
    if constexpr (std::is_same_v<T, E>)
        return x < e;
    else
        return Against<T>::below(x, e);
}

template <class T, class E>
void find_bins(const E* edges, std::int64_t count, const T* values, std::int64_t n, std::int64_t* bins) {
    const E lo = edges[0], hi = edges[count];
    for (std::int64_t i = 0; i < n; ++i) {
        const T x = values[i];
        // The last edge but one that is not above x; steps without branches, as nothing predicts them.
        const E* below = edges;
        for (std::int64_t left = count; left > 1;) {
            const std::int64_t half = left / 2;
            below += is_below(x, below[half]) ? 0 : half;
            left -= half;
        }
        bool inside = false;
        if constexpr (std::is_same_v<T, E>)
            inside = x >= lo && x <= hi;
        else
            inside = !Against<T>::below(x, lo) && !Against<T>::above(x, hi);
        bins[i] = inside ? below - edges : -1;
    }
}

}  // namespace

void bins_of(DType edge_type, const void* edges, std::int64_t count, DType dtype, const void* values, std::int64_t n,
             std::int64_t* bins) {
    with_binned(dtype, [&](auto type) {
        using T = decltype(type);
        if (edge_type == dtype)
            find_bins(static_cast<const T*>(edges), count, static_cast<const T*>(values), n, bins);
        else
            find_bins(static_cast<const double*>(edges), count, static_cast<const T*>(values), n, bins);
    });
}

std::int64_t first_descent(DType edge_type, const void* edges, std::int64_t count) {
    std::int64_t found = 0;
    with_binned(edge_type, [&](auto type) {
        const auto* edge = static_cast<const decltype(type)*>(edges);
        for (std::int64_t i = 1; i <= count && found == 0; ++i)
            if (!(edge[i - 1] <= edge[i])) found = i;
    });
    return found;
}

}  // namespace heddle::kernels
