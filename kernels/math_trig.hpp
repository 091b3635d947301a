#pragma once

#include "kernels/math_wide.hpp"

// sin, cos and tan: x = quadrant * pi/2 + r, by Cody and Waite up to kMostTurns, else by Payne and Hanek.
namespace heddle::kernels::math {

struct Angle {
    double hi, lo;
    std::uint64_t quadrant;  // the last two bits count
};

inline constexpr double kMostTurns = 0x1p27;
// Loops compute sin, cos and tan of most values without a branch, and those of which this is true one by one.
HEDDLE_FN bool is_far(double x) { return fabs(x) > kMostTurns; }

HEDDLE_FN Angle reduce_near(double x) {
    constexpr double kPart1 = 0x1.921fb54442d18p0, kPart2 = 0x1.1a62633145c07p-54, kPart3 = -0x1.f1976b7ed8fbcp-110;
    const double shifted = fma(x, 0x1.45f306dc9c883p-1, kRounder), k = shifted - kRounder;
    // The first difference is exact.
    const Wide second = product(k, kPart2);
    const Wide r = sum(fma(-k, kPart1, x), -second.hi);
    const Wide total = quick_sum(r.hi, r.lo - fma(k, kPart3, second.lo));
    return {total.hi, total.lo, bits_of(shifted)};
}

// x * 2/pi modulo 4, from the 224 bits of 2/pi that matter, in integers.
HEDDLE_FN Angle reduce_far(double x) {
    static constexpr std::uint32_t kTwoOverPi[40] = {
        0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561,
        0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484,
        0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f,
        0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b,
        0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d,
    };
    constexpr int kWords = 7;
    const std::uint64_t bits = bits_of(x) & ~kSignBit;
    const int exponent = static_cast<int>(bits >> 52) - 1075;
    const std::uint64_t mantissa = (bits & 0x000f'ffff'ffff'ffff) | 0x0010'0000'0000'0000;
    const int first = exponent < 2 ? 0 : (exponent - 2) / 32;
    // The product, least significant word first.
    std::uint32_t words[kWords + 2] = {};
    for (int part = 0; part < 2; ++part) {
        const std::uint64_t factor = part == 0 ? mantissa & 0xffff'ffff : mantissa >> 32;
        std::uint64_t carry = 0;
        for (int i = 0; i < kWords; ++i) {
            carry += factor * kTwoOverPi[first + kWords - 1 - i] + words[i + part];
            words[i + part] = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        words[kWords + part] = static_cast<std::uint32_t>(carry);
    }
    // `below` bits are behind the point; the two before it are the quadrant, and the next 128 are enough.
    const int below = 32 * (first + kWords) - exponent;
    const auto bits_from = [&](int lowest) {
        const int word = lowest / 32, shift = lowest % 32;
        const auto at = [&](int i) { return i < kWords + 2 ? std::uint64_t{words[i]} : 0; };
        const std::uint64_t low = at(word) | (at(word + 1) << 32), high = at(word + 2);
        return shift == 0 ? low : (low >> shift) | (high << (64 - shift));
    };
    std::uint64_t quadrant = bits_from(below), high = bits_from(below - 64), low = bits_from(below - 128);
    // To the nearest quadrant.
    const bool past_half = (high >> 63) != 0;
    if (past_half) {
        ++quadrant;
        low = ~low + 1;
        high = ~high + (low == 0 ? 1 : 0);
    }
    // Exact in three doubles.
    const double top = static_cast<double>(high >> 11) * 0x1p-53;
    const double middle = static_cast<double>(((high & 0x7ff) << 42) | (low >> 22)) * 0x1p-106;
    const Wide upper = quick_sum(top, middle);
    const Wide fraction = {upper.hi, upper.lo + static_cast<double>(low & 0x3f'ffff) * 0x1p-128};
    const Wide r = multiply(fraction, {kPi * 0.5, kPiLow * 0.5});
    const bool minus = past_half != (x < 0.0);
    return {minus ? -r.hi : r.hi, minus ? -r.lo : r.lo, x < 0.0 ? 0 - quadrant : quadrant};
}

// For |r| <= pi/4.
HEDDLE_FN Wide sin_reduced(double r, double lo) {
    const double z = r * r;
    const double q =
        polynomial(z, -0x1.5555555555555p-3, 0x1.111111111101ep-7, -0x1.a01a019fe884cp-13, 0x1.71de3a1032ce5p-19,
                   -0x1.ae63f7f5d45c6p-26, 0x1.60e5c369cd47bp-33, -0x1.8d4c2cd3cf2a1p-41);
    return {r, fma(r * z, q, fma(z * -0.5, lo, lo))};
}
HEDDLE_FN Wide cos_reduced(double r, double lo) {
    const double z = r * r;
    const double q = polynomial(z, 0x1.5555555555555p-5, -0x1.6c16c16c168ccp-10, 0x1.a01a019f38b6dp-16,
                                -0x1.27e4fa037cc15p-22, 0x1.1eeb586537317p-29, -0x1.9073e56374aa9p-37);
    const Wide head = quick_sum(1.0, z * -0.5);
    // What z lost when it was rounded, too.
    const double rest = fma(-0.5, fma(r, r, -z), -r * lo);
    return {head.hi, head.lo + fma(z * z, q, rest)};
}

HEDDLE_FN double sin_of(Angle a) {
    const Wide s = sin_reduced(a.hi, a.lo), c = cos_reduced(a.hi, a.lo);
    const double value = (a.quadrant & 1) != 0 ? c.hi + c.lo : s.hi + s.lo;
    return from_bits(bits_of(value) ^ ((a.quadrant & 2) << 62));
}
HEDDLE_FN double tan_of(Angle a) {
    const Wide s = sin_reduced(a.hi, a.lo), c = cos_reduced(a.hi, a.lo);
    const bool odd = (a.quadrant & 1) != 0;
    const Wide q = divide(odd ? quick_sum(c.hi, c.lo) : quick_sum(s.hi, s.lo),
                          odd ? quick_sum(-s.hi, -s.lo) : quick_sum(c.hi, c.lo));
    return q.hi + q.lo;
}

HEDDLE_FN double sin_near(double x) { return fabs(x) < 0x1p-27 || x != x ? x : sin_of(reduce_near(x)); }
HEDDLE_FN double cos_near(double x) {
    const Angle a = reduce_near(x);
    const double result = sin_of({a.hi, a.lo, a.quadrant + 1});
    return x != x ? x : result;
}
HEDDLE_FN double tan_near(double x) { return fabs(x) < 0x1p-27 || x != x ? x : tan_of(reduce_near(x)); }

HEDDLE_FN bool has_angle(double x) { return fabs(x) < kInfinity; }
HEDDLE_FN double sin(double x) {
    if (!is_far(x)) return sin_near(x);
    return has_angle(x) ? sin_of(reduce_far(x)) : static_cast<double>(NAN);
}
HEDDLE_FN double cos(double x) {
    if (!is_far(x)) return cos_near(x);
    if (!has_angle(x)) return static_cast<double>(NAN);
    const Angle a = reduce_far(x);
    return sin_of({a.hi, a.lo, a.quadrant + 1});
}
HEDDLE_FN double tan(double x) {
    if (!is_far(x)) return tan_near(x);
    return has_angle(x) ? tan_of(reduce_far(x)) : static_cast<double>(NAN);
}

}  // namespace heddle::kernels::math
