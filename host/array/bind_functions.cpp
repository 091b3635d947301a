#include <array>

#include "heddle/functions.hpp"
#include "host/array/bind_call.hpp"
#include "host/array/bind_registry.hpp"
#include "host/array/node.hpp"

namespace heddle::array {
namespace {

// The one-array functions have overloads of the standard library beside them for numbers; these are Heddle's.
#define HEDDLE_UNARY(name) Implementation(static_cast<Unary>(&heddle::name))
#define HEDDLE_BINARY(name) Implementation(static_cast<Binary>(&heddle::name))

Array add(const Array& a, const Array& b) { return a + b; }
Array subtract(const Array& a, const Array& b) { return a - b; }
Array multiply(const Array& a, const Array& b) { return a * b; }
Array divide(const Array& a, const Array& b) { return a / b; }
Array negative(const Array& a) { return -a; }
Array positive(const Array& a) { return +a; }
Array equal(const Array& a, const Array& b) { return a == b; }
Array not_equal(const Array& a, const Array& b) { return a != b; }
Array less(const Array& a, const Array& b) { return a < b; }
Array less_equal(const Array& a, const Array& b) { return a <= b; }
Array greater(const Array& a, const Array& b) { return a > b; }
Array greater_equal(const Array& a, const Array& b) { return a >= b; }
Array bitwise_and(const Array& a, const Array& b) { return a & b; }
Array bitwise_or(const Array& a, const Array& b) { return a | b; }
Array bitwise_xor(const Array& a, const Array& b) { return a ^ b; }
Array bitwise_not(const Array& a) { return ~a; }
Array left_shift(const Array& a, const Array& b) { return a << b; }
Array right_shift(const Array& a, const Array& b) { return a >> b; }

// numpy.fabs: absolute values as floats of the width that sqrt would choose.
Array fabs(const Array& a) {
    if (is_complex(a.dtype()))
        throw DTypeError("fabs does not exist for complex values", "the array is " + std::string(name_of(a.dtype())),
                         "write abs(x)");
    const expr::OperandType operand{a.dtype(), false};
    return heddle::abs(a.astype(expr::resolve(expr::Op::sqrt, {&operand, 1}).result));
}

// numpy.round: scaled, rounded half to even, scaled back; integers stay integers.
Value round_to(const Call& call) {
    auto x = call.array(0);
    auto decimals = call.integer(1, 0);
    if (decimals < -300 || decimals > 300)
        call.fail(1, "a number from -300 to 300", "leave it out to round to integers");
    bool whole = is_integer(x.dtype()) || is_bool(x.dtype());
    if (decimals == 0) return {heddle::round(x), call.place()};
    double scale = 1;
    for (auto i = decimals < 0 ? -decimals : decimals; i > 0; --i) scale *= 10;
    if (decimals > 0) return {whole ? x : heddle::round(x * scale) / scale, call.place()};
    auto rounded = heddle::round(x / scale) * scale;
    return {whole ? rounded.astype(x.dtype()) : rounded, call.place()};
}

Value clip_to(const Call& call) {
    auto x = call.array(0);
    if (call.given(1) && call.given(2)) return {heddle::clip(x, call.array(1), call.array(2)), call.place()};
    if (call.given(1)) return {heddle::maximum(x, call.array(1)), call.place()};
    if (call.given(2)) return {heddle::minimum(x, call.array(2)), call.place()};
    throw ArgumentError("clip() needs a bound", "neither min nor max is given", "write clip(x, 0, 1)");
}

Value nan_to_num(const Call& call) {
    auto x = call.array(0);
    if (!is_float(x.dtype())) {
        if (!is_complex(x.dtype())) return {x, call.place()};
        throw DTypeError("nan_to_num does not exist for complex values", "", "treat real(x) and imag(x) by themselves");
    }
    // Where NumPy puts the largest finite values of the type.
    constexpr std::array<double, 3> largest{65504.0, 3.4028234663852886e38, 1.7976931348623157e308};
    double limit = largest[static_cast<std::size_t>(x.dtype()) - static_cast<std::size_t>(DType::float16)];
    auto finite = heddle::where(x == std::numeric_limits<double>::infinity(), call.real(2, limit), x);
    finite = heddle::where(finite == -std::numeric_limits<double>::infinity(), call.real(3, -limit), finite);
    return {heddle::where(heddle::isnan(x), call.real(1, 0), finite), call.place()};
}

const std::array kArithmetic{
    FunctionRow{"add(x1, x2)", "", "x1 + x2.", Binary(add)},
    FunctionRow{"subtract(x1, x2)", "", "x1 - x2.", Binary(subtract)},
    FunctionRow{"multiply(x1, x2)", "", "x1 * x2.", Binary(multiply)},
    FunctionRow{"divide(x1, x2)", "true_divide", "x1 / x2; of integers too a float.", Binary(divide)},
    FunctionRow{"floor_divide(x1, x2)", "", "x1 // x2, rounded down.", HEDDLE_BINARY(floor_divide)},
    FunctionRow{"remainder(x1, x2)", "mod", "x1 % x2, with the sign of x2.", HEDDLE_BINARY(remainder)},
    FunctionRow{"fmod(x1, x2)", "", "The remainder with the sign of x1, as in C.", HEDDLE_BINARY(fmod)},
    FunctionRow{"power(x1, x2)", "pow", "x1 ** x2.", HEDDLE_BINARY(pow)},
    FunctionRow{"negative(x)", "", "-x.", Unary(negative)},
    FunctionRow{"positive(x)", "", "+x.", Unary(positive)},
    FunctionRow{"abs(x)", "absolute", "The absolute value; of a complex number its length.", HEDDLE_UNARY(abs), true},
    FunctionRow{"fabs(x)", "", "The absolute value as a float.", Unary(fabs)},
    FunctionRow{"sign(x)", "", "-1, 0 or 1.", HEDDLE_UNARY(sign)},
    FunctionRow{"copysign(x1, x2)", "", "x1 with the sign of x2.", HEDDLE_BINARY(copysign)},
    FunctionRow{"square(x)", "", "x * x.", HEDDLE_UNARY(square)},
    FunctionRow{"sqrt(x)", "", "The square root.", HEDDLE_UNARY(sqrt)},
    FunctionRow{"cbrt(x)", "", "The cube root.", HEDDLE_UNARY(cbrt)},
    FunctionRow{"reciprocal(x)", "", "1 / x, in the type of x.", HEDDLE_UNARY(reciprocal)},
    FunctionRow{"hypot(x1, x2)", "", "sqrt(x1**2 + x2**2) without overflow.", HEDDLE_BINARY(hypot)},
};

const std::array kExponential{
    FunctionRow{"exp(x)", "", "e ** x.", HEDDLE_UNARY(exp)},
    FunctionRow{"exp2(x)", "", "2 ** x.", HEDDLE_UNARY(exp2)},
    FunctionRow{"expm1(x)", "", "exp(x) - 1, exact near 0.", HEDDLE_UNARY(expm1)},
    FunctionRow{"log(x)", "ln", "The natural logarithm.", HEDDLE_UNARY(log)},
    FunctionRow{"log2(x)", "", "The logarithm to base 2.", HEDDLE_UNARY(log2)},
    FunctionRow{"log10(x)", "", "The logarithm to base 10.", HEDDLE_UNARY(log10)},
    FunctionRow{"log1p(x)", "", "log(1 + x), exact near 0.", HEDDLE_UNARY(log1p)},
    FunctionRow{"sigmoid(x)", "expit", "1 / (1 + exp(-x)).", HEDDLE_UNARY(sigmoid)},
    FunctionRow{"erf(x)", "", "The error function.", HEDDLE_UNARY(erf)},
    FunctionRow{"erfc(x)", "", "1 - erf(x), exact where erf(x) is close to 1.", HEDDLE_UNARY(erfc)},
};

const std::array kTrigonometric{
    FunctionRow{"sin(x)", "", "The sine of x radians.", HEDDLE_UNARY(sin)},
    FunctionRow{"cos(x)", "", "The cosine.", HEDDLE_UNARY(cos)},
    FunctionRow{"tan(x)", "", "The tangent.", HEDDLE_UNARY(tan)},
    FunctionRow{"arcsin(x)", "asin", "The inverse sine.", HEDDLE_UNARY(asin)},
    FunctionRow{"arccos(x)", "acos", "The inverse cosine.", HEDDLE_UNARY(acos)},
    FunctionRow{"arctan(x)", "atan", "The inverse tangent.", HEDDLE_UNARY(atan)},
    FunctionRow{"arctan2(x1, x2)", "atan2", "The angle of the point (x2, x1).", HEDDLE_BINARY(atan2)},
    FunctionRow{"sinh(x)", "", "The hyperbolic sine.", HEDDLE_UNARY(sinh)},
    FunctionRow{"cosh(x)", "", "The hyperbolic cosine.", HEDDLE_UNARY(cosh)},
    FunctionRow{"tanh(x)", "", "The hyperbolic tangent.", HEDDLE_UNARY(tanh)},
    FunctionRow{"arcsinh(x)", "asinh", "The inverse hyperbolic sine.", HEDDLE_UNARY(asinh)},
    FunctionRow{"arccosh(x)", "acosh", "The inverse hyperbolic cosine.", HEDDLE_UNARY(acosh)},
    FunctionRow{"arctanh(x)", "atanh", "The inverse hyperbolic tangent.", HEDDLE_UNARY(atanh)},
    FunctionRow{"deg2rad(x)", "radians", "Degrees as radians.", HEDDLE_UNARY(deg2rad)},
    FunctionRow{"rad2deg(x)", "degrees", "Radians as degrees.", HEDDLE_UNARY(rad2deg)},
};

const std::array kRounding{
    FunctionRow{"floor(x)", "", "Rounded down.", HEDDLE_UNARY(floor)},
    FunctionRow{"ceil(x)", "", "Rounded up.", HEDDLE_UNARY(ceil)},
    FunctionRow{"trunc(x)", "fix", "Rounded towards 0.", HEDDLE_UNARY(trunc)},
    FunctionRow{"rint(x)", "", "Rounded to the nearest integer, halves to the even one.", HEDDLE_UNARY(round)},
    FunctionRow{"round(x, decimals=0)", "around", "Rounded to so many decimals, halves to even.", General(round_to),
                true},
    FunctionRow{"clip(x, min|a_min=None, max|a_max=None)", "", "x limited to the bounds that are given.",
                General(clip_to), true},
    FunctionRow{"minimum(x1, x2)", "", "The smaller one; NaN where one is NaN.", HEDDLE_BINARY(minimum)},
    FunctionRow{"maximum(x1, x2)", "", "The larger one; NaN where one is NaN.", HEDDLE_BINARY(maximum)},
    FunctionRow{"fmin(x1, x2)", "", "The smaller one; the other where one is NaN.", HEDDLE_BINARY(fmin)},
    FunctionRow{"fmax(x1, x2)", "", "The larger one; the other where one is NaN.", HEDDLE_BINARY(fmax)},
    FunctionRow{"nan_to_num(x, nan=0.0, posinf=None, neginf=None)", "",
                "x with NaN and infinities replaced, infinities by the largest finite values.", General(nan_to_num)},
};

const std::array kComparison{
    FunctionRow{"where(condition, x, y)", "", "x where the condition is true, y elsewhere.", Ternary(&heddle::where)},
    FunctionRow{"equal(x1, x2)", "", "x1 == x2.", Binary(equal)},
    FunctionRow{"not_equal(x1, x2)", "", "x1 != x2.", Binary(not_equal)},
    FunctionRow{"less(x1, x2)", "", "x1 < x2.", Binary(less)},
    FunctionRow{"less_equal(x1, x2)", "", "x1 <= x2.", Binary(less_equal)},
    FunctionRow{"greater(x1, x2)", "", "x1 > x2.", Binary(greater)},
    FunctionRow{"greater_equal(x1, x2)", "", "x1 >= x2.", Binary(greater_equal)},
    FunctionRow{"logical_and(x1, x2)", "", "Whether both are not zero.", HEDDLE_BINARY(logical_and)},
    FunctionRow{"logical_or(x1, x2)", "", "Whether one is not zero.", HEDDLE_BINARY(logical_or)},
    FunctionRow{"logical_xor(x1, x2)", "", "Whether exactly one is not zero.", HEDDLE_BINARY(logical_xor)},
    FunctionRow{"logical_not(x)", "", "Whether x is zero.", HEDDLE_UNARY(logical_not)},
    FunctionRow{"isnan(x)", "", "Whether x is NaN.", HEDDLE_UNARY(isnan)},
    FunctionRow{"isinf(x)", "", "Whether x is an infinity.", HEDDLE_UNARY(isinf)},
    FunctionRow{"isfinite(x)", "", "Whether x is neither NaN nor an infinity.", HEDDLE_UNARY(isfinite)},
    FunctionRow{"bitwise_and(x1, x2)", "", "x1 & x2, for integers and bool.", Binary(bitwise_and)},
    FunctionRow{"bitwise_or(x1, x2)", "", "x1 \\| x2, for integers and bool.", Binary(bitwise_or)},
    FunctionRow{"bitwise_xor(x1, x2)", "", "x1 ^ x2, for integers and bool.", Binary(bitwise_xor)},
    FunctionRow{"invert(x)", "bitwise_not", "~x, for integers and bool.", Unary(bitwise_not)},
    FunctionRow{"left_shift(x1, x2)", "", "x1 << x2, for integers.", Binary(left_shift)},
    FunctionRow{"right_shift(x1, x2)", "", "x1 >> x2, for integers.", Binary(right_shift)},
};

const std::array kComplex{
    FunctionRow{"real(x)", "", "The real part.", HEDDLE_UNARY(real)},
    FunctionRow{"imag(x)", "", "The imaginary part.", HEDDLE_UNARY(imag)},
    FunctionRow{"conj(x)", "conjugate", "The complex conjugate.", HEDDLE_UNARY(conj), true},
    FunctionRow{"angle(x)", "", "The angle in the complex plane.", HEDDLE_UNARY(angle)},
};

#undef HEDDLE_UNARY
#undef HEDDLE_BINARY

}  // namespace

std::span<const FunctionRow> arithmetic_rows() { return kArithmetic; }
std::span<const FunctionRow> exponential_rows() { return kExponential; }
std::span<const FunctionRow> trigonometric_rows() { return kTrigonometric; }
std::span<const FunctionRow> rounding_rows() { return kRounding; }
std::span<const FunctionRow> comparison_rows() { return kComparison; }
std::span<const FunctionRow> complex_rows() { return kComplex; }

}  // namespace heddle::array
