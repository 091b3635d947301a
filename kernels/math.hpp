#pragma once

#include "kernels/math_arc.hpp"
#include "kernels/math_erf.hpp"
#include "kernels/math_hyperbolic.hpp"
#include "kernels/math_power.hpp"
#include "kernels/math_single.hpp"

// The real functions that kernels call, for float and double, at most 1 unit in the last place from the truth
// (measured: docs/operations.md). Every backend and instruction set runs this source, so results have the same bits.
namespace heddle::kernels::math {

template <class T>
HEDDLE_FN T sqrt(T x) {
    return std::sqrt(x);
}
template <class T>
HEDDLE_FN T floor(T x) {
    return std::floor(x);
}
template <class T>
HEDDLE_FN T ceil(T x) {
    return std::ceil(x);
}
template <class T>
HEDDLE_FN T trunc(T x) {
    return std::trunc(x);
}
template <class T>
HEDDLE_FN T rint(T x) {
    return std::rint(x);
}
template <class T>
HEDDLE_FN T fmod(T x, T y) {
    return std::fmod(x, y);
}
template <class T>
HEDDLE_FN T copysign(T x, T y) {
    return std::copysign(x, y);
}

// Of float32 what math_single.hpp does not have: rounded from float64.
// clang-format off
HEDDLE_FN float exp2(float x) { return static_cast<float>(exp2(static_cast<double>(x))); }
HEDDLE_FN float expm1(float x) { return static_cast<float>(expm1(static_cast<double>(x))); }
HEDDLE_FN float log2(float x) { return static_cast<float>(log2(static_cast<double>(x))); }
HEDDLE_FN float log10(float x) { return static_cast<float>(log10(static_cast<double>(x))); }
HEDDLE_FN float log1p(float x) { return static_cast<float>(log1p(static_cast<double>(x))); }
HEDDLE_FN float tan(float x) { return static_cast<float>(tan(static_cast<double>(x))); }
HEDDLE_FN float asin(float x) { return static_cast<float>(asin(static_cast<double>(x))); }
HEDDLE_FN float acos(float x) { return static_cast<float>(acos(static_cast<double>(x))); }
HEDDLE_FN float atan(float x) { return static_cast<float>(atan(static_cast<double>(x))); }
HEDDLE_FN float sinh(float x) { return static_cast<float>(sinh(static_cast<double>(x))); }
HEDDLE_FN float cosh(float x) { return static_cast<float>(cosh(static_cast<double>(x))); }
HEDDLE_FN float tanh(float x) { return static_cast<float>(tanh(static_cast<double>(x))); }
HEDDLE_FN float asinh(float x) { return static_cast<float>(asinh(static_cast<double>(x))); }
HEDDLE_FN float acosh(float x) { return static_cast<float>(acosh(static_cast<double>(x))); }
HEDDLE_FN float atanh(float x) { return static_cast<float>(atanh(static_cast<double>(x))); }
HEDDLE_FN float cbrt(float x) { return static_cast<float>(cbrt(static_cast<double>(x))); }
HEDDLE_FN float erf(float x) { return static_cast<float>(erf(static_cast<double>(x))); }
HEDDLE_FN float erfc(float x) { return static_cast<float>(erfc(static_cast<double>(x))); }
HEDDLE_FN float sigmoid(float x) { return static_cast<float>(sigmoid(static_cast<double>(x))); }
HEDDLE_FN float tan_near(float x) { return static_cast<float>(tan_near(static_cast<double>(x))); }
HEDDLE_FN float pow(float x, float y) { return static_cast<float>(pow(static_cast<double>(x), static_cast<double>(y))); }
HEDDLE_FN float hypot(float x, float y) { return static_cast<float>(hypot(static_cast<double>(x), static_cast<double>(y))); }
HEDDLE_FN float atan2(float y, float x) { return static_cast<float>(atan2(static_cast<double>(y), static_cast<double>(x))); }
// clang-format on

// By comparison, so that it vectorises.
template <class T>
HEDDLE_FN bool isnan(T x) {
    return x != x;
}
template <class T>
HEDDLE_FN bool isinf(T x) {
    return fabs(x) == static_cast<T>(HUGE_VAL);
}
template <class T>
HEDDLE_FN bool isfinite(T x) {
    return fabs(x) < static_cast<T>(HUGE_VAL);
}

}  // namespace heddle::kernels::math
