#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/elementwise_fn.hpp"
#include "kernels/scan.hpp"

// One step of a scan, written once for host and device.
namespace heddle::kernels::scan {

// The type in which an operation runs.
template <Scan scan, class T>
struct Wide {
    using type = T;
};
template <>
struct Wide<Scan::sum, float> {
    using type = double;
};
template <>
struct Wide<Scan::prod, float> {
    using type = double;
};
template <>
struct Wide<Scan::sum, Complex<float>> {
    using type = Complex<double>;
};
template <>
struct Wide<Scan::prod, Complex<float>> {
    using type = Complex<double>;
};

template <class W, class T>
HEDDLE_FN W widen(T x) {
    if constexpr (std::is_same_v<W, T>)
        return x;
    else if constexpr (std::is_same_v<T, Complex<float>>)
        return {static_cast<double>(x.re), static_cast<double>(x.im)};
    else
        return static_cast<W>(x);
}
template <class T, class W>
HEDDLE_FN T narrow(W x) {
    if constexpr (std::is_same_v<W, T>)
        return x;
    else if constexpr (std::is_same_v<T, Complex<float>>)
        return {static_cast<float>(x.re), static_cast<float>(x.im)};
    else
        return static_cast<T>(x);
}

// Stands for no value yet: 1 + 0j times an infinity has a NaN. Arithmetic gives no signalling NaN.
inline constexpr std::uint64_t kNothing = 0x7ff0'4865'6464'6c65;
HEDDLE_FN bool is_nothing(Complex<double> x) {
    return std::bit_cast<std::uint64_t>(x.re) == kNothing && std::bit_cast<std::uint64_t>(x.im) == kNothing;
}

template <Scan scan, class W>
HEDDLE_FN W join(W a, W b) {
    if constexpr (scan == Scan::prod && std::is_same_v<W, Complex<double>>)
        if (is_nothing(a)) return b;
    if constexpr (scan == Scan::sum) return fn::add(a, b);
    if constexpr (scan == Scan::prod) return fn::multiply(a, b);
    if constexpr (scan == Scan::max) return fn::maximum(a, b);
    if constexpr (scan == Scan::min) return fn::minimum(a, b);
}

// join(identity, x) is x, to the sign of a zero.
template <Scan scan, class W>
HEDDLE_FN W identity() {
    if constexpr (requires(W w) { w.re; }) {
        using T = decltype(W::re);
        const T part = scan == Scan::prod ? static_cast<T>(std::bit_cast<double>(kNothing)) : identity<scan, T>();
        return W{part, part};
    } else if constexpr (scan == Scan::sum) {
        return std::is_floating_point_v<W> ? -W(0) : W(0);
    } else if constexpr (scan == Scan::prod) {
        return W(1);
    } else if constexpr (std::is_floating_point_v<W>) {
        return scan == Scan::max ? -std::numeric_limits<W>::infinity() : std::numeric_limits<W>::infinity();
    } else {
        return scan == Scan::max ? std::numeric_limits<W>::min() : std::numeric_limits<W>::max();
    }
}

}  // namespace heddle::kernels::scan
