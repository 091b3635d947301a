#pragma once

#include <concepts>
#include <limits>
#include <numbers>
#include <type_traits>

#include "kernels/cast.hpp"

// Every elementwise operation, written once for host and device, with NumPy's results for every value. An overload that
// is missing is an operation which that type does not have, or which host/expr lowers to others (positive, real of a
// real, …). Longer than most headers: the list is the point.
namespace heddle::kernels::fn {

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;
template <class T>
concept Real = std::floating_point<T>;
template <class T>
concept Boolean = std::same_as<T, bool>;
// Arithmetic of T wraps in this type without the undefined behaviour of promotion to int.
template <class T>
using Wrap = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;
template <class T>
HEDDLE_FN Wrap<T> wrap(T x) {
    return static_cast<Wrap<T>>(x);
}

// clang-format off
template <Integer T> HEDDLE_FN T add(T a, T b) { return static_cast<T>(wrap(a) + wrap(b)); }
template <Real T> HEDDLE_FN T add(T a, T b) { return a + b; }
template <Boolean T> HEDDLE_FN T add(T a, T b) { return a | b; }
template <class T> HEDDLE_FN Complex<T> add(Complex<T> a, Complex<T> b) { return {a.re + b.re, a.im + b.im}; }

template <Integer T> HEDDLE_FN T subtract(T a, T b) { return static_cast<T>(wrap(a) - wrap(b)); }
template <Real T> HEDDLE_FN T subtract(T a, T b) { return a - b; }
template <class T> HEDDLE_FN Complex<T> subtract(Complex<T> a, Complex<T> b) { return {a.re - b.re, a.im - b.im}; }

template <Integer T> HEDDLE_FN T multiply(T a, T b) { return static_cast<T>(wrap(a) * wrap(b)); }
template <Real T> HEDDLE_FN T multiply(T a, T b) { return a * b; }
template <Boolean T> HEDDLE_FN T multiply(T a, T b) { return a & b; }
template <class T> HEDDLE_FN Complex<T> multiply(Complex<T> a, Complex<T> b) { return complex::multiply(a, b); }

template <Real T> HEDDLE_FN T divide(T a, T b) { return a / b; }
template <class T> HEDDLE_FN Complex<T> divide(Complex<T> a, Complex<T> b) { return complex::divide(a, b); }

template <Integer T> HEDDLE_FN T negative(T a) { return static_cast<T>(0 - wrap(a)); }
template <Real T> HEDDLE_FN T negative(T a) { return -a; }
template <class T> HEDDLE_FN Complex<T> negative(Complex<T> a) { return {-a.re, -a.im}; }

template <Integer T> HEDDLE_FN T square(T a) { return multiply(a, a); }
template <Real T> HEDDLE_FN T square(T a) { return a * a; }
template <class T> HEDDLE_FN Complex<T> square(Complex<T> a) { return complex::multiply(a, a); }

template <Integer T> HEDDLE_FN T reciprocal(T a) { return cast_value<T>(1.0 / static_cast<double>(a)); }
template <Real T> HEDDLE_FN T reciprocal(T a) { return T(1) / a; }
template <class T> HEDDLE_FN Complex<T> reciprocal(Complex<T> a) { return complex::reciprocal(a); }

template <Integer T> HEDDLE_FN T abs(T a) { return a < 0 ? negative(a) : a; }
template <Real T> HEDDLE_FN T abs(T a) { return math::fabs(a); }
template <class T> HEDDLE_FN T abs(Complex<T> a) { return math::hypot(a.re, a.im); }

template <Integer T> HEDDLE_FN T sign(T a) { return static_cast<T>(a > 0 ? 1 : a < 0 ? -1 : 0); }
template <Real T> HEDDLE_FN T sign(T a) { return a > 0 ? T(1) : a < 0 ? T(-1) : a == 0 ? T(0) : a; }
template <class T> HEDDLE_FN Complex<T> sign(Complex<T> a) { return complex::sign(a); }
// clang-format on

// Integer division rounds down, x / 0 is 0, and the minimum / -1 wraps.
template <Integer T>
HEDDLE_FN T floor_divide(T a, T b) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>) {
        if (b == -1) return negative(a);
        const T quotient = static_cast<T>(a / b);
        return static_cast<T>(quotient - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0));
    } else {
        return static_cast<T>(a / b);
    }
}
// The remainder has the divisor's sign (Python).
template <Integer T>
HEDDLE_FN T remainder(T a, T b) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>) {
        if (b == -1) return 0;
        const T rest = static_cast<T>(a % b);
        return rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
    } else {
        return static_cast<T>(a % b);
    }
}
// The remainder has the dividend's sign (C).
template <Integer T>
HEDDLE_FN T fmod(T a, T b) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>) {
        if (b == -1) return 0;
    }
    return static_cast<T>(a % b);
}
template <Real T>
HEDDLE_FN T fmod(T a, T b) {
    return math::fmod(a, b);
}
template <Real T>
HEDDLE_FN T remainder(T a, T b) {
    const T rest = math::fmod(a, b);
    if (b == 0) return rest;
    if (rest == 0) return math::copysign(T(0), b);
    return (b < 0) != (rest < 0) ? rest + b : rest;
}
template <Real T>
HEDDLE_FN T floor_divide(T a, T b) {
    if (b == 0) return a / b;
    const T rest = math::fmod(a, b);
    T quotient = (a - rest) / b;
    if (rest != 0 && (b < 0) != (rest < 0)) quotient -= T(1);
    if (quotient == 0) return math::copysign(T(0), a / b);
    const T whole = math::floor(quotient);
    return quotient - whole > T(0.5) ? whole + T(1) : whole;
}

