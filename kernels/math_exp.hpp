#pragma once

#include "kernels/math_wide.hpp"

// exp and its relatives: x = k ln 2 + r (Cody and Waite), e^r by a polynomial, then 2^k. Polynomials and constants of
// math_*.hpp: scripts/math-coefficients.
namespace heddle::kernels::math {

// e^x = 2^k (1 + r + …).
struct ExpParts {
    double k, r, lo;
};
HEDDLE_FN ExpParts split_exp(double x) {
    constexpr double kLn2Short = 0x1.62e42fefa38p-1, kLn2Rest = 0x1.ef35793c7673p-45;
    const double k = nearest(x * 0x1.71547652b82fep0);
    const double head = fma(-k, kLn2Short, x);
    const double r = fma(-k, kLn2Rest, head);
    return {k, r, fma(-k, kLn2Rest, head - r)};
}
HEDDLE_FN ExpParts split_exp(Wide x) {
    const ExpParts parts = split_exp(x.hi);
    const Wide r = sum(parts.r, parts.lo + x.lo);
    return {parts.k, r.hi, r.lo};
}

// e^(r + lo) - 1 - r - r^2/2 for |r| <= ln 2 / 2 and a tiny lo.
HEDDLE_FN double exp_cubic(double r, double lo) {
    const double q =
        polynomial(r, 0x1.5555555555557p-3, 0x1.5555555555557p-5, 0x1.1111111110051p-7, 0x1.6c16c16c156a5p-10,
                   0x1.a01a01ac1dc6cp-13, 0x1.a01a01ab9879cp-16, 0x1.71de01adc10d7p-19, 0x1.27e4cfaf3f683p-22,
                   0x1.af4ec8740ac08p-26, 0x1.1f86f02da59e6p-29);
    return fma(r * r * r, q, fma(lo, r, lo));
}
// The same and r^2/2.
HEDDLE_FN double exp_tail(double r, double lo) { return fma(r * r, 0.5, exp_cubic(r, lo)); }
// e^(r + lo).
HEDDLE_FN Wide exp_reduced(double r, double lo) {
    const Wide head = quick_sum(1.0, r);
    return quick_sum(head.hi, head.lo + exp_tail(r, lo));
}

HEDDLE_FN double exp(double x) {
    const double bounded = x > 710.0 ? 710.0 : x < -746.0 ? -746.0 : x;
    const ExpParts parts = split_exp(bounded);
    const Wide head = quick_sum(1.0, parts.r);
    const double result = scale(head.hi + (head.lo + exp_tail(parts.r, parts.lo)), parts.k);
    return x != x ? x : result;
}

HEDDLE_FN double exp2(double x) {
    const double bounded = x > 1025.0 ? 1025.0 : x < -1076.0 ? -1076.0 : x;
    const double k = nearest(bounded);
    const Wide r = product(bounded - k, kLn2);
    const Wide e = exp_reduced(r.hi, fma(bounded - k, kLn2Low, r.lo));
    const double result = scale(e.hi + e.lo, k);
    return x != x ? x : result;
}

// (e^x - 1) / 4 for x in [-60, 710.6].
HEDDLE_FN Wide quarter_expm1(double x) {
    const ExpParts parts = split_exp(x);
    const double unit = power_of_2(parts.k - 2.0);
    // r^2/2 exactly: just above ln 2 / 2 the result is small, and its errors are doubled.
    const Wide half = product(parts.r, parts.r * 0.5);
    const Wide head = quick_sum(parts.r, half.hi);
    const Wide body = quick_sum(head.hi, head.lo + (half.lo + exp_cubic(parts.r, parts.lo)));
    const Wide whole = sum(unit, -0.25);
    const Wide total = sum(whole.hi, body.hi * unit);
    return quick_sum(total.hi, total.lo + fma(body.lo, unit, whole.lo));
}

HEDDLE_FN double expm1(double x) {
    const double bounded = x > 709.9 ? 709.9 : x < -50.0 ? -50.0 : x;
    const Wide quarter = quarter_expm1(bounded);
    return fabs(x) < 0x1p-54 || x != x ? x : (quarter.hi + quarter.lo) * 4.0;
}

// 1 / (1 + e^-x).
HEDDLE_FN double sigmoid(double x) {
    const double size = fabs(x);
    const ExpParts parts = split_exp(size > 746.0 ? -746.0 : -size);
    const Wide e = exp_reduced(parts.r, parts.lo);
    const double unit = parts.k < -80.0 ? 0.0 : power_of_2(parts.k);
    const Wide one_and = quick_sum(1.0, e.hi * unit);
    const Wide below = {one_and.hi, fma(e.lo, unit, one_and.lo)};
    const Wide above = {x < 0.0 ? e.hi : 1.0, x < 0.0 ? e.lo : 0.0};
    const Wide q = divide(above, below);
    const double result = scale(q.hi + q.lo, x < 0.0 ? parts.k : 0.0);
    return x != x ? x : result;
}

}  // namespace heddle::kernels::math
