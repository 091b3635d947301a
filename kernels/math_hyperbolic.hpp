#pragma once

#include "kernels/math_exp.hpp"
#include "kernels/math_log.hpp"

// Hyperbolic functions and their inverses, from e^x - 1 and log(1 + u) in Wide.
namespace heddle::kernels::math {

HEDDLE_FN double sinh(double x) {
    const double size = fabs(x), bounded = size > 710.6 ? 710.6 : size;
    // p = e^|x| - 1: sinh = (p + p / (p + 1)) / 2
    const Wide quarter = quarter_expm1(bounded);
    const Wide below = sum(4.0 * quarter.hi, 1.0);
    const Wide second = divide(quarter, {below.hi, fma(4.0, quarter.lo, below.lo)});
    const bool large = size > 40.0;
    const Wide total = add(quarter, {large ? 0.0 : second.hi, large ? 0.0 : second.lo});
    const double result = with_sign_of((total.hi + total.lo) * 2.0, x);
    return size < 0x1p-28 || x != x ? x : result;
}

HEDDLE_FN double cosh(double x) {
    const double size = fabs(x), bounded = size > 710.6 ? 710.6 : size;
    const ExpParts parts = split_exp(bounded);
    const Wide e = exp_reduced(parts.r, parts.lo);
    const bool large = size > 40.0;
    const double unit = power_of_2(parts.k - 2.0), back = large ? 0.0 : power_of_2((large ? 0.0 : -parts.k) - 2.0);
    const Wide inverse = divide({1.0, 0.0}, e);
    const Wide total = add({e.hi * unit, e.lo * unit}, {inverse.hi * back, inverse.lo * back});
    return x != x ? x : (total.hi + total.lo) * 2.0;
}

HEDDLE_FN double tanh(double x) {
    const double size = fabs(x);
    // p = e^(-2 |x|) - 1: tanh = -p / (2 + p)
    const Wide quarter = quarter_expm1(size > 25.0 ? -50.0 : -2.0 * size);
    const Wide below = quick_sum(0.5, quarter.hi);
    const Wide q = divide({-quarter.hi, -quarter.lo}, {below.hi, below.lo + quarter.lo});
    return size < 0x1p-28 || x != x ? x : with_sign_of(q.hi + q.lo, x);
}

HEDDLE_FN double asinh(double x) {
    // log(1 + u), u = |x| + x^2 / (1 + sqrt(1 + x^2)), and log(2 |x|) beyond 2^30
    const double size = fabs(x);
    const bool large = size > 0x1p30;
    const double near = large ? 1.0 : size;
    const Wide square = product(near, near), one_and = sum(1.0, square.hi);
    const Wide length = root({one_and.hi, one_and.lo + square.lo});
    const Wide u = add({near, 0.0}, divide(square, add({1.0, 0.0}, length)));
    const Wide total = log1p_wide({large ? size : u.hi, large ? -1.0 : u.lo}, large ? 1.0 : 0.0);
    return size < 0x1p-28 || !(size < kInfinity) ? x : with_sign_of(total.hi + total.lo, x);
}

HEDDLE_FN double acosh(double x) {
    // log(1 + u), u = t + sqrt(2 t + t^2), t = x - 1, and log(2 x) beyond 2^30
    const bool large = x > 0x1p30;
    const double t = large ? 1.0 : x - 1.0;
    const Wide square = product(t, t);
    const Wide inner = add({2.0 * t, 0.0}, square);
    const Wide length = t > 0.0 ? root(inner) : Wide{0.0, 0.0};
    const Wide u = add({t, 0.0}, length);
    const Wide total = log1p_wide({large ? x : u.hi, large ? -1.0 : u.lo}, large ? 1.0 : 0.0);
    const double checked = x < 1.0 ? static_cast<double>(NAN) : total.hi + total.lo;
    return x == kInfinity || x != x ? x : checked;
}

HEDDLE_FN double atanh(double x) {
    // log(1 + u) / 2, u = 2 |x| / (1 - |x|)
    const double size = fabs(x);
    const Wide below = quick_sum(1.0, -size);
    const Wide total = log1p_wide(divide({2.0 * size, 0.0}, below));
    const double result = size == 1.0 ? kInfinity : (total.hi + total.lo) * 0.5;
    const double checked = size > 1.0 ? static_cast<double>(NAN) : with_sign_of(result, x);
    return size < 0x1p-28 || x != x ? x : checked;
}

}  // namespace heddle::kernels::math
