#pragma once

#include <algorithm>
#include <array>

#include "heddle/error.hpp"
#include "kernels/elementwise_table.hpp"
#include "kernels/reduce.hpp"
#include "kernels/reduce_state.hpp"

// The loops of a Reducer over one of the states in reduce_state.hpp.
namespace heddle::kernels {
inline namespace reduction {

template <class S>
S join(std::array<S, kLanes>& lanes) {
    for (std::size_t step = 1; step < lanes.size(); step *= 2) {
        for (std::size_t l = 0; l < lanes.size(); l += 2 * step) lanes[l].merge(lanes[l + step]);
    }
    return lanes[0];
}

template <class S>
void init(void* states, std::int64_t n) {
    auto* s = static_cast<S*>(states);
    for (std::int64_t i = 0; i < n; ++i) s[i].init();
}

template <class S>
void fold(void* state, const void* values, std::int64_t n, std::int64_t first_index) {
    const auto* x = static_cast<const typename S::Value*>(values);
    std::array<S, kLanes> lanes;
    for (S& lane : lanes) lane.init();
    S* const lane = lanes.data();
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
#pragma omp simd
        for (std::int64_t l = 0; l < kLanes; ++l) lane[l].add(x[i + l], first_index + i + l);
    }
    for (std::int64_t l = 0; i + l < n; ++l) lane[l].add(x[i + l], first_index + i + l);
    *static_cast<S*>(state) = join(lanes);
}

template <class S>
void accumulate(void* states, const void* values, std::int64_t n, std::int64_t index) {
    auto* s = static_cast<S*>(states);
    const auto* x = static_cast<const typename S::Value*>(values);
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) s[i].add(x[i], index);
}

template <class S>
void combine(void* left, const void* right, std::int64_t n) {
    auto* l = static_cast<S*>(left);
    const auto* r = static_cast<const S*>(right);
    for (std::int64_t i = 0; i < n; ++i) l[i].merge(r[i]);
}

// The mean first, then the squares around it: two passes over a leaf that lies in the L1 cache.
template <class T, bool skip, bool root>
void fold_variance(void* state, const void* values, std::int64_t n, std::int64_t) {
    const auto* x = static_cast<const T*>(values);
    auto& result = *static_cast<Variance<T, skip, root>*>(state);
    result.init();
    if constexpr (skip) {
        NanMean<T> sum;
        fold<NanMean<T>>(&sum, x, n, 0);
        result.count = sum.count;
        result.mean = sum.state;
    } else {
        Mean<T> sum;
        fold<Mean<T>>(&sum, x, n, 0);
        result.count = static_cast<double>(n);
        result.mean = sum.state;
    }
    if (result.count == 0) return;
    result.mean = divided(result.mean, result.count);
    const T mean = result.mean;
    std::array<Around<T>, kLanes> lanes{};
    Around<T>* const lane = lanes.data();
    const auto add = [&](std::int64_t l, T value) {
        lane[l].add(skip && is_nan(value) ? T{} : fn::subtract(value, mean));
    };
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
#pragma omp simd
        for (std::int64_t l = 0; l < kLanes; ++l) add(l, x[i + l]);
    }
    for (std::int64_t l = 0; i + l < n; ++l) add(l, x[i + l]);
    result.m2 = join(lanes).squares;
}

