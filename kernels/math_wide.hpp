#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/fn.hpp"

// What the functions of math_*.hpp are made of: fused multiply-add, sums and products without rounding (Dekker, Knuth,
// Møller), and integers kept in doubles. No branch, so that loops over them become SIMD; fma only where it is written.
namespace heddle::kernels::math {

// An unevaluated sum: about 106 bits where |lo| is at most half a unit in the last place of hi.
struct Wide {
    double hi, lo;
};

HEDDLE_FN double fma(double a, double b, double c) { return std::fma(a, b, c); }
HEDDLE_FN float fma(float a, float b, float c) { return std::fma(a, b, c); }
HEDDLE_FN double fabs(double x) { return std::fabs(x); }
HEDDLE_FN float fabs(float x) { return std::fabs(x); }

HEDDLE_FN std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }
HEDDLE_FN double from_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }
inline constexpr std::uint64_t kSignBit = 0x8000'0000'0000'0000;
HEDDLE_FN double with_sign_of(double magnitude, double sign) {
    return from_bits((bits_of(magnitude) & ~kSignBit) | (bits_of(sign) & kSignBit));
}

inline constexpr double kInfinity = HUGE_VAL;
inline constexpr double kLn2 = 0x1.62e42fefa39efp-1, kLn2Low = 0x1.abc9e3b39803fp-56;
inline constexpr double kPi = 0x1.921fb54442d18p1, kPiLow = 0x1.1a62633145c07p-53;

// Adding it rounds |x| < 2^51 to an integer, whose low bits are then those of the sum.
inline constexpr double kRounder = 0x1.8p52;
HEDDLE_FN double nearest(double x) { return (x + kRounder) - kRounder; }
// 2^k for an integer k in [-1022, 1023].
HEDDLE_FN double power_of_2(double k) { return from_bits((bits_of(k + kRounder) << 52) + 0x3ff0'0000'0000'0000); }
// x * 2^k, rounded once, for an integer |k| <= 2044.
HEDDLE_FN double scale(double x, double k) {
    const double half = nearest(k * 0.5);
    return x * power_of_2(half) * power_of_2(k - half);
}

HEDDLE_FN Wide sum(double a, double b) {
    const double hi = a + b, from_b = hi - a;
    return {hi, (a - (hi - from_b)) + (b - from_b)};
}
// For |a| >= |b|, or a = 0.
HEDDLE_FN Wide quick_sum(double a, double b) {
    const double hi = a + b;
    return {hi, b - (hi - a)};
}
HEDDLE_FN Wide product(double a, double b) {
    const double hi = a * b;
    return {hi, fma(a, b, -hi)};
}
HEDDLE_FN Wide add(Wide a, Wide b) {
    const Wide hi = sum(a.hi, b.hi);
    return quick_sum(hi.hi, hi.lo + (a.lo + b.lo));
}
HEDDLE_FN Wide multiply(Wide a, Wide b) {
    const Wide p = product(a.hi, b.hi);
    return quick_sum(p.hi, p.lo + fma(a.hi, b.lo, a.lo * b.hi));
}
HEDDLE_FN Wide divide(Wide a, Wide b) {
    const double inverse = 1.0 / b.hi;
    const double hi = a.hi * inverse;
    return quick_sum(hi, (fma(-hi, b.hi, a.hi) + fma(-hi, b.lo, a.lo)) * inverse);
}
HEDDLE_FN Wide root(Wide a) {
    const double hi = std::sqrt(a.hi);
    return quick_sum(hi, (fma(-hi, hi, a.hi) + a.lo) * (0.5 / hi));
}

// c0 + c1 x + c2 x^2 + …, by pairs: half the chain of Horner's scheme.
template <class T>
HEDDLE_FN T polynomial_in(T, T, T c0) {
    return c0;
}
template <class T>
HEDDLE_FN T polynomial_in(T x, T, T c0, T c1) {
    return fma(c1, x, c0);
}
template <class T, class... Rest>
HEDDLE_FN T polynomial_in(T x, T x2, T c0, T c1, Rest... rest) {
    return fma(polynomial_in(x, x2, rest...), x2, fma(c1, x, c0));
}
template <class T, class... Coefficients>
HEDDLE_FN T polynomial(T x, Coefficients... c) {
    return polynomial_in(x, x * x, c...);
}

}  // namespace heddle::kernels::math
