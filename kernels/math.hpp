#pragma once

#include "kernels/math_arc.hpp"
#include "kernels/math_erf.hpp"
#include "kernels/math_hyperbolic.hpp"
#include "kernels/math_power.hpp"
#include "kernels/math_via_double.hpp"

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