// A negative exponent is an error that the evaluator raises beforehand.
template <Integer T>
HEDDLE_FN T power(T a, T b) {
    auto base = wrap(a), result = wrap(T(1));
    for (auto rest = b; rest > 0; rest = static_cast<T>(rest >> 1)) {
        if ((rest & 1) != 0) result *= base;
        base *= base;
    }
    return static_cast<T>(result);
}
template <Real T>
HEDDLE_FN T power(T a, T b) {
    return math::pow(a, b);
}
template <class T>
HEDDLE_FN Complex<T> power(Complex<T> a, Complex<T> b) {
    return complex::power(a, b);
}

// clang-format off
template <class T> requires std::is_arithmetic_v<T> HEDDLE_FN bool equal(T a, T b) { return a == b; }
template <class T> requires std::is_arithmetic_v<T> HEDDLE_FN bool not_equal(T a, T b) { return a != b; }
template <class T> requires std::is_arithmetic_v<T> HEDDLE_FN bool less(T a, T b) { return a < b; }
template <class T> requires std::is_arithmetic_v<T> HEDDLE_FN bool less_equal(T a, T b) { return a <= b; }
template <class T> HEDDLE_FN bool equal(Complex<T> a, Complex<T> b) { return a.re == b.re && a.im == b.im; }
template <class T> HEDDLE_FN bool not_equal(Complex<T> a, Complex<T> b) { return a.re != b.re || a.im != b.im; }
template <class T> HEDDLE_FN bool less(Complex<T> a, Complex<T> b) { return complex::less(a, b); }
template <class T> HEDDLE_FN bool less_equal(Complex<T> a, Complex<T> b) { return complex::less_equal(a, b); }
template <class T> HEDDLE_FN bool greater(T a, T b) { return less(b, a); }
template <class T> HEDDLE_FN bool greater_equal(T a, T b) { return less_equal(b, a); }

template <Boolean T> HEDDLE_FN bool logical_and(T a, T b) { return a & b; }
template <Boolean T> HEDDLE_FN bool logical_or(T a, T b) { return a | b; }
template <Boolean T> HEDDLE_FN bool logical_xor(T a, T b) { return a != b; }
template <Boolean T> HEDDLE_FN bool logical_not(T a) { return !a; }

template <std::integral T> HEDDLE_FN T bitwise_and(T a, T b) { return static_cast<T>(a & b); }
template <std::integral T> HEDDLE_FN T bitwise_or(T a, T b) { return static_cast<T>(a | b); }
template <std::integral T> HEDDLE_FN T bitwise_xor(T a, T b) { return static_cast<T>(a ^ b); }
template <Integer T> HEDDLE_FN T invert(T a) { return static_cast<T>(~a); }
template <Boolean T> HEDDLE_FN T invert(T a) { return !a; }
// clang-format on

// A shift by the width or more, or by a negative count, leaves nothing but the sign.
template <Integer T>
HEDDLE_FN T left_shift(T a, T b) {
    const auto count = static_cast<std::make_unsigned_t<T>>(b);
    return count < sizeof(T) * 8 ? static_cast<T>(wrap(a) << count) : T(0);
}
template <Integer T>
HEDDLE_FN T right_shift(T a, T b) {
    const auto count = static_cast<std::make_unsigned_t<T>>(b);
    return count < sizeof(T) * 8 ? static_cast<T>(a >> count) : static_cast<T>(a < 0 ? -1 : 0);
}

