#pragma once

#include <cstdint>
#include <limits>

#include "kernels/elementwise_fn.hpp"

// What each reduction keeps, and how it takes a value and joins two states. `Value` is what Reducer::input says, `Wide`
// the result before it is cast to Reducer::output.
namespace heddle::kernels {
inline namespace reduction {

// A leaf's values go round these lanes, which are then joined in pairs: part of the results' definition.
inline constexpr std::int64_t kLanes = 16;

template <class T>
struct RealOf {
    using type = T;
};
template <class T>
struct RealOf<Complex<T>> {
    using type = T;
};
template <class T>
using real_t = typename RealOf<T>::type;

template <class T>
HEDDLE_FN bool is_nan(T x) {
    if constexpr (std::floating_point<T> || is_complex_type<T>) return fn::isnan(x);
    return false;
}
template <class T>
HEDDLE_FN T one() {
    if constexpr (is_complex_type<T>) return T{1, 0};
    if constexpr (!is_complex_type<T>) return T{1};
}
// Without the wrapping of a bool or the overflow of a signed integer.
template <class T>
HEDDLE_FN T divided(T x, double by) {
    if constexpr (is_complex_type<T>) return T{x.re / by, x.im / by};
    if constexpr (!is_complex_type<T>) return x / by;
}

template <class T, bool skip>
struct Sum {
    using Value = T;
    using Wide = T;
    T state;
    HEDDLE_FN void init() { state = T{}; }
    HEDDLE_FN void add(T x, std::int64_t) { state = fn::add(state, skip && is_nan(x) ? T{} : x); }
    HEDDLE_FN void merge(const Sum& right) { state = fn::add(state, right.state); }
    HEDDLE_FN Wide result(std::int64_t, double) const { return state; }
};

template <class T, bool skip>
struct Prod {
    using Value = T;
    using Wide = T;
    T state;
    HEDDLE_FN void init() { state = one<T>(); }
    HEDDLE_FN void add(T x, std::int64_t) { state = fn::multiply(state, skip && is_nan(x) ? one<T>() : x); }
    HEDDLE_FN void merge(const Prod& right) { state = fn::multiply(state, right.state); }
    HEDDLE_FN Wide result(std::int64_t, double) const { return state; }
};

template <class T>
struct Mean {
    using Value = T;
    using Wide = T;
    T state;
    HEDDLE_FN void init() { state = T{}; }
    HEDDLE_FN void add(T x, std::int64_t) { state = fn::add(state, x); }
    HEDDLE_FN void merge(const Mean& right) { state = fn::add(state, right.state); }
    HEDDLE_FN Wide result(std::int64_t total, double) const { return divided(state, static_cast<double>(total)); }
};

template <class T>
struct NanMean {
    using Value = T;
    using Wide = T;
    T state;
    double count;
    HEDDLE_FN void init() {
        state = T{};
        count = 0;
    }
    HEDDLE_FN void add(T x, std::int64_t) {
        const bool nan = is_nan(x);
        state = fn::add(state, nan ? T{} : x);
        count += nan ? 0.0 : 1.0;
    }
    HEDDLE_FN void merge(const NanMean& right) {
        state = fn::add(state, right.state);
        count += right.count;
    }
    HEDDLE_FN Wide result(std::int64_t, double) const { return divided(state, count); }
};

template <class T>
HEDDLE_FN double squared_size(T x) {
    if constexpr (is_complex_type<T>) return x.re * x.re + x.im * x.im;
    if constexpr (!is_complex_type<T>) return x * x;
}
// Re(a conj(b)).
template <class T>
HEDDLE_FN double dot(T a, T b) {
    if constexpr (is_complex_type<T>) return a.re * b.re + a.im * b.im;
    if constexpr (!is_complex_type<T>) return a * b;
}

// Welford's update; Chan, Golub and LeVeque's joining of two parts.
template <class T, bool skip, bool root>
struct Variance {
    using Value = T;
    using Wide = double;
    T mean;
    double m2, count;
    HEDDLE_FN void init() {
        mean = T{};
        m2 = count = 0;
    }
    HEDDLE_FN void add(T x, std::int64_t) {
        if (skip && is_nan(x)) return;
        count += 1;
        const T before = fn::subtract(x, mean);
        mean = fn::add(mean, divided(before, count));
        m2 += dot(before, fn::subtract(x, mean));
    }
    HEDDLE_FN void merge(const Variance& right) {
        if (right.count == 0) return;
        if (count == 0) {
            *this = right;
            return;
        }
        const double both = count + right.count;
        const T apart = fn::subtract(right.mean, mean);
        mean = fn::add(mean, divided(apart, both / right.count));
        m2 += right.m2 + squared_size(apart) * (count * right.count / both);
        count = both;
    }
    HEDDLE_FN Wide result(std::int64_t, double ddof) const {
        const double freedom = count - ddof;
        if (skip && freedom <= 0) return std::numeric_limits<double>::quiet_NaN();
        const double variance = m2 / (freedom > 0 ? freedom : 0.0);
        return root ? math::sqrt(variance) : variance;
    }
};

// Squares of what lies around a mean.
template <class T>
struct Around {
    double squares;
    HEDDLE_FN void add(T apart) { squares += squared_size(apart); }
    HEDDLE_FN void merge(const Around& right) { squares += right.squares; }
};

// The lowest (or highest) value; NaN wins, or with `skip` stands for "none yet".
template <class T, bool lowest, bool skip>
struct Extreme {
    using Value = T;
    using Wide = T;
    T state;
    HEDDLE_FN static T pick(T a, T b) {
        if constexpr (skip) return lowest ? fn::fmin(a, b) : fn::fmax(a, b);
        if constexpr (!skip) return lowest ? fn::minimum(a, b) : fn::maximum(a, b);
    }
    HEDDLE_FN static T nothing() {
        using R = real_t<T>;
        using Limits = std::numeric_limits<R>;
        const R far = Limits::has_infinity ? (lowest ? Limits::infinity() : -Limits::infinity())
                                           : (lowest ? Limits::max() : Limits::lowest());
        const R value = skip && Limits::has_quiet_NaN ? Limits::quiet_NaN() : far;
        if constexpr (is_complex_type<T>) return T{value, value};
        if constexpr (!is_complex_type<T>) return value;
    }
    HEDDLE_FN void init() { state = nothing(); }
    HEDDLE_FN void add(T x, std::int64_t) { state = pick(state, x); }
    HEDDLE_FN void merge(const Extreme& right) { state = pick(state, right.state); }
    HEDDLE_FN Wide result(std::int64_t, double) const { return state; }
};

// The first place of the lowest (or highest) value; the first NaN wins, or is passed over with `skip`.
template <class T, bool lowest, bool skip>
struct ArgExtreme {
    using Value = T;
    using Wide = std::int64_t;
    T value;
    std::int64_t index;
    HEDDLE_FN void init() {
        value = T{};
        index = -1;
    }
    HEDDLE_FN static bool beats(T a, T b) { return lowest ? fn::less(a, b) : fn::less(b, a); }
    HEDDLE_FN void take(T x, std::int64_t at) {
        if (index >= 0) {
            const bool nan = !skip && is_nan(x), have_nan = !skip && is_nan(value);
            const bool same = nan == have_nan && (nan || (!beats(x, value) && !beats(value, x)));
            const bool better = same ? at < index : nan || (!have_nan && beats(x, value));
            if (!better) return;
        }
        value = x;
        index = at;
    }
    HEDDLE_FN void add(T x, std::int64_t at) {
        if (!(skip && is_nan(x))) take(x, at);
    }
    HEDDLE_FN void merge(const ArgExtreme& right) {
        if (right.index >= 0) take(right.value, right.index);
    }
    HEDDLE_FN Wide result(std::int64_t, double) const { return index; }
};

template <class T>
HEDDLE_FN bool is_true(T x) {
    if constexpr (is_complex_type<T>) return x.re != 0 || x.im != 0;
    if constexpr (!is_complex_type<T>) return x != T{};
}

enum class Truth { any, all, count };
template <class T, Truth kind, bool skip>
struct TruthOf {
    using Value = T;
    using Wide = std::int64_t;
    std::int64_t state;
    HEDDLE_FN void init() { state = kind == Truth::all ? 1 : 0; }
    HEDDLE_FN void add(T x, std::int64_t) {
        const bool nan = skip && is_nan(x);
        if (kind == Truth::all) state &= (nan || is_true(x)) ? 1 : 0;
        if (kind == Truth::any) state |= (!nan && is_true(x)) ? 1 : 0;
        if (kind == Truth::count) state += (!nan && is_true(x)) ? 1 : 0;
    }
    HEDDLE_FN void merge(const TruthOf& right) {
        if (kind == Truth::all) state &= right.state;
        if (kind == Truth::any) state |= right.state;
        if (kind == Truth::count) state += right.state;
    }
    HEDDLE_FN Wide result(std::int64_t, double) const { return state; }
};

}  // namespace reduction
}  // namespace heddle::kernels
