#include "host/array/bind_number.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "heddle/error.hpp"

namespace heddle::array {
namespace {

using expr::ast::BinaryOp;
using expr::ast::CompareOp;
using expr::ast::UnaryOp;
using Complex = std::complex<double>;

[[noreturn]] void throw_too_large() {
    throw ArgumentError("the integer is too large", "it needs more than 128 bits", "write one operand as a float");
}

[[noreturn]] void throw_zero_division() {
    throw ArgumentError("division by zero", "both operands are plain numbers, which divide as Python's do",
                        "write inf or nan if that is meant");
}

[[noreturn]] void throw_no_operator(std::string_view op, const Number& a, const Number& b) {
    throw DTypeError("'" + std::string(op) + "' does not exist for " + std::string(type_name(a)) + " and " +
                         std::string(type_name(b)),
                     "Python has no such operation", "check the operands");
}

// bool < int < float < complex, as Python widens them.
int level(const Number& n) { return static_cast<int>(n.index()); }

Int128 as_int(const Number& n) {
    if (const auto* b = std::get_if<bool>(&n)) return *b ? 1 : 0;
    return std::get<Int128>(n);
}
double as_double(const Number& n) {
    if (const auto* d = std::get_if<double>(&n)) return *d;
    return static_cast<double>(as_int(n));
}
Complex as_complex(const Number& n) {
    if (const auto* c = std::get_if<Complex>(&n)) return *c;
    return {as_double(n), 0};
}

Int128 floor_divide(Int128 a, Int128 b) {
    if (b == 0) throw_zero_division();
    if (b == -1) {
        Int128 result{};
        if (__builtin_sub_overflow(Int128{0}, a, &result)) throw_too_large();
        return result;
    }
    auto quotient = a / b;
    return a % b != 0 && ((a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

Int128 modulo(Int128 a, Int128 b) {
    if (b == 0) throw_zero_division();
    if (b == -1) return 0;
    auto rest = a % b;
    return rest != 0 && ((rest < 0) != (b < 0)) ? rest + b : rest;
}

// float_divmod of CPython's Objects/floatobject.c.
std::pair<double, double> divmod(double a, double b) {
    if (b == 0) throw_zero_division();
    double mod = std::fmod(a, b);
    double div = (a - mod) / b;
    if (mod != 0) {
        if ((b < 0) != (mod < 0)) {
            mod += b;
            div -= 1;
        }
    } else {
        mod = std::copysign(0.0, b);
    }
    if (div == 0) return {std::copysign(0.0, a / b), mod};
    double floored = std::floor(div);
    if (div - floored > 0.5) floored += 1;
    return {floored, mod};
}

Int128 power(Int128 base, Int128 exponent) {
    Int128 result = 1;
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 != 0 && __builtin_mul_overflow(result, base, &result)) throw_too_large();
        // Squaring once more than is needed may overflow harmlessly.
        if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) throw_too_large();
    }
    return result;
}

Number real_power(double a, double b) {
    if (a == 0 && b < 0) throw_zero_division();
    if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b)) return std::pow(Complex(a), Complex(b));
    return std::pow(a, b);
}

Number shift(BinaryOp op, Int128 a, Int128 b) {
    if (b < 0) throw ArgumentError("a shift by a negative number", "", "shift the other way");
    if (op == BinaryOp::shift_right) return b > 126 ? Int128{a < 0 ? -1 : 0} : a >> static_cast<int>(b);
    if (a == 0) return Int128{0};
    if (b > 126) throw_too_large();
    Int128 result{};
    if (__builtin_mul_overflow(a, power(2, b), &result)) throw_too_large();
    return result;
}

Number integer_operation(BinaryOp op, Int128 a, Int128 b) {
    Int128 result{};
    bool overflow = false;
    switch (op) {
        case BinaryOp::add:
            overflow = __builtin_add_overflow(a, b, &result);
            break;
        case BinaryOp::subtract:
            overflow = __builtin_sub_overflow(a, b, &result);
            break;
        case BinaryOp::multiply:
            overflow = __builtin_mul_overflow(a, b, &result);
            break;
        case BinaryOp::floor_divide:
            return floor_divide(a, b);
        case BinaryOp::modulo:
            return modulo(a, b);
        case BinaryOp::bit_or:
            return a | b;
        case BinaryOp::bit_xor:
            return a ^ b;
        case BinaryOp::bit_and:
            return a & b;
        case BinaryOp::shift_left:
        case BinaryOp::shift_right:
            return shift(op, a, b);
        case BinaryOp::divide:
            if (b == 0) throw_zero_division();
            return static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b));
        default:
            return b < 0 ? real_power(static_cast<double>(a), static_cast<double>(b)) : Number(power(a, b));
    }
    if (overflow) throw_too_large();
    return result;
}

