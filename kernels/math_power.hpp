#pragma once

#include "kernels/math_exp.hpp"
#include "kernels/math_log.hpp"

// pow, cbrt and hypot.
namespace heddle::kernels::math {

HEDDLE_FN double pow(double x, double y) {
    const double size = fabs(x);
    const LogParts parts = split_log_any(size);
    const Wide log = log_reduced(parts.k, {parts.f, 0.0});
    const double log_hi = size == 0.0 ? -kInfinity : size == kInfinity ? kInfinity : log.hi;
    // y log |x|; beyond 800 the result is zero or infinite.
    const double hi = y * log_hi;
    const bool far = !(fabs(hi) < 800.0);
    const double bounded = hi > 800.0 ? 800.0 : hi < -800.0 ? -800.0 : hi;
    const ExpParts e = split_exp(Wide{bounded, far ? 0.0 : fma(y, log_hi, -hi) + y * log.lo});
    const Wide head = quick_sum(1.0, e.r);
    const double magnitude = scale(head.hi + (head.lo + exp_tail(e.r, e.lo)), e.k);

    const bool whole = std::floor(y) == y, even = std::floor(y * 0.5) == y * 0.5;
    const double sign = whole && !even ? x : 1.0;
    double result = with_sign_of(magnitude, sign);
    result = x < 0.0 && x > -kInfinity && !whole ? static_cast<double>(NAN) : result;
    result = x != x ? x : y != y ? y : result;
    const bool one = y == 0.0 || x == 1.0 || (size == 1.0 && fabs(y) == kInfinity);
    return one ? 1.0 : result;
}

// 1 / cbrt(m) for m in [0.5, 4), to 7 bits, and then to four times as many.
HEDDLE_FN double first_inverse_cbrt(double m) {
    return polynomial(m, 0x1.af7644b186c6p0, -0x1.1c5f6e4e6af56p0, 0x1.17f9ea3c3423bp-1, -0x1.0c14172a3049p-3,
                      0x1.82a0122a91992p-7);
}
HEDDLE_FN double sharper_inverse_cbrt(double r, double m) {
    const double e = fma(-m, r * r * r, 1.0);
    return fma(r * e, fma(e, fma(e, 14.0 / 81.0, 2.0 / 9.0), 1.0 / 3.0), r);
}
HEDDLE_FN double cbrt(double x) {
    const double size = fabs(x);
    const bool subnormal = size < 0x1p-1022;
    const std::uint64_t bits = bits_of(subnormal ? size * 0x1p54 : size);
    const double exponent =
        from_bits((bits >> 52) | 0x4330'0000'0000'0000) - (0x1p52 + 1023.0) - (subnormal ? 54.0 : 0.0);
    const double third = nearest(exponent * (1.0 / 3.0));
    // m in [0.5, 4): size = m 2^(3 third)
    const double m =
        from_bits((bits & 0x000f'ffff'ffff'ffff) | 0x3ff0'0000'0000'0000) * power_of_2(fma(-3.0, third, exponent));
    const double r = sharper_inverse_cbrt(sharper_inverse_cbrt(first_inverse_cbrt(m), m), m);
    const double y = m * (r * r);
    const Wide square = product(y, y), cube = product(square.hi, y);
    const double rest = (m - cube.hi) - fma(square.lo, y, cube.lo);
    const double root = fma(rest * (1.0 / 3.0), r * r, y) * power_of_2(third);
    return size > 0.0 && size < kInfinity ? with_sign_of(root, x) : x;
}

HEDDLE_FN double hypot(double x, double y) {
    const double a = fabs(x), b = fabs(y), most = a > b ? a : b, least = a > b ? b : a;
    const double unit = most > 0x1p500 ? 0x1p-600 : most < 0x1p-400 ? 0x1p600 : 1.0;
    const Wide large = product(most * unit, most * unit), small = product(least * unit, least * unit);
    const Wide total = quick_sum(large.hi, small.hi);
    const Wide length = root({total.hi, total.lo + (large.lo + small.lo)});
    const double back = most > 0x1p500 ? 0x1p600 : most < 0x1p-400 ? 0x1p-600 : 1.0;
    const double regular = most == 0.0 ? 0.0 : (length.hi + length.lo) * back;
    const double result = x != x ? x : y != y ? y : regular;
    return a == kInfinity || b == kInfinity ? kInfinity : result;
}

}  // namespace heddle::kernels::math
