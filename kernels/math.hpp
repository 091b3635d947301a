#pragma once

#include <cmath>

#include "kernels/fn.hpp"

// The real functions that kernels call, for float and double: one place to change what computes them. Every backend and
// instruction set calls the same ones, so results have the same bits.
namespace heddle::kernels::math {

template <class T>
HEDDLE_FN T sqrt(T x) {
    return std::sqrt(x);
}
template <class T>
HEDDLE_FN T cbrt(T x) {
    return std::cbrt(x);
}
template <class T>
HEDDLE_FN T exp(T x) {
    return std::exp(x);
}
template <class T>
HEDDLE_FN T exp2(T x) {
    return std::exp2(x);
}
template <class T>
HEDDLE_FN T expm1(T x) {
    return std::expm1(x);
}
template <class T>
HEDDLE_FN T log(T x) {
    return std::log(x);
}
template <class T>
HEDDLE_FN T log2(T x) {
    return std::log2(x);
}
template <class T>
HEDDLE_FN T log10(T x) {
    return std::log10(x);
}
template <class T>
HEDDLE_FN T log1p(T x) {
    return std::log1p(x);
}
template <class T>
HEDDLE_FN T sin(T x) {
    return std::sin(x);
}
template <class T>
HEDDLE_FN T cos(T x) {
    return std::cos(x);
}
template <class T>
HEDDLE_FN T tan(T x) {
    return std::tan(x);
}
template <class T>
HEDDLE_FN T asin(T x) {
    return std::asin(x);
}
template <class T>
HEDDLE_FN T acos(T x) {
    return std::acos(x);
}
template <class T>
HEDDLE_FN T atan(T x) {
    return std::atan(x);
}
template <class T>
HEDDLE_FN T sinh(T x) {
    return std::sinh(x);
}
template <class T>
HEDDLE_FN T cosh(T x) {
    return std::cosh(x);
}
template <class T>
HEDDLE_FN T tanh(T x) {
    return std::tanh(x);
}
template <class T>
HEDDLE_FN T asinh(T x) {
    return std::asinh(x);
}
template <class T>
HEDDLE_FN T acosh(T x) {
    return std::acosh(x);
}
template <class T>
HEDDLE_FN T atanh(T x) {
    return std::atanh(x);
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
HEDDLE_FN T fabs(T x) {
    return std::fabs(x);
}
template <class T>
HEDDLE_FN T atan2(T y, T x) {
    return std::atan2(y, x);
}
template <class T>
HEDDLE_FN T hypot(T x, T y) {
    return std::hypot(x, y);
}
template <class T>
HEDDLE_FN T pow(T x, T y) {
    return std::pow(x, y);
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
