#pragma once

#include "kernels/math_power.hpp"
#include "kernels/math_single.hpp"

// The functions of float32 that math_single.hpp does not have: computed in float64 to more than 30 bits, by shorter
// polynomials than float64's own functions take and without Wide, and rounded once to float32.
namespace heddle::kernels::math::via_double {

// e^x - 1 = 2^k (1 + p) - 1 for |x| < 700.
struct ExpParts {
    double unit, p;  // 2^k
};
HEDDLE_FN double expm1_reduced(double r) {
    return fma(r * r,
               polynomial(r, 0x1.0000000b90979p-1, 0x1.555555742ce72p-3, 0x1.5554e90b99bcp-5, 0x1.1110ab755d8b6p-7,
                          0x1.6d431baba30fep-10, 0x1.a17dfccb2e28dp-13),
               r);
}
HEDDLE_FN ExpParts split_exp(double x) {
    const double k = nearest(x * 0x1.71547652b82fep0);
    return {power_of_2(k), expm1_reduced(fma(-k, kLn2Low, fma(-k, kLn2, x)))};
}
HEDDLE_FN double exp(double x) {
    const ExpParts e = split_exp(x);
    return fma(e.unit, e.p, e.unit);
}
HEDDLE_FN double expm1(double x) {
    const ExpParts e = split_exp(x);
    return fma(e.unit, e.p, e.unit - 1.0);
}

// log(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)).
HEDDLE_FN double log1p_reduced(double f) {
    const double s = f / (2.0 + f), z = s * s;
    return fma(s * z,
               polynomial(z, 0x1.5555555565267p-1, 0x1.999998c8e2761p-2, 0x1.249325560c862p-2, 0x1.c67a37eb05742p-3,
                          0x1.8c972cd8fae7ap-3),
               2.0 * s);
}
// For normal x > 0, as all float32 are.
HEDDLE_FN double log(double x) {
    const LogParts parts = split_log(x);
    return fma(parts.k, kLn2, log1p_reduced(parts.f));
}
HEDDLE_FN double log2(double x) {
    const LogParts parts = split_log(x);
    return fma(log1p_reduced(parts.f), 0x1.71547652b82fep0, parts.k);
}
// For x > -1: with what 1 + x loses, which counts where x is small.
HEDDLE_FN double log1p(double x) {
    const double one_and = 1.0 + x;
    return log(one_and) + (x - (one_and - 1.0));
}

// sin and cos of what is left of |x| <= kMostTurns in its quadrant.
struct SinCos {
    double sin, cos;
    std::uint64_t quadrant;
};
HEDDLE_FN SinCos sin_cos(double x) {
    const double shifted = fma(x, 0x1.45f306dc9c883p-1, kRounder), k = shifted - kRounder;
    const double r = fma(-k, 0x1.1a62633145c07p-54, fma(-k, 0x1.921fb54442d18p0, x));
    const double z = r * r;
    const double s =
        fma(r * z,
            polynomial(z, -0x1.555555545e738p-3, 0x1.11110defe0cp-7, -0x1.a013a84765a72p-13, 0x1.6dbe3526737f2p-19), r);
    const double c = fma(
        z, polynomial(z, -0x1.fffffffab496cp-2, 0x1.55554cbda0a9ap-5, -0x1.6c0e09b3abba6p-10, 0x1.9a6f7a07b5ac4p-16),
        1.0);
    return {s, c, bits_of(shifted)};
}

// The angle whose tangent is y/x, in [0, pi/2], for y >= 0 and x >= 0 that are not both zero: by the nearest of 0, 1
// and infinity.
HEDDLE_FN double atan_ratio(double y, double x) {
    const bool above = y > x * 0x1.a827999fcef32p-2, turned = y > x * 0x1.3504f333f9de6p1;
    const double u = turned ? -x : above ? y - x : y, v = turned ? y : above ? x + y : x;
    const double t = u / v, z = t * t;
    const double q = polynomial(z, -0x1.5555554ca70d3p-2, 0x1.99997c73cc489p-3, -0x1.248a56dbc8b5cp-3,
                                0x1.c583bed8f2c81p-4, -0x1.6179c22f9f0e5p-4, 0x1.9e83559146a1fp-5);
    return (turned ? kPi * 0.5 : above ? kPi * 0.25 : 0.0) + fma(t * z, q, t);
}

// asin(s)/s, z = s^2 <= 1/4.
HEDDLE_FN double asin_factor(double z) {
    return fma(z,
               polynomial(z, 0x1.5555555cea5dbp-3, 0x1.33331cbce8666p-4, 0x1.6dc1b3764dacdp-5, 0x1.efd3afc9b2d19p-6,
                          0x1.83a76e87be1d3p-6, 0x1.54c9f4f7c76acp-7, 0x1.ff51dae76a58p-6),
               1.0);
}

// erf(x)/x, z = x^2 <= 1/4.
HEDDLE_FN double erf_factor(double z) {
    return fma(z,
               polynomial(z, -0x1.812746ac9ba7ap-2, 0x1.ce2f164815706p-4, -0x1.b8272d66fadd8p-6, 0x1.55599369adc55p-8,
                          -0x1.9aa1d9284d20ap-11),
               0x1.20dd750429b6dp0);
}
// erfc(x) for x in [1/2, 10.6].
HEDDLE_FN double erfc_positive(double x) {
    const double q = (x - 2.0) / (x + 2.0);
    const double g =
        polynomial(q, 0x1.058671b568f02p-2, -0x1.b57034eb9fdb2p-2, 0x1.eeea7d70ba5fap-3, -0x1.437f0efab6760p-4,
                   0x1.e949bcf18e11ep-9, 0x1.ca9941290419ep-8, -0x1.bca0699c3fa9cp-11, -0x1.01b9aac858f54p-10,
                   0x1.968f165be058ap-15, 0x1.7374be024ef87p-13, 0x1.f1f5c6f3649cep-17, -0x1.e887cfe7b76a3p-16);
    return exp(-x * x) * g;
}
HEDDLE_FN double bounded_erfc(double size) { return erfc_positive(size < 0.5 ? 0.5 : size < 10.6 ? size : 10.6); }

HEDDLE_FN double bounded(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

}  // namespace heddle::kernels::math::via_double

namespace heddle::kernels::math {

HEDDLE_FN float exp2(float x) {
    const double wide = via_double::bounded(x, -152.0, 129.0), k = nearest(wide), unit = power_of_2(k);
    const double e = fma(unit, via_double::expm1_reduced((wide - k) * kLn2), unit);
    return x != x ? x : static_cast<float>(e);
}
HEDDLE_FN float expm1(float x) {
    const double e = via_double::expm1(via_double::bounded(x, -50.0, 90.0));
    return x == 0.0f || x != x ? x : static_cast<float>(e);
}
HEDDLE_FN float sigmoid(float x) {
    const double e = via_double::exp(via_double::bounded(-static_cast<double>(x), -50.0, 105.0));
    return x != x ? x : static_cast<float>(1.0 / (1.0 + e));
}

HEDDLE_FN float log2(float x) {
    const double wide = x;
    return static_cast<float>(log_special(wide, via_double::log2(wide)));
}
HEDDLE_FN float log10(float x) {
    const double wide = x;
    return static_cast<float>(log_special(wide, via_double::log(wide) * 0x1.bcb7b1526e50ep-2));
}
HEDDLE_FN float log1p(float x) {
    const double wide = x;
    return x == 0.0f ? x : static_cast<float>(log_special(1.0 + wide, via_double::log1p(wide)));
}

HEDDLE_FN float tan_near(float x) {
    const via_double::SinCos both = via_double::sin_cos(x);
    const bool odd = (both.quadrant & 1) != 0;
    const double tangent = (odd ? -both.cos : both.sin) / (odd ? both.sin : both.cos);
    return x == 0.0f || x != x ? x : static_cast<float>(tangent);
}
HEDDLE_FN float tan(float x) { return is_far(x) ? static_cast<float>(tan(static_cast<double>(x))) : tan_near(x); }

HEDDLE_FN float asin(float x) {
    const double size = fabs(x);
    const bool large = size > 0.5;
    const double z = large ? fma(size, -0.5, 0.5) : size * size, s = large ? std::sqrt(z) : size;
    const double angle = s * via_double::asin_factor(z);
    const double result = with_sign_of(large ? fma(-2.0, angle, kPi * 0.5) : angle, x);
    return x != x ? x : size > 1.0 ? static_cast<float>(NAN) : static_cast<float>(result);
}
HEDDLE_FN float acos(float x) {
    const double size = fabs(x);
    const bool large = size > 0.5, minus = x < 0.0f;
    const double z = large ? fma(size, -0.5, 0.5) : size * size, s = large ? std::sqrt(z) : size;
    const double angle = s * via_double::asin_factor(z);
    const double factor = large ? (minus ? -2.0 : 2.0) : (minus ? 1.0 : -1.0);
    const double result = fma(factor, angle, large ? (minus ? kPi : 0.0) : kPi * 0.5);
    return x != x ? x : size > 1.0 ? static_cast<float>(NAN) : static_cast<float>(result);
}
HEDDLE_FN float atan(float x) {
    const double size = fabs(x);
    const double angle = via_double::atan_ratio(size < 0x1p100 ? size : 0x1p100, 1.0);
    return x != x ? x : static_cast<float>(with_sign_of(angle, x));
}
HEDDLE_FN float atan2(float y, float x) {
    const double size_y = fabs(y), size_x = fabs(x);
    const bool far_y = size_y == kInfinity, far_x = size_x == kInfinity;
    const double a = far_y ? 1.0 : far_x ? 0.0 : size_y, b = far_x || size_y == 0.0 ? 1.0 : far_y ? 0.0 : size_x;
    const double angle = via_double::atan_ratio(a, b);
    const bool minus = (std::bit_cast<std::uint32_t>(x) & 0x8000'0000) != 0;
    const double result = with_sign_of(minus ? kPi - angle : angle, y);
    return x != x ? x : y != y ? y : static_cast<float>(result);
}

HEDDLE_FN float sinh(float x) {
    const double size = fabs(x), p = via_double::expm1(size < 90.0 ? size : 90.0);
    return x != x ? x : static_cast<float>(with_sign_of(0.5 * (p + p / (p + 1.0)), x));
}
HEDDLE_FN float cosh(float x) {
    const double size = fabs(x), e = via_double::exp(size < 90.0 ? size : 90.0);
    return x != x ? x : static_cast<float>(0.5 * (e + 1.0 / e));
}
HEDDLE_FN float tanh(float x) {
    const double size = fabs(x), p = via_double::expm1(size < 25.0 ? -2.0 * size : -50.0);
    return x != x ? x : static_cast<float>(with_sign_of(-p / (2.0 + p), x));
}
HEDDLE_FN float asinh(float x) {
    const double size = fabs(x), square = size * size;
    const double result = via_double::log1p(size + square / (1.0 + std::sqrt(1.0 + square)));
    return fabs(x) < static_cast<float>(kInfinity) ? static_cast<float>(with_sign_of(result, x)) : x;
}
HEDDLE_FN float acosh(float x) {
    const double t = static_cast<double>(x) - 1.0;
    const double result = via_double::log1p(t + std::sqrt(t * (t + 2.0)));
    const float checked = x < 1.0f ? static_cast<float>(NAN) : static_cast<float>(result);
    return x == static_cast<float>(kInfinity) || x != x ? x : checked;
}
HEDDLE_FN float atanh(float x) {
    const double size = fabs(x);
    const double regular = 0.5 * via_double::log1p(2.0 * size / (1.0 - size));
    const double result = with_sign_of(size == 1.0 ? kInfinity : regular, x);
    return x != x ? x : size > 1.0 ? static_cast<float>(NAN) : static_cast<float>(result);
}

HEDDLE_FN float erf(float x) {
    const double size = fabs(x);
    const double small = size * via_double::erf_factor(size * size), large = 1.0 - via_double::bounded_erfc(size);
    return x != x ? x : static_cast<float>(with_sign_of(size < 0.5 ? small : large, x));
}
HEDDLE_FN float erfc(float x) {
    const double wide = x, size = fabs(wide), rest = via_double::bounded_erfc(size);
    const double small = fma(-wide, via_double::erf_factor(size * size), 1.0), large = x < 0.0f ? 2.0 - rest : rest;
    return x != x ? x : static_cast<float>(size < 0.5 ? small : large);
}

HEDDLE_FN float cbrt(float x) {
    const double size = fabs(x);
    const std::uint64_t bits = bits_of(size);
    const double exponent = from_bits((bits >> 52) | 0x4330'0000'0000'0000) - (0x1p52 + 1023.0);
    const double third = nearest(exponent * (1.0 / 3.0));
    // m in [0.5, 4): size = m 2^(3 third)
    const double m =
        from_bits((bits & 0x000f'ffff'ffff'ffff) | 0x3ff0'0000'0000'0000) * power_of_2(fma(-3.0, third, exponent));
    const double r = sharper_inverse_cbrt(first_inverse_cbrt(m), m), y = m * (r * r);
    const double root = fma(fma(-y * y, y, m) * (1.0 / 3.0), r * r, y) * power_of_2(third);
    return size > 0.0 && size < kInfinity ? static_cast<float>(with_sign_of(root, x)) : x;
}
HEDDLE_FN float hypot(float x, float y) {
    const double a = x, b = y, length = std::sqrt(fma(a, a, b * b));
    const float result = x != x ? x : y != y ? y : static_cast<float>(length);
    return fabs(a) == kInfinity || fabs(b) == kInfinity ? static_cast<float>(kInfinity) : result;
}
HEDDLE_FN float pow(float x, float y) {
    const double wide = y, size = fabs(x);
    const double regular = via_double::log(size);
    const double log = size == 0.0 ? -kInfinity : size == kInfinity ? kInfinity : regular;
    const double product = wide * log;
    const double magnitude = via_double::exp(via_double::bounded(product, -110.0, 110.0));
    const bool whole = std::floor(y) == y, even = std::floor(y * 0.5f) == y * 0.5f;
    double result = with_sign_of(magnitude, whole && !even ? static_cast<double>(x) : 1.0);
    result = x < 0.0f && size < kInfinity && !whole ? static_cast<double>(NAN) : result;
    const float rounded = x != x ? x : y != y ? y : static_cast<float>(result);
    const bool one = y == 0.0f || x == 1.0f || (size == 1.0 && fabs(wide) == kInfinity);
    return one ? 1.0f : rounded;
}

}  // namespace heddle::kernels::math