template <class T>
HEDDLE_FN T where(bool condition, T a, T b) {
    return condition ? a : b;
}
// By bits, which vectorises where a conditional move does not.
template <std::unsigned_integral T>
HEDDLE_FN T where(bool condition, T a, T b) {
    const T mask = static_cast<T>(-static_cast<T>(condition));
    return static_cast<T>((a & mask) | (b & ~mask));
}

// minimum and maximum pass NaN on, fmin and fmax pass it over; of equal values the first is returned.
// clang-format off
template <std::integral T> HEDDLE_FN T minimum(T a, T b) { return a <= b ? a : b; }
template <std::integral T> HEDDLE_FN T maximum(T a, T b) { return a >= b ? a : b; }
template <std::integral T> HEDDLE_FN T fmin(T a, T b) { return minimum(a, b); }
template <std::integral T> HEDDLE_FN T fmax(T a, T b) { return maximum(a, b); }
template <Real T> HEDDLE_FN T pick(bool first, T a, T b) { return first ? a : b; }
template <Real T> HEDDLE_FN T minimum(T a, T b) { return pick(math::isnan(a), a, pick(a <= b, a, b)); }
template <Real T> HEDDLE_FN T maximum(T a, T b) { return pick(math::isnan(a), a, pick(a >= b, a, b)); }
template <Real T> HEDDLE_FN T fmin(T a, T b) { return pick(math::isnan(b), a, pick(a <= b, a, b)); }
template <Real T> HEDDLE_FN T fmax(T a, T b) { return pick(math::isnan(b), a, pick(a >= b, a, b)); }
template <class T> HEDDLE_FN Complex<T> minimum(Complex<T> a, Complex<T> b) { return less_equal(a, b) || complex::isnan(a) ? a : b; }
template <class T> HEDDLE_FN Complex<T> maximum(Complex<T> a, Complex<T> b) { return less_equal(b, a) || complex::isnan(a) ? a : b; }
template <class T> HEDDLE_FN Complex<T> fmin(Complex<T> a, Complex<T> b) { return less_equal(a, b) || complex::isnan(b) ? a : b; }
template <class T> HEDDLE_FN Complex<T> fmax(Complex<T> a, Complex<T> b) { return less_equal(b, a) || complex::isnan(b) ? a : b; }
template <class T> HEDDLE_FN T clip(T x, T lo, T hi) { return minimum(maximum(x, lo), hi); }
// The same in selections that vectorise.
template <Real T>
HEDDLE_FN T clip(T x, T lo, T hi) {
    const T above = pick(x < lo, lo, x), inside = pick(above > hi, hi, above);
    return pick(math::isnan(x), x, pick(math::isnan(lo), lo, pick(math::isnan(hi), hi, inside)));
}

template <Real T> HEDDLE_FN T sqrt(T x) { return math::sqrt(x); }
template <Real T> HEDDLE_FN T cbrt(T x) { return math::cbrt(x); }
template <Real T> HEDDLE_FN T exp(T x) { return math::exp(x); }
template <Real T> HEDDLE_FN T exp2(T x) { return math::exp2(x); }
template <Real T> HEDDLE_FN T expm1(T x) { return math::expm1(x); }
template <Real T> HEDDLE_FN T log(T x) { return math::log(x); }
template <Real T> HEDDLE_FN T log2(T x) { return math::log2(x); }
template <Real T> HEDDLE_FN T log10(T x) { return math::log10(x); }
template <Real T> HEDDLE_FN T log1p(T x) { return math::log1p(x); }
template <Real T> HEDDLE_FN T sin(T x) { return math::sin(x); }
template <Real T> HEDDLE_FN T cos(T x) { return math::cos(x); }
template <Real T> HEDDLE_FN T tan(T x) { return math::tan(x); }
template <Real T> HEDDLE_FN T arcsin(T x) { return math::asin(x); }
template <Real T> HEDDLE_FN T arccos(T x) { return math::acos(x); }
template <Real T> HEDDLE_FN T arctan(T x) { return math::atan(x); }
template <Real T> HEDDLE_FN T arctan2(T y, T x) { return math::atan2(y, x); }
template <Real T> HEDDLE_FN T sinh(T x) { return math::sinh(x); }
template <Real T> HEDDLE_FN T cosh(T x) { return math::cosh(x); }
template <Real T> HEDDLE_FN T tanh(T x) { return math::tanh(x); }
template <Real T> HEDDLE_FN T arcsinh(T x) { return math::asinh(x); }
template <Real T> HEDDLE_FN T arccosh(T x) { return math::acosh(x); }
template <Real T> HEDDLE_FN T arctanh(T x) { return math::atanh(x); }
template <Real T> HEDDLE_FN T hypot(T x, T y) { return math::hypot(x, y); }
template <Real T> HEDDLE_FN T erf(T x) { return math::erf(x); }
template <Real T> HEDDLE_FN T erfc(T x) { return math::erfc(x); }
template <Real T> HEDDLE_FN T sigmoid(T x) { return math::sigmoid(x); }
template <Real T> HEDDLE_FN T floor(T x) { return math::floor(x); }
template <Real T> HEDDLE_FN T ceil(T x) { return math::ceil(x); }
template <Real T> HEDDLE_FN T round(T x) { return math::rint(x); }
template <Real T> HEDDLE_FN T trunc(T x) { return math::trunc(x); }
template <Real T> HEDDLE_FN bool isnan(T x) { return math::isnan(x); }
template <Real T> HEDDLE_FN bool isfinite(T x) { return math::isfinite(x); }
template <Real T> HEDDLE_FN bool isinf(T x) { return math::isinf(x); }
template <Real T> HEDDLE_FN T copysign(T x, T y) { return math::copysign(x, y); }
template <Real T> HEDDLE_FN T deg2rad(T x) { return x * (std::numbers::pi_v<T> / T(180)); }
template <Real T> HEDDLE_FN T rad2deg(T x) { return x * (T(180) / std::numbers::pi_v<T>); }
template <Real T> HEDDLE_FN T angle(T x) { return math::atan2(T(0), x); }

