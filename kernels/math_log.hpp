#pragma once

#include "kernels/math_wide.hpp"

// Logarithms: x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), and log(1 + f) = 2 atanh(f / (2 + f)), to 64 bits,
// which pow needs.
namespace heddle::kernels::math {

struct LogParts {
    double k, f;
};
// For normal x > 0.
HEDDLE_FN LogParts split_log(double x) {
    constexpr std::uint64_t kOne = 0x3ff0'0000'0000'0000, kRootHalf = 0x3fe6'a09e'667f'3bcd;
    const std::uint64_t bits = bits_of(x), biased = (bits + (kOne - kRootHalf)) >> 52;
    const double k = from_bits(biased | 0x4330'0000'0000'0000) - (0x1p52 + 1023.0);
    return {k, from_bits(bits - (biased << 52) + kOne) - 1.0};
}
// For any x > 0.
HEDDLE_FN LogParts split_log_any(double x) {
    const bool subnormal = x < 0x1p-1022;
    const LogParts parts = split_log(subnormal ? x * 0x1p54 : x);
    return {subnormal ? parts.k - 54.0 : parts.k, parts.f};
}

HEDDLE_FN Wide log1p_reduced(Wide f) {
    const Wide below = quick_sum(2.0, f.hi);
    const double below_lo = below.lo + f.lo, inverse = 1.0 / below.hi;
    const double s = f.hi * inverse;
    const double s_lo = (fma(-s, below.hi, f.hi) + fma(-s, below_lo, f.lo)) * inverse;
    const Wide z = product(s, s);
    const double z_lo = fma(2.0 * s, s_lo, z.lo);
    const double q =
        polynomial(z.hi, 0x1.999999999999ap-2, 0x1.24924924922fep-2, 0x1.c71c71c74c77ap-3, 0x1.745d173ce41bap-3,
                   0x1.3b13a9cbb9295p-3, 0x1.111551154f6ffp-3, 0x1.e01971bc09efdp-4, 0x1.daa559ed88c6dp-4);
    // 2 s + s z (2/3 + z q)
    const Wide c = quick_sum(0x1.5555555555555p-1, z.hi * q);
    const double c_lo = c.lo + fma(z_lo, q, 0x1.5555555555555p-55);
    const Wide w = product(z.hi, c.hi);
    const double w_lo = w.lo + fma(z.hi, c_lo, z_lo * c.hi);
    const Wide v = product(s, w.hi);
    const double v_lo = v.lo + fma(s, w_lo, s_lo * w.hi);
    const Wide total = quick_sum(2.0 * s, v.hi);
    return quick_sum(total.hi, total.lo + fma(2.0, s_lo, v_lo));
}

// log(2^k (1 + f)).
HEDDLE_FN Wide log_reduced(double k, Wide f) {
    constexpr double kLn2Short = 0x1.62e42fefa38p-1, kLn2Rest = 0x1.ef35793c7673p-45;
    const Wide part = log1p_reduced(f);
    const Wide total = quick_sum(k * kLn2Short, part.hi);
    return quick_sum(total.hi, total.lo + fma(k, kLn2Rest, part.lo));
}

// log(2^k (1 + u)) for u.hi > -1, by way of 1 + u = x + rest.
HEDDLE_FN Wide log1p_wide(Wide u, double k = 0.0) {
    const Wide x = sum(1.0, u.hi);
    const LogParts parts = split_log(x.hi);
    const double rest = x.lo + u.lo;
    // What is lost beyond 2^1000 is below the last bit.
    const double scaled = parts.k > 1000.0 ? 0.0 : rest * power_of_2(-parts.k);
    return log_reduced(parts.k + k, sum(parts.f, scaled));
}

// What every logarithm gives for zero, infinity, and below zero.
HEDDLE_FN double log_special(double x, double regular) {
    const double above = x == kInfinity ? x : regular;
    const double below = x == 0.0 ? -kInfinity : x < 0.0 ? static_cast<double>(NAN) : above;
    return x != x ? x : below;
}

HEDDLE_FN double log(double x) {
    const LogParts parts = split_log_any(x);
    const Wide total = log_reduced(parts.k, {parts.f, 0.0});
    return log_special(x, total.hi + total.lo);
}

HEDDLE_FN double log2(double x) {
    const LogParts parts = split_log_any(x);
    const Wide part = multiply(log1p_reduced({parts.f, 0.0}), {0x1.71547652b82fep0, 0x1.777d0ffda0d24p-56});
    const Wide total = quick_sum(parts.k, part.hi);
    return log_special(x, total.hi + (total.lo + part.lo));
}

HEDDLE_FN double log10(double x) {
    constexpr double kShort = 0x1.34413509f78p-2, kRest = 0x1.fef311f12b358p-46;
    const LogParts parts = split_log_any(x);
    const Wide part = multiply(log1p_reduced({parts.f, 0.0}), {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57});
    const Wide total = quick_sum(parts.k * kShort, part.hi);
    return log_special(x, total.hi + (total.lo + fma(parts.k, kRest, part.lo)));
}

HEDDLE_FN double log1p(double x) {
    const Wide total = log1p_wide({x, 0.0});
    const double regular = log_special(1.0 + x, total.hi + total.lo);
    return fabs(x) < 0x1p-54 || x != x ? x : regular;
}

}  // namespace heddle::kernels::math