// A NaN is noted apart, so that the rest is one instruction a vector; lanes start past every value.
template <bool lowest, bool skip>
void fold_extreme(void* state, const void* values, std::int64_t n, std::int64_t first_index) {
    const auto* x = static_cast<const double*>(values);
    constexpr double kFar = lowest ? HUGE_VAL : -HUGE_VAL;
    std::array<double, kLanes> lanes, nans{};
    lanes.fill(kFar);
    double *const lane = lanes.data(), *const nan = nans.data();
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
#pragma omp simd
        for (std::int64_t l = 0; l < kLanes; ++l) {
            const double v = x[i + l];
            lane[l] = (lowest ? v < lane[l] : v > lane[l]) ? v : lane[l];
            nan[l] = math::isnan(v) ? v : nan[l];
        }
    }
    for (std::int64_t l = 0; i + l < n; ++l) {
        const double v = x[i + l];
        lane[l] = (lowest ? v < lane[l] : v > lane[l]) ? v : lane[l];
        nan[l] = math::isnan(v) ? v : nan[l];
    }
    double best = lanes[0];
    bool any_nan = false;
    for (std::size_t l = 0; l < lanes.size(); ++l) {
        best = (lowest ? lanes[l] < best : lanes[l] > best) ? lanes[l] : best;
        any_nan |= math::isnan(nans[l]);
    }
    // Which NaN is first, and whether an infinity is a value or nothing at all, the plain way finds out.
    if (any_nan && (!skip || best == kFar)) return fold<Extreme<double, lowest, skip>>(state, values, n, first_index);
    static_cast<Extreme<double, lowest, skip>*>(state)->state = best;
}

template <class T, bool lowest, bool skip>
constexpr auto extreme_fold() {
    if constexpr (std::is_same_v<T, double>) return fold_extreme<lowest, skip>;
    if constexpr (!std::is_same_v<T, double>) return fold<Extreme<T, lowest, skip>>;
}

// The extreme value first, then its first place: two passes that vectorise better than one with both.
template <class T, bool lowest, bool skip>
void fold_position(void* state, const void* values, std::int64_t n, std::int64_t first_index) {
    const auto* x = static_cast<const T*>(values);
    auto& result = *static_cast<ArgExtreme<T, lowest, skip>*>(state);
    result.init();
    Extreme<T, lowest, skip> best;
    extreme_fold<T, lowest, skip>()(&best, x, n, first_index);
    const bool nan = is_nan(best.state);
    if (skip && nan) return;
    for (std::int64_t i = 0; i < n; ++i) {
        if (nan ? is_nan(x[i]) : x[i] == best.state) {
            result.value = x[i];
            result.index = first_index + i;
            return;
        }
    }
}

template <class T>
constexpr DType dtype_of_wide() {
    if constexpr (std::is_same_v<T, std::int64_t>) return DType::int64;
    if constexpr (std::is_same_v<T, std::uint64_t>) return DType::uint64;
    if constexpr (std::is_same_v<T, double>) return DType::float64;
    if constexpr (std::is_same_v<T, Complex<double>>) return DType::complex128;
}

template <class S, DType output>
void finalize(const void* states, void* out, std::int64_t n, std::int64_t total, double ddof) {
    using Wide = typename S::Wide;
    constexpr std::int64_t kChunk = 256;
    const auto* s = static_cast<const S*>(states);
    auto* bytes = static_cast<std::byte*>(out);
    std::array<Wide, kChunk> wide;
    const Kernel cast = find_cast(dtype_of_wide<Wide>(), output)->variants[0];
    for (std::int64_t done = 0; done < n; done += kChunk) {
        const std::int64_t part = std::min(kChunk, n - done);
        for (std::int64_t i = 0; i < part; ++i) wide[static_cast<std::size_t>(i)] = s[done + i].result(total, ddof);
        if (requires(S state) { state.index; } &&
            std::any_of(wide.begin(), wide.begin() + part, [](auto w) { return cast_value<std::int64_t>(w) < 0; })) {
            throw ArgumentError("no position to return", "all values of a slice are NaN",
                                "use argmin or argmax, which return the first NaN's position");
        }
        cast(wide.data(), nullptr, nullptr, bytes + done * static_cast<std::int64_t>(size_of(output)), part);
    }
}

template <class S, DType output>
Reducer reducer(DType input) {
    return {input, output, sizeof(S), true, false, init<S>, fold<S>, accumulate<S>, combine<S>, finalize<S, output>};
}

}  // namespace reduction
}  // namespace heddle::kernels
