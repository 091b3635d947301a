#include "host/expr/typing.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "heddle/error.hpp"

namespace heddle::expr {
namespace {

using kernels::TypeRule;

// The smallest float that holds the type's values, as NumPy counts: int32 and wider go to float64.
DType float_for(DType t) {
    if (is_bool(t) || (is_integer(t) && size_of(t) == 1)) return DType::float16;
    if (is_integer(t)) return size_of(t) == 2 ? DType::float32 : DType::float64;
    return t;
}

DType real_part(DType t) {
    if (t == DType::complex64) return DType::float32;
    if (t == DType::complex128) return DType::float64;
    return t;
}

DType complex_for(DType t) { return real_part(float_for(t)) == DType::float64 ? DType::complex128 : DType::complex64; }

DType promote_integers(DType a, DType b) {
    if (is_signed(a) == is_signed(b)) return std::max(a, b);
    const DType s = is_signed(a) ? a : b, u = is_signed(a) ? b : a;
    if (size_of(s) > size_of(u)) return s;
    switch (u) {
        case DType::uint8:
            return DType::int16;
        case DType::uint16:
            return DType::int32;
        case DType::uint32:
            return DType::int64;
        default:
            return DType::float64;
    }
}

int kind_of(DType t) { return is_bool(t) ? 0 : is_integer(t) ? 1 : is_float(t) ? 2 : 3; }

std::string list_types(std::span<const OperandType> operands) {
    std::string text;
    for (const OperandType& o : operands) {
        text += text.empty() ? "" : ", ";
        constexpr std::array kPython{"bool", "int", "float", "complex"};
        text += o.weak ? kPython[static_cast<std::size_t>(kind_of(o.dtype))] : name_of(o.dtype);
    }
    return text;
}

[[noreturn]] void reject(Op op, std::span<const OperandType> operands, const char* accepted, const char* remedy) {
    const std::string name(name_of(op));
    throw DTypeError("no " + name + " of " + list_types(operands), name + " exists for " + accepted, remedy);
}

DType common_float(std::span<const OperandType> operands, DType common) {
    DType f = DType::float16;
    for (const OperandType& o : operands) f = promote_types(f, float_for(o.weak ? common : o.dtype));
    return f;
}

// The type that all arguments take; TypeRule::selection sees its last two only.
DType compute_type(Op op, std::span<const OperandType> operands, DType common) {
    constexpr const char* kReal = "bool, integers and floats";
    constexpr const char* kTakeReal = "take real(…), imag(…) or abs(…) of a complex operand";
    switch (info_of(op).rule) {
        case TypeRule::subtraction:
            if (is_bool(common)) {
                reject(op, operands, "integers, floats and complex numbers",
                       op == Op::subtract ? "use logical_xor, or cast to an integer type"
                                          : "use logical_not, or cast to an integer type");
            }
            return common;
        case TypeRule::division:
            return kind_of(common) < 2 ? DType::float64 : common;
        case TypeRule::modular:
            if (is_complex(common)) reject(op, operands, kReal, kTakeReal);
            return is_bool(common) ? DType::int8 : common;
        case TypeRule::powers:
        case TypeRule::conjugation:
            return is_bool(common) ? DType::int8 : common;
        case TypeRule::truth:
            return DType::boolean;
        case TypeRule::bitwise:
            if (kind_of(common) > 1) reject(op, operands, "bool and integers", "cast to an integer type");
            return common;
        case TypeRule::shift:
            if (kind_of(common) > 1) reject(op, operands, "integers", "cast to an integer type");
            return is_bool(common) ? DType::int8 : common;
        case TypeRule::real_floating:
            if (is_complex(common)) reject(op, operands, kReal, kTakeReal);
            return common_float(operands, common);
        case TypeRule::floating:
            return common_float(operands, common);
        case TypeRule::phase:
            // numpy.angle takes arctan2(0, x) with a Python 0, which makes a bool an int64.
            return is_bool(common) ? DType::float64 : common_float(operands, common);
        case TypeRule::rounding:
            if (is_complex(common) && op != Op::round) reject(op, operands, kReal, "use round, or take real(…)");
            return common;
        default:
            return common;
    }
}

}  // namespace

DType promote_types(DType a, DType b) {
    if (a == b || is_bool(b)) return a;
    if (is_bool(a)) return b;
    if (is_integer(a) && is_integer(b)) return promote_integers(a, b);
    const DType real = std::max(real_part(float_for(a)), real_part(float_for(b)));
    return is_complex(a) || is_complex(b) ? complex_for(real) : real;
}

DType result_type(std::span<const OperandType> operands) {
    bool any_strong = false, any_weak = false;
    DType strong = DType::boolean, weak = DType::boolean;
    for (const OperandType& o : operands) {
        if (o.weak) {
            weak = any_weak ? std::max(weak, o.dtype) : o.dtype;
            any_weak = true;
        } else {
            strong = any_strong ? promote_types(strong, o.dtype) : o.dtype;
            any_strong = true;
        }
    }
    if (!any_weak) return strong;
    if (!any_strong || kind_of(strong) < std::min(kind_of(weak), 2)) return weak;
    if (is_complex(weak) && !is_complex(strong)) return complex_for(strong);
    return strong;
}

bool can_cast_safely(DType from, DType to) { return promote_types(from, to) == to; }

Resolved resolve(Op op, std::span<const OperandType> operands) {
    const auto& info = info_of(op);
    if (operands.size() != static_cast<std::size_t>(info.arity)) {
        throw ArgumentError("wrong number of arguments for " + std::string(info.name),
                            std::to_string(operands.size()) + " were given", "give " + std::to_string(info.arity));
    }
    const auto promoted = info.rule == TypeRule::selection ? operands.subspan(1) : operands;
    const DType compute = compute_type(op, operands, result_type(promoted));
    Resolved resolved{{compute, compute, compute}, compute};
    switch (info.rule) {
        case TypeRule::selection:
            resolved.arguments[0] = DType::boolean;
            break;
        case TypeRule::comparison:
        case TypeRule::predicate:
            resolved.result = DType::boolean;
            break;
        case TypeRule::absolute:
        case TypeRule::complex_part:
        case TypeRule::phase:
            resolved.result = real_part(compute);
            break;
        default:
            break;
    }
    return resolved;
}

void check_weak_fits(const Scalar& value, DType dtype) {
    if (!is_integer(dtype) || !is_integer(value.dtype)) return;
    const bool negative = is_signed(value.dtype) && value.i < 0;
    const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(value.i) : value.u;
    const int bits = static_cast<int>(size_of(dtype)) * 8 - (is_signed(dtype) ? 1 : 0);
    const std::uint64_t highest = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    const std::uint64_t limit = negative ? (is_signed(dtype) ? highest + 1 : 0) : highest;
    if (magnitude <= limit) return;
    const std::string name(name_of(dtype));
    const std::string low = is_signed(dtype) ? "-" + std::to_string(highest + 1) : "0";
    throw ArgumentError("the number " + to_string(value) + " does not fit " + name,
                        name + " holds " + low + " to " + std::to_string(highest),
                        "cast the other operand to a wider type first");
}

}  // namespace heddle::expr
