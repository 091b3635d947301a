#pragma once

#include "heddle/array.hpp"

// The element by element operators and functions: NumPy's meaning, broadcasting and promotion (NEP 50). All are lazy,
// throw ShapeError where shapes do not broadcast and DTypeError where the operation does not exist, never block, and
// may be called from any thread.
namespace heddle {

HEDDLE_API Array operator+(const Array& a, const Array& b);
HEDDLE_API Array operator-(const Array& a, const Array& b);
HEDDLE_API Array operator*(const Array& a, const Array& b);
HEDDLE_API Array operator/(const Array& a, const Array& b);
HEDDLE_API Array operator%(const Array& a, const Array& b);
HEDDLE_API Array operator-(const Array& a);
HEDDLE_API Array operator+(const Array& a);
HEDDLE_API Array operator~(const Array& a);
HEDDLE_API Array operator!(const Array& a);
HEDDLE_API Array operator&(const Array& a, const Array& b);
HEDDLE_API Array operator|(const Array& a, const Array& b);
HEDDLE_API Array operator^(const Array& a, const Array& b);
HEDDLE_API Array operator<<(const Array& a, const Array& b);
HEDDLE_API Array operator>>(const Array& a, const Array& b);
HEDDLE_API Array operator==(const Array& a, const Array& b);
HEDDLE_API Array operator!=(const Array& a, const Array& b);
HEDDLE_API Array operator<(const Array& a, const Array& b);
HEDDLE_API Array operator<=(const Array& a, const Array& b);
HEDDLE_API Array operator>(const Array& a, const Array& b);
HEDDLE_API Array operator>=(const Array& a, const Array& b);

HEDDLE_API Array floor_divide(const Array& a, const Array& b);
HEDDLE_API Array remainder(const Array& a, const Array& b);
HEDDLE_API Array fmod(const Array& a, const Array& b);
HEDDLE_API Array pow(const Array& a, const Array& b);
HEDDLE_API Array logical_and(const Array& a, const Array& b);
HEDDLE_API Array logical_or(const Array& a, const Array& b);
HEDDLE_API Array logical_xor(const Array& a, const Array& b);
HEDDLE_API Array logical_not(const Array& a);
HEDDLE_API Array where(const Array& condition, const Array& a, const Array& b);
HEDDLE_API Array clip(const Array& a, const Array& low, const Array& high);
HEDDLE_API Array minimum(const Array& a, const Array& b);  // NaN where either is NaN
HEDDLE_API Array maximum(const Array& a, const Array& b);
HEDDLE_API Array fmin(const Array& a, const Array& b);  // the other where one is NaN
HEDDLE_API Array fmax(const Array& a, const Array& b);
HEDDLE_API Array hypot(const Array& a, const Array& b);
HEDDLE_API Array atan2(const Array& y, const Array& x);
HEDDLE_API Array copysign(const Array& a, const Array& b);

HEDDLE_API Array sqrt(const Array& a);
HEDDLE_API Array cbrt(const Array& a);
HEDDLE_API Array square(const Array& a);
HEDDLE_API Array reciprocal(const Array& a);
HEDDLE_API Array exp(const Array& a);
HEDDLE_API Array exp2(const Array& a);
HEDDLE_API Array expm1(const Array& a);
HEDDLE_API Array log(const Array& a);
HEDDLE_API Array log2(const Array& a);
HEDDLE_API Array log10(const Array& a);
HEDDLE_API Array log1p(const Array& a);
HEDDLE_API Array sin(const Array& a);
HEDDLE_API Array cos(const Array& a);
HEDDLE_API Array tan(const Array& a);
HEDDLE_API Array asin(const Array& a);
HEDDLE_API Array acos(const Array& a);
HEDDLE_API Array atan(const Array& a);
HEDDLE_API Array sinh(const Array& a);
HEDDLE_API Array cosh(const Array& a);
HEDDLE_API Array tanh(const Array& a);
HEDDLE_API Array asinh(const Array& a);
HEDDLE_API Array acosh(const Array& a);
HEDDLE_API Array atanh(const Array& a);
HEDDLE_API Array erf(const Array& a);      // scipy.special.erf: the error function
HEDDLE_API Array erfc(const Array& a);     // 1 - erf(a), exact where erf(a) is close to 1
HEDDLE_API Array sigmoid(const Array& a);  // scipy.special.expit: 1 / (1 + exp(-a))
HEDDLE_API Array deg2rad(const Array& a);
HEDDLE_API Array rad2deg(const Array& a);
HEDDLE_API Array floor(const Array& a);
HEDDLE_API Array ceil(const Array& a);
HEDDLE_API Array trunc(const Array& a);
HEDDLE_API Array round(const Array& a);  // halves to even
HEDDLE_API Array sign(const Array& a);
HEDDLE_API Array abs(const Array& a);
HEDDLE_API Array isnan(const Array& a);
HEDDLE_API Array isfinite(const Array& a);
HEDDLE_API Array isinf(const Array& a);
HEDDLE_API Array real(const Array& a);
HEDDLE_API Array imag(const Array& a);
HEDDLE_API Array conj(const Array& a);
HEDDLE_API Array angle(const Array& a);

}  // namespace heddle
