#pragma once

#include "kernels/math_trig.hpp"

// exp, log, sin and cos of float32 in their own precision, or in double where that takes fewer operations. The
// others: math_via_double.hpp.
namespace heddle::kernels::math {

inline constexpr float kRounderSingle = 0x1.8p23f;
HEDDLE_FN float nearest(float x) { return (x + kRounderSingle) - kRounderSingle; }
// 2^k for an integer k in [-126, 127].
HEDDLE_FN float power_of_2(float k) {
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(k + kRounderSingle) << 23) + 0x3f80'0000u);
}

HEDDLE_FN float exp(float x) {
    constexpr float kLn2Short = 0x1.62e4p-1f, kLn2Rest = 0x1.7f7d1cp-20f;
    const float bounded = x > 89.0f ? 89.0f : x < -104.0f ? -104.0f : x;
    const float k = nearest(bounded * 0x1.715476p0f);
    const float r = fma(-k, kLn2Rest, fma(-k, kLn2Short, bounded));
    const float q = polynomial(r, 0x1p-1f, 0x1.5554dcp-3f, 0x1.5554eap-5f, 0x1.120c06p-7f, 0x1.6d4bfcp-10f);
    const float head = 1.0f + r, e = head + fma(r * r, q, r - (head - 1.0f));
    const float half = nearest(k * 0.5f);
    const float result = e * power_of_2(half) * power_of_2(k - half);
    return x != x ? x : result;
}

HEDDLE_FN float log(float x) {
    constexpr std::uint32_t kOne = 0x3f80'0000, kRootHalf = 0x3f35'04f3;
    const bool subnormal = x < 0x1p-126f;
    const auto bits = std::bit_cast<std::uint32_t>(subnormal ? x * 0x1p25f : x);
    const std::uint32_t biased = (bits + (kOne - kRootHalf)) >> 23;
    const float k = static_cast<float>(static_cast<std::int32_t>(biased) - (subnormal ? 127 + 25 : 127));
    const float f = std::bit_cast<float>(bits - (biased << 23) + kOne) - 1.0f;
    const float p = polynomial(f, 0x1.555554p-2f, -0x1.ffffe6p-3f, 0x1.999d2cp-3f, -0x1.55628cp-3f, 0x1.23ddf4p-3f,
                               -0x1.fbbddp-4f, 0x1.dc7adp-4f, -0x1.ddc016p-4f, 0x1.2cb776p-4f);
    // f - f^2/2 + f^3 p
    const float tail = f * f * fma(f, p, -0.5f);
    const float head = k * 0x1.62e4p-1f, total = head + f, rest = f - (total - head);
    const float regular = total + (rest + fma(k, 0x1.7f7d1cp-20f, tail));
    const float infinity = static_cast<float>(kInfinity);
    const float above = x == infinity ? x : regular;
    const float below = x == 0.0f ? -infinity : x < 0.0f ? static_cast<float>(NAN) : above;
    return x != x ? x : below;
}

inline constexpr double kHalfTurns = 0x1.45f306dc9c883p-2;  // 1 / pi

// sin(k pi + r) for |r| <= pi/2, within the error of float32 by far; `shifted` is kRounder + k.
HEDDLE_FN float sin_turned(double r, double shifted) {
    const double z = r * r;
    const double value = r * fma(z,
                                 polynomial(z, -0x1.55555554607c3p-3, 0x1.11110fda8e5a7p-7, -0x1.a0190587cc602p-13,
                                            0x1.719683df2fc3p-19, -0x1.9dafdd8b42b4ep-26),
                                 1.0);
    return static_cast<float>(from_bits(bits_of(value) ^ (bits_of(shifted) << 63)));
}
HEDDLE_FN double without_turns(double x, double k) { return fma(-k, kPiLow, fma(-k, kPi, x)); }
// For |x| <= kMostTurns, as sin_near and cos_near of double.
HEDDLE_FN float sin_near(float x) {
    const double wide = x, shifted = fma(wide, kHalfTurns, kRounder);
    const float result = sin_turned(without_turns(wide, shifted - kRounder), shifted);
    return x != x ? x : result;
}
// cos x = sin(x + pi/2)
HEDDLE_FN float cos_near(float x) {
    const double wide = x, shifted = fma(wide, kHalfTurns, 0.5) + kRounder;
    const float result = sin_turned(without_turns(wide, (shifted - kRounder) - 0.5), shifted);
    return x != x ? x : result;
}
HEDDLE_FN float sin(float x) { return is_far(x) ? static_cast<float>(sin(static_cast<double>(x))) : sin_near(x); }
HEDDLE_FN float cos(float x) { return is_far(x) ? static_cast<float>(cos(static_cast<double>(x))) : cos_near(x); }

}  // namespace heddle::kernels::math