template <class T> HEDDLE_FN Complex<T> scaled(Complex<T> z, T factor) { return {z.re * factor, z.im * factor}; }
template <class T> HEDDLE_FN Complex<T> sqrt(Complex<T> z) { return complex::from(std::sqrt(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> exp(Complex<T> z) { return complex::from(std::exp(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> exp2(Complex<T> z) { return exp(scaled(z, std::numbers::ln2_v<T>)); }
template <class T> HEDDLE_FN Complex<T> log(Complex<T> z) { return complex::from(std::log(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> log2(Complex<T> z) { return scaled(log(z), std::numbers::log2e_v<T>); }
template <class T> HEDDLE_FN Complex<T> log10(Complex<T> z) { return scaled(log(z), std::numbers::log10e_v<T>); }
template <class T> HEDDLE_FN Complex<T> sin(Complex<T> z) { return complex::from(std::sin(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> cos(Complex<T> z) { return complex::from(std::cos(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> tan(Complex<T> z) { return complex::from(std::tan(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> arcsin(Complex<T> z) { return complex::from(std::asin(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> arccos(Complex<T> z) { return complex::from(std::acos(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> arctan(Complex<T> z) { return complex::from(std::atan(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> sinh(Complex<T> z) { return complex::from(std::sinh(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> cosh(Complex<T> z) { return complex::from(std::cosh(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> tanh(Complex<T> z) { return complex::from(std::tanh(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> arcsinh(Complex<T> z) { return complex::from(std::asinh(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> arccosh(Complex<T> z) { return complex::from(std::acosh(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> arctanh(Complex<T> z) { return complex::from(std::atanh(complex::to(z))); }
template <class T> HEDDLE_FN Complex<T> round(Complex<T> z) { return {math::rint(z.re), math::rint(z.im)}; }
template <class T> HEDDLE_FN bool isnan(Complex<T> z) { return complex::isnan(z); }
template <class T> HEDDLE_FN bool isfinite(Complex<T> z) { return math::isfinite(z.re) && math::isfinite(z.im); }
template <class T> HEDDLE_FN bool isinf(Complex<T> z) { return math::isinf(z.re) || math::isinf(z.im); }
template <class T> HEDDLE_FN T real(Complex<T> z) { return z.re; }
template <class T> HEDDLE_FN T imag(Complex<T> z) { return z.im; }
template <class T> HEDDLE_FN Complex<T> conj(Complex<T> z) { return {z.re, -z.im}; }
template <class T> HEDDLE_FN T angle(Complex<T> z) { return math::atan2(z.im, z.re); }
// clang-format on

// Without the cancellation near zero.
template <class T>
HEDDLE_FN Complex<T> expm1(Complex<T> z) {
    const T half = math::sin(z.im / 2);
    return {math::expm1(z.re) * math::cos(z.im) - 2 * half * half, math::exp(z.re) * math::sin(z.im)};
}
template <class T>
HEDDLE_FN Complex<T> log1p(Complex<T> z) {
    return {math::log(math::hypot(z.re + 1, z.im)), math::atan2(z.im, z.re + 1)};
}

}  // namespace heddle::kernels::fn