Number float_operation(BinaryOp op, const Number& x, const Number& y) {
    double a = as_double(x), b = as_double(y);
    switch (op) {
        case BinaryOp::add:
            return a + b;
        case BinaryOp::subtract:
            return a - b;
        case BinaryOp::multiply:
            return a * b;
        case BinaryOp::divide:
            if (b == 0) throw_zero_division();
            return a / b;
        case BinaryOp::floor_divide:
            return divmod(a, b).first;
        case BinaryOp::modulo:
            return divmod(a, b).second;
        case BinaryOp::power:
            return real_power(a, b);
        default:
            throw_no_operator(spelling(op), x, y);
    }
}

Number complex_operation(BinaryOp op, const Number& x, const Number& y) {
    Complex a = as_complex(x), b = as_complex(y);
    switch (op) {
        case BinaryOp::add:
            return a + b;
        case BinaryOp::subtract:
            return a - b;
        case BinaryOp::multiply:
            return a * b;
        case BinaryOp::divide:
            if (b == Complex(0)) throw_zero_division();
            return a / b;
        case BinaryOp::power:
            if (a == Complex(0) && (b.real() < 0 || b.imag() != 0)) throw_zero_division();
            return b == Complex(0) ? Complex(1) : std::pow(a, b);
        default:
            throw_no_operator(spelling(op), x, y);
    }
}

template <class T>
bool compare_values(CompareOp op, T a, T b) {
    switch (op) {
        case CompareOp::less:
            return a < b;
        case CompareOp::less_equal:
            return a <= b;
        case CompareOp::greater:
            return a > b;
        case CompareOp::greater_equal:
            return a >= b;
        case CompareOp::equal:
            return a == b;
        default:
            return a != b;
    }
}

}  // namespace

Number apply(UnaryOp op, const Number& a) {
    if (op == UnaryOp::logical_not) return !truth(a);
    if (level(a) <= 1) {
        auto value = as_int(a);
        return op == UnaryOp::positive ? value : op == UnaryOp::invert ? ~value : floor_divide(value, -1);
    }
    if (op == UnaryOp::invert)
        throw DTypeError("'~' does not exist for a float", "it turns the bits of integers", "write 'not' or '-'");
    if (op == UnaryOp::positive) return a;
    if (const auto* d = std::get_if<double>(&a)) return -*d;
    return -std::get<Complex>(a);
}

Number apply(BinaryOp op, const Number& a, const Number& b) {
    if (op == BinaryOp::logical_and) return truth(a) ? b : a;
    if (op == BinaryOp::logical_or) return truth(a) ? a : b;
    int common = std::max(level(a), level(b));
    if (common == 3) return complex_operation(op, a, b);
    if (common == 2) return float_operation(op, a, b);
    bool stays_bool = common == 0 && op >= BinaryOp::bit_or && op <= BinaryOp::bit_and;
    auto result = integer_operation(op, as_int(a), as_int(b));
    return stays_bool ? Number(as_int(result) != 0) : result;
}

bool compare(CompareOp op, const Number& a, const Number& b) {
    int common = std::max(level(a), level(b));
    if (common < 2) return compare_values(op, as_int(a), as_int(b));
    if (common == 2) return compare_values(op, as_double(a), as_double(b));
    if (op == CompareOp::equal) return as_complex(a) == as_complex(b);
    if (op == CompareOp::not_equal) return as_complex(a) != as_complex(b);
    throw_no_operator(spelling(op), a, b);
}

bool truth(const Number& a) {
    return std::visit([](auto value) { return value != decltype(value)(0); }, a);
}

Array to_array(const Number& number) {
    const auto* integer = std::get_if<Int128>(&number);
    if (!integer) {
        if (const auto* b = std::get_if<bool>(&number)) return Array(*b);
        if (const auto* d = std::get_if<double>(&number)) return Array(*d);
        return Array(std::get<Complex>(number));
    }
    if (*integer >= std::numeric_limits<std::int64_t>::min() && *integer <= std::numeric_limits<std::int64_t>::max())
        return Array(static_cast<std::int64_t>(*integer));
    if (*integer > 0 && *integer <= Int128{std::numeric_limits<std::uint64_t>::max()})
        return Array(static_cast<std::uint64_t>(*integer));
    throw ArgumentError("the integer does not fit into 64 bits", "it is " + to_string(*integer),
                        "write it as a float, such as 1e20");
}

std::string_view type_name(const Number& number) {
    constexpr std::string_view names[] = {"bool", "int", "float", "complex"};
    return names[number.index()];
}

std::string to_string(Int128 value) {
    std::string digits;
    bool negative = value < 0;
    for (; value != 0 || digits.empty(); value /= 10) {
        auto digit = static_cast<int>(value % 10);
        digits.push_back(static_cast<char>('0' + (digit < 0 ? -digit : digit)));
    }
    if (negative) digits.push_back('-');
    std::reverse(digits.begin(), digits.end());
    return digits;
}

}  // namespace heddle::array
