#include "host/expr/program.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "heddle/error.hpp"

namespace heddle::expr {
namespace {

std::array<std::uint64_t, 2> bytes_of(const Scalar& value) {
    std::array<std::uint64_t, 2> words{};
    value.store(words.data());
    return words;
}

bool same_integers(DType a, DType b) { return is_integer(a) && is_integer(b); }

}  // namespace

int ProgramBuilder::intern(const Node& node) {
    const std::uint64_t tag = static_cast<std::uint64_t>(node.kind) << 24 | static_cast<std::uint64_t>(node.op) << 16 |
                              static_cast<std::uint64_t>(node.dtype) << 8 | (node.weak ? 1u : 0u);
    std::array<std::uint64_t, 5> key{
        tag, static_cast<std::uint64_t>(node.arguments[0]), static_cast<std::uint64_t>(node.arguments[1]),
        static_cast<std::uint64_t>(node.arguments[2]), static_cast<std::uint64_t>(node.input)};
    if (node.kind == Kind::constant) {
        const auto words = bytes_of(node.value);
        key = {tag, words[0], words[1], 0, 0};
    }
    const auto [place, is_new] = known_.try_emplace(key, static_cast<int>(nodes_.size()));
    if (is_new) nodes_.push_back(node);
    return place->second;
}

int ProgramBuilder::input(DType dtype) {
    Node node{Kind::input, dtype};
    node.input = inputs_++;
    return intern(node);
}

int ProgramBuilder::constant(const Scalar& value) {
    Node node{Kind::constant, value.dtype};
    node.value = value;
    return intern(node);
}

int ProgramBuilder::weak_constant(const Scalar& value) {
    const DType widest = is_bool(value.dtype)      ? DType::boolean
                         : is_signed(value.dtype)  ? DType::int64
                         : is_integer(value.dtype) ? DType::uint64
                         : is_float(value.dtype)   ? DType::float64
                                                   : DType::complex128;
    Node node{Kind::constant, widest};
    node.value = value.cast_to(widest);
    node.weak = !is_bool(widest);
    return intern(node);
}

OperandType ProgramBuilder::operand_type(int value) const {
    const Node& node = nodes_[static_cast<std::size_t>(value)];
    return {node.dtype, node.weak};
}

int ProgramBuilder::cast(int value, DType to) {
    const Node& from = nodes_[static_cast<std::size_t>(value)];
    if (from.kind == Kind::constant) return from.dtype == to && !from.weak ? value : constant(from.value.cast_to(to));
    if (from.dtype == to) return value;
    if (from.kind == Kind::cast) {
        // Widening and then going back, or on, is one cast. Integers above 2^53 are not all values of float64.
        const int inner = from.arguments[0];
        const bool exact = can_cast_safely(dtype(inner), from.dtype) &&
                           !(is_integer(dtype(inner)) && size_of(dtype(inner)) == 8 && !is_integer(from.dtype));
        if (exact && (dtype(inner) == to || (!is_bool(to) && can_cast_safely(from.dtype, to)))) return cast(inner, to);
    }
    Node node{Kind::cast, to};
    node.arguments[0] = value;
    return intern(node);
}

int ProgramBuilder::apply(Op op, int a, int b, int c) {
    const std::array<int, 3> arguments{a, b, c};
    std::array<OperandType, 3> types{};
    const auto arity = static_cast<std::size_t>(arity_of(op));
    for (std::size_t i = 0; i < arity; ++i) types[i] = {dtype(arguments[i]), false};
    const Resolved resolved = resolve(op, std::span(types).first(arity));
    for (std::size_t i = 0; i < arity; ++i) {
        if (types[i].dtype != resolved.arguments[i]) {
            throw DTypeError("wrong argument type for " + std::string(name_of(op)),
                             std::string(name_of(types[i].dtype)) + " was given",
                             "cast it to " + std::string(name_of(resolved.arguments[i])));
        }
    }
    return apply_resolved(op, arguments, resolved);
}

int ProgramBuilder::apply_promoted(Op op, int a, int b, int c) {
    std::array<int, 3> arguments{a, b, c};
    std::array<OperandType, 3> types{};
    const auto arity = static_cast<std::size_t>(arity_of(op));
    for (std::size_t i = 0; i < arity; ++i) types[i] = operand_type(arguments[i]);
    const Resolved resolved = resolve(op, std::span(types).first(arity));
    if (info_of(op).rule == kernels::TypeRule::comparison && same_integers(types[0].dtype, types[1].dtype)) {
        const int exact = compare_exactly(op, a, b);
        if (exact >= 0) return exact;
    }
    for (std::size_t i = 0; i < arity; ++i) {
        if (types[i].weak) check_weak_fits(constant_value(arguments[i]), resolved.arguments[i]);
        arguments[i] = cast(arguments[i], resolved.arguments[i]);
    }
    return apply_resolved(op, arguments, resolved);
}

// Where promotion would lose bits or a number would not fit, compares by value as NumPy does; -1 elsewhere.
int ProgramBuilder::compare_exactly(Op op, int a, int b) {
    if (op == Op::greater) return compare_exactly(Op::less, b, a);
    if (op == Op::greater_equal) return compare_exactly(Op::less_equal, b, a);
    const OperandType x = operand_type(a), y = operand_type(b);
    if (x.weak || y.weak) {
        if (x.weak && y.weak) return -1;
        // A number outside the other side's type decides the comparison.
        const Scalar& number = constant_value(x.weak ? a : b);
        try {
            check_weak_fits(number, x.weak ? y.dtype : x.dtype);
            return -1;
        } catch (const ArgumentError&) {
            const bool number_is_less = is_signed(number.dtype) && number.i < 0;
            const bool ordered = x.weak ? number_is_less : !number_is_less;
            return constant(Scalar::of_bool(op == Op::not_equal || (op != Op::equal && ordered)));
        }
    }
    if (promote_types(x.dtype, y.dtype) != DType::float64) return -1;
    // uint64 beside a signed type: a negative value is below, others compare as uint64.
    const bool signed_left = is_signed(x.dtype);
    const int s = signed_left ? a : b;
    const int negative = apply_promoted(Op::less, s, weak_constant(Scalar::of_int(0)));
    const int unsigned_a = cast(a, DType::uint64), unsigned_b = cast(b, DType::uint64);
    const int same_sign = apply(op, unsigned_a, unsigned_b);
    if (op == Op::not_equal || (op != Op::equal && signed_left)) return apply(Op::logical_or, negative, same_sign);
    return apply(Op::logical_and, apply(Op::logical_not, negative), same_sign);
}

int ProgramBuilder::apply_resolved(Op op, std::array<int, 3> arguments, const Resolved& types) {
    const auto arity = static_cast<std::size_t>(arity_of(op));
    for (std::size_t i = arity; i < 3; ++i) arguments[i] = -1;
    if (op == Op::greater || op == Op::greater_equal) {
        std::swap(arguments[0], arguments[1]);
        op = op == Op::greater ? Op::less : Op::less_equal;
    }
    const DType compute = types.arguments[arity - 1];
    const int rewritten = rewrite(op, arguments, compute);
    if (rewritten >= 0) return rewritten;
    Node node{Kind::apply, types.result, op, arguments};
    if (compute == DType::float16 && op != Op::where) {
        // float16 is for storage: compute in float32 and round once.
        for (std::size_t i = 0; i < arity; ++i) node.arguments[i] = cast(arguments[i], DType::float32);
        if (types.result == DType::float16) node.dtype = DType::float32;
        return cast(fold(node), types.result);
    }
    return fold(node);
}

// Operations that are others, or their own argument; -1 for the rest.
int ProgramBuilder::rewrite(Op op, const std::array<int, 3>& arguments, DType compute) {
    const int a = arguments[0];
    const bool whole = is_bool(compute) || is_integer(compute);
    switch (op) {
        case Op::positive:
            return a;
        case Op::conj:
        case Op::real:
            return is_complex(compute) ? -1 : a;
        case Op::imag:
            return is_complex(compute) ? -1 : constant(Scalar::of_int(0, compute));
        case Op::abs:
            return is_bool(compute) || is_unsigned(compute) ? a : -1;
        case Op::floor:
        case Op::ceil:
        case Op::round:
        case Op::trunc:
            return whole ? a : -1;
        case Op::isnan:
        case Op::isinf:
            return whole ? constant(Scalar::of_bool(false)) : -1;
        case Op::isfinite:
            return whole ? constant(Scalar::of_bool(true)) : -1;
        case Op::where:
            if (arguments[1] == arguments[2]) return arguments[1];
            return is_constant(a) ? arguments[constant_value(a).b ? 1 : 2] : -1;
        case Op::power:
            return is_constant(arguments[1]) ? rewrite_power(a, arguments[1], compute) : -1;
        default:
            return -1;
    }
}

bool Program::checks_exponents() const {
    return std::any_of(instructions_.begin(), instructions_.end(), [](const auto& ins) { return ins.checks_exponent; });
}

void throw_negative_exponent() {
    throw ArgumentError("integers to negative integer powers are not allowed", "an exponent is negative",
                        "cast the base or the exponent to a float");
}

// What NumPy's ** does for a number on the right: these exponents have cheaper and more exact operations.
int ProgramBuilder::rewrite_power(int base, int exponent, DType compute) {
    const Scalar value = constant_value(exponent).cast_to(DType::complex128);
    if (is_signed(compute) && value.c.real() < 0) {
        throw ArgumentError("integers to negative integer powers are not allowed",
                            "the exponent is " + to_string(constant_value(exponent)),
                            "make the base a float, or the exponent: x ** -1.0");
    }
    if (value.c == 1.0) return base;
    if (value.c == 2.0) return apply(Op::square, base);
    if (value.c == 0.5) return apply(Op::sqrt, base);
    if (value.c == -1.0) return apply(Op::reciprocal, base);
    const double n = value.c.real();
    const bool small = value.c.imag() == 0 && std::trunc(n) == n && std::fabs(n) <= 8 && n != 0;
    if (!small || (compute != DType::float32 && compute != DType::float16)) return -1;
    if (compute == DType::float16) {
        const int wide = cast(base, DType::float32);
        return cast(apply(Op::power, wide, cast(exponent, DType::float32)), DType::float16);
    }
    // In float64 products of float32 values are so exact that this rounds as pow does, in a tenth of its time.
    int square = cast(base, DType::float64), power = -1;
    for (int rest = static_cast<int>(std::fabs(n)); rest != 0; rest >>= 1) {
        if ((rest & 1) != 0) power = power < 0 ? square : apply(Op::multiply, power, square);
        if (rest > 1) square = apply(Op::square, square);
    }
    return cast(n < 0 ? apply(Op::reciprocal, power) : power, DType::float32);
}

// The node, or its value when all arguments are constants.
int ProgramBuilder::fold(const Node& node) {
    const auto arity = static_cast<std::size_t>(arity_of(node.op));
    alignas(16) std::array<std::array<std::byte, 16>, 3> values{};
    for (std::size_t i = 0; i < arity; ++i) {
        if (!is_constant(node.arguments[i])) return intern(node);
        constant_value(node.arguments[i]).store(values[i].data());
    }
    if (node.op == Op::power && is_signed(node.dtype)) return intern(node);
    alignas(16) std::array<std::byte, 16> result{};
    const auto* found = kernels::find_elementwise(node.op, dtype(node.arguments[arity - 1]));
    found->variants[0](values[0].data(), values[1].data(), values[2].data(), result.data(), 1);
    return constant(Scalar::load(result.data(), node.dtype));
}

void ProgramBuilder::output(int value, DType dtype) { outputs_.emplace_back(cast(value, dtype), dtype); }

}  // namespace heddle::expr
