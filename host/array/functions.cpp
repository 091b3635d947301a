#include "heddle/functions.hpp"

#include "host/array/node.hpp"

namespace heddle {
namespace {

using array::elementwise;
using expr::Op;

Array apply(Op op, const Array& a) { return Array(elementwise(op, {a.node()})); }
Array apply(Op op, const Array& a, const Array& b) { return Array(elementwise(op, {a.node(), b.node()})); }
Array apply(Op op, const Array& a, const Array& b, const Array& c) {
    return Array(elementwise(op, {a.node(), b.node(), c.node()}));
}

}  // namespace

// One row per public function: the elementwise operation behind it.
#define HEDDLE_UNARY(function, op) \
    Array function(const Array& a) { return apply(Op::op, a); }
#define HEDDLE_BINARY(function, op) \
    Array function(const Array& a, const Array& b) { return apply(Op::op, a, b); }

HEDDLE_BINARY(operator+, add)
HEDDLE_BINARY(operator-, subtract)
HEDDLE_BINARY(operator*, multiply)
HEDDLE_BINARY(operator/, divide)
HEDDLE_BINARY(operator%, remainder)
HEDDLE_UNARY(operator-, negative)
HEDDLE_UNARY(operator+, positive)
HEDDLE_UNARY(operator~, invert)
HEDDLE_UNARY(operator!, logical_not)
HEDDLE_BINARY(operator&, bitwise_and)
HEDDLE_BINARY(operator|, bitwise_or)
HEDDLE_BINARY(operator^, bitwise_xor)
HEDDLE_BINARY(operator<<, left_shift)
HEDDLE_BINARY(operator>>, right_shift)
HEDDLE_BINARY(operator==, equal)
HEDDLE_BINARY(operator!=, not_equal)
HEDDLE_BINARY(operator<, less)
HEDDLE_BINARY(operator<=, less_equal)
HEDDLE_BINARY(operator>, greater)
HEDDLE_BINARY(operator>=, greater_equal)
HEDDLE_BINARY(floor_divide, floor_divide)
HEDDLE_BINARY(remainder, remainder)
HEDDLE_BINARY(fmod, fmod)
HEDDLE_BINARY(pow, power)
HEDDLE_BINARY(logical_and, logical_and)
HEDDLE_BINARY(logical_or, logical_or)
HEDDLE_BINARY(logical_xor, logical_xor)
HEDDLE_UNARY(logical_not, logical_not)
HEDDLE_BINARY(minimum, minimum)
HEDDLE_BINARY(maximum, maximum)
HEDDLE_BINARY(fmin, fmin)
HEDDLE_BINARY(fmax, fmax)
HEDDLE_BINARY(hypot, hypot)
HEDDLE_BINARY(atan2, arctan2)
HEDDLE_BINARY(copysign, copysign)
HEDDLE_UNARY(sqrt, sqrt)
HEDDLE_UNARY(cbrt, cbrt)
HEDDLE_UNARY(square, square)
HEDDLE_UNARY(reciprocal, reciprocal)
HEDDLE_UNARY(exp, exp)
HEDDLE_UNARY(exp2, exp2)
HEDDLE_UNARY(expm1, expm1)
HEDDLE_UNARY(log, log)
HEDDLE_UNARY(log2, log2)
HEDDLE_UNARY(log10, log10)
HEDDLE_UNARY(log1p, log1p)
HEDDLE_UNARY(sin, sin)
HEDDLE_UNARY(cos, cos)
HEDDLE_UNARY(tan, tan)
HEDDLE_UNARY(asin, arcsin)
HEDDLE_UNARY(acos, arccos)
HEDDLE_UNARY(atan, arctan)
HEDDLE_UNARY(sinh, sinh)
HEDDLE_UNARY(cosh, cosh)
HEDDLE_UNARY(tanh, tanh)
HEDDLE_UNARY(asinh, arcsinh)
HEDDLE_UNARY(acosh, arccosh)
HEDDLE_UNARY(atanh, arctanh)
HEDDLE_UNARY(erf, erf)
HEDDLE_UNARY(erfc, erfc)
HEDDLE_UNARY(sigmoid, sigmoid)
HEDDLE_UNARY(deg2rad, deg2rad)
HEDDLE_UNARY(rad2deg, rad2deg)
HEDDLE_UNARY(floor, floor)
HEDDLE_UNARY(ceil, ceil)
HEDDLE_UNARY(trunc, trunc)
HEDDLE_UNARY(round, round)
HEDDLE_UNARY(sign, sign)
HEDDLE_UNARY(abs, abs)
HEDDLE_UNARY(isnan, isnan)
HEDDLE_UNARY(isfinite, isfinite)
HEDDLE_UNARY(isinf, isinf)
HEDDLE_UNARY(real, real)
HEDDLE_UNARY(imag, imag)
HEDDLE_UNARY(conj, conj)
HEDDLE_UNARY(angle, angle)
#undef HEDDLE_UNARY
#undef HEDDLE_BINARY

Array where(const Array& condition, const Array& a, const Array& b) { return apply(Op::where, condition, a, b); }
Array clip(const Array& a, const Array& low, const Array& high) { return apply(Op::clip, a, low, high); }

}  // namespace heddle
