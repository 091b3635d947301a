#pragma once

#include "kernels/math_wide.hpp"

// asin, acos, atan and atan2.
namespace heddle::kernels::math {

// asin(s)/s - 1, z = s^2 <= 1/4.
HEDDLE_FN double asin_tail(double z) {
    return z * polynomial(z, 0x1.5555555555556p-3, 0x1.3333333332d9ep-4, 0x1.6db6db6e48dffp-5, 0x1.f1c71c1187edcp-6,
                          0x1.6e8bb383c0f08p-6, 0x1.1c4d0fc1b660fp-6, 0x1.c9d336dfb8159p-7, 0x1.77ff42ab32e5bp-7,
                          0x1.5336524f2be8cp-7, 0x1.5dc12cbea3385p-8, 0x1.224dcb3a7c4a1p-6, -0x1.f6744bcf07f98p-7,
                          0x1.dc690543e52b8p-6);
}
// asin(|x|) = s + tail for |x| <= 1/2, and pi/2 - 2 (s + tail) above.
HEDDLE_FN Wide asin_parts(double size) {
    const bool large = size > 0.5;
    const double z = large ? fma(size, -0.5, 0.5) : size * size;
    const double root = std::sqrt(z), s = large ? root : size;
    const double rest = large && z > 0.0 ? fma(-root, root, z) * (0.5 / root) : 0.0;
    return {s, fma(s, asin_tail(z), rest)};
}

HEDDLE_FN double asin(double x) {
    const double size = fabs(x);
    const Wide part = asin_parts(size);
    const Wide head = quick_sum(kPi * 0.5, -2.0 * part.hi);
    const double large = head.hi + (head.lo + fma(-2.0, part.lo, kPiLow * 0.5));
    const double result = with_sign_of(size > 0.5 ? large : part.hi + part.lo, x);
    return x != x ? x : size > 1.0 ? static_cast<double>(NAN) : result;
}

HEDDLE_FN double acos(double x) {
    const double size = fabs(x);
    const Wide part = asin_parts(size);
    const bool large = size > 0.5, minus = x < 0.0;
    // pi/2 - asin(x), 2 (s + tail), or pi - 2 (s + tail)
    const double factor = large ? (minus ? -2.0 : 2.0) : (minus ? 1.0 : -1.0);
    const double base = large ? (minus ? kPi : 0.0) : kPi * 0.5,
                 base_lo = large ? (minus ? kPiLow : 0.0) : kPiLow * 0.5;
    const Wide head = quick_sum(base, factor * part.hi);
    const double result = head.hi + (head.lo + fma(factor, part.lo, base_lo));
    return x != x ? x : size > 1.0 ? static_cast<double>(NAN) : result;
}

// The angle whose tangent is y/x, in [0, pi/2], for y >= 0 and x >= 0 that are not both zero and far from overflow:
// by the nearest of 0, 1/2, 1, 3/2 and infinity.
HEDDLE_FN Wide atan_ratio(double y, double x) {
    const bool above0 = y > x * 0.4375, above1 = y > x * 0.6875, above2 = y > x * 1.1875, turned = y > x * 2.4375;
    const double tangent = turned ? 0.0 : above2 ? 1.5 : above1 ? 1.0 : above0 ? 0.5 : 0.0;
    const double base = turned   ? kPi * 0.5
                        : above2 ? 0x1.f730bd281f69bp-1
                        : above1 ? kPi * 0.25
                        : above0 ? 0x1.dac670561bb4fp-2
                                 : 0.0;
    const double base_lo = turned   ? kPiLow * 0.5
                           : above2 ? 0x1.007887af0cbbdp-56
                           : above1 ? kPiLow * 0.25
                           : above0 ? 0x1.a2b7f222f65e2p-56
                                    : 0.0;
    const double u = turned ? -x : y, v = turned ? y : x;
    // t = (u - tangent v) / (v + tangent u)
    const Wide cv = product(tangent, v), cu = product(tangent, u);
    const Wide above = sum(u, -cv.hi), below = sum(v, cu.hi);
    const Wide t = divide({above.hi, above.lo - cv.lo}, {below.hi, below.lo + cu.lo});
    const double z = t.hi * t.hi;
    const double q =
        polynomial(z, -0x1.5555555555555p-2, 0x1.99999999997dbp-3, -0x1.249249247dc56p-3, 0x1.c71c71b990904p-4,
                   -0x1.745d14d19345bp-4, 0x1.3b136bc65fcedp-4, -0x1.110c160cd2739p-4, 0x1.e16732d62c21ep-5,
                   -0x1.ab24131814164p-5, 0x1.6f3f153a18a35p-5, -0x1.0dd077139dc56p-5, 0x1.de6d5e1bfee91p-7);
    const double tail = fma(t.hi * z, q, fma(-z, t.lo, t.lo));
    const Wide head = quick_sum(base, t.hi);
    return quick_sum(head.hi, head.lo + (tail + base_lo));
}

HEDDLE_FN double atan(double x) {
    const double size = fabs(x);
    const Wide angle = atan_ratio(size > 0x1p100 ? 0x1p100 : size, 1.0);
    const double result = with_sign_of(angle.hi + angle.lo, x);
    return size < 0x1p-27 || x != x ? x : result;
}

HEDDLE_FN double atan2(double y, double x) {
    const double size_y = fabs(y), size_x = fabs(x), most = size_y > size_x ? size_y : size_x;
    const double unit = most > 0x1p500 ? 0x1p-600 : most < 0x1p-400 ? 0x1p600 : 1.0;
    const bool far_y = size_y == kInfinity, far_x = size_x == kInfinity;
    const double a = far_y ? 1.0 : far_x ? 0.0 : size_y * unit, b = far_x ? 1.0 : far_y ? 0.0 : size_x * unit;
    const Wide regular = atan_ratio(a, b);
    // A small ratio is its own angle; 0/0 counts as zero.
    const bool small = a <= b * 0x1p-28;
    const double ratio = far_x || size_y == 0.0 ? 0.0 : size_y / size_x;
    const Wide angle = {small ? ratio : regular.hi, small ? 0.0 : regular.lo};
    const Wide turned = add({kPi, kPiLow}, {-angle.hi, -angle.lo});
    const bool minus = (bits_of(x) & kSignBit) != 0;
    const double result = with_sign_of(minus ? turned.hi + turned.lo : angle.hi + angle.lo, y);
    return x != x ? x : y != y ? y : result;
}

}  // namespace heddle::kernels::math
