#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace heddle::kernels {

// Which element types an operation takes and gives; host/expr/typing.cpp turns a rule into types.
enum class TypeRule : std::uint8_t {
    arithmetic,     // the promoted type, bool included
    subtraction,    // the promoted type, never bool (negative, sign, … too)
    division,       // integers and bool compute in float64
    modular,        // bool computes as int8; no complex
    powers,         // bool computes as int8
    comparison,     // the promoted type → bool
    truth,          // arguments become bool → bool
    bitwise,        // bool and integers
    shift,          // integers; bool computes as int8
    selection,      // bool, then two of the promoted type
    ordering,       // the promoted type, bool included
    real_floating,  // integers and bool compute in float16, float32 or float64; no complex
    floating,       // the same, complex too
    rounding,       // floats; integers and bool pass through; no complex
    predicate,      // any type → bool
    absolute,       // unchanged, complex → its real type
    complex_part,   // unchanged, complex → its real type
    conjugation,    // unchanged, bool → int8
    phase,          // as real_floating, complex → its real type
};

// One row per elementwise operation: NumPy's name, number of arguments, type rule. `round` is NumPy's rint,
// `divide` its true_divide.
#define HEDDLE_ELEMENTWISE_OPS(X)   \
    X(add, 2, arithmetic)           \
    X(subtract, 2, subtraction)     \
    X(multiply, 2, arithmetic)      \
    X(divide, 2, division)          \
    X(floor_divide, 2, modular)     \
    X(remainder, 2, modular)        \
    X(fmod, 2, modular)             \
    X(power, 2, powers)             \
    X(negative, 1, subtraction)     \
    X(positive, 1, subtraction)     \
    X(equal, 2, comparison)         \
    X(not_equal, 2, comparison)     \
    X(less, 2, comparison)          \
    X(less_equal, 2, comparison)    \
    X(greater, 2, comparison)       \
    X(greater_equal, 2, comparison) \
    X(logical_and, 2, truth)        \
    X(logical_or, 2, truth)         \
    X(logical_xor, 2, truth)        \
    X(logical_not, 1, truth)        \
    X(bitwise_and, 2, bitwise)      \
    X(bitwise_or, 2, bitwise)       \
    X(bitwise_xor, 2, bitwise)      \
    X(invert, 1, bitwise)           \
    X(left_shift, 2, shift)         \
    X(right_shift, 2, shift)        \
    X(where, 3, selection)          \
    X(clip, 3, ordering)            \
    X(minimum, 2, ordering)         \
    X(maximum, 2, ordering)         \
    X(fmin, 2, ordering)            \
    X(fmax, 2, ordering)            \
    X(sqrt, 1, floating)            \
    X(cbrt, 1, real_floating)       \
    X(square, 1, powers)            \
    X(reciprocal, 1, powers)        \
    X(exp, 1, floating)             \
    X(exp2, 1, floating)            \
    X(expm1, 1, floating)           \
    X(log, 1, floating)             \
    X(log2, 1, floating)            \
    X(log10, 1, floating)           \
    X(log1p, 1, floating)           \
    X(sin, 1, floating)             \
    X(cos, 1, floating)             \
    X(tan, 1, floating)             \
    X(arcsin, 1, floating)          \
    X(arccos, 1, floating)          \
    X(arctan, 1, floating)          \
    X(arctan2, 2, real_floating)    \
    X(sinh, 1, floating)            \
    X(cosh, 1, floating)            \
    X(tanh, 1, floating)            \
    X(arcsinh, 1, floating)         \
    X(arccosh, 1, floating)         \
    X(arctanh, 1, floating)         \
    X(hypot, 2, real_floating)      \
    X(erf, 1, real_floating)        \
    X(erfc, 1, real_floating)       \
    X(sigmoid, 1, real_floating)    \
    X(floor, 1, rounding)           \
    X(ceil, 1, rounding)            \
    X(round, 1, rounding)           \
    X(trunc, 1, rounding)           \
    X(sign, 1, subtraction)         \
    X(abs, 1, absolute)             \
    X(isnan, 1, predicate)          \
    X(isfinite, 1, predicate)       \
    X(isinf, 1, predicate)          \
    X(real, 1, complex_part)        \
    X(imag, 1, complex_part)        \
    X(conj, 1, conjugation)         \
    X(angle, 1, phase)              \
    X(copysign, 2, real_floating)   \
    X(deg2rad, 1, real_floating)    \
    X(rad2deg, 1, real_floating)

enum class Op : std::uint8_t {
#define X(name, arity, rule) name,
    HEDDLE_ELEMENTWISE_OPS(X)
#undef X
};

struct OpInfo {
    std::string_view name;
    int arity;
    TypeRule rule;
};

inline constexpr std::array kOps{
#define X(name, arity, rule) OpInfo{#name, arity, TypeRule::rule},
    HEDDLE_ELEMENTWISE_OPS(X)
#undef X
};

constexpr const OpInfo& info_of(Op op) { return kOps[static_cast<std::size_t>(op)]; }
constexpr std::string_view name_of(Op op) { return info_of(op).name; }
constexpr int arity_of(Op op) { return info_of(op).arity; }

}  // namespace heddle::kernels
