#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/complex.hpp"
#include "kernels/half.hpp"

// NumPy's astype on x86-64, defined for every value. A float becomes an integer by truncation: types up to 32 bits
// signed or 16 bits unsigned go through int32, int64 through itself, and what that type cannot hold (NaN too) becomes
// its minimum; the low bits are kept. uint32 and uint64: the rule of the signed type below its limit, 0 past their own.
namespace heddle::kernels {

template <class T>
inline constexpr bool is_complex_type = false;
template <class T>
inline constexpr bool is_complex_type<Complex<T>> = true;

template <std::signed_integral I, std::floating_point F>
HEDDLE_FN I truncate_to(F x) {
    constexpr F kLimit = sizeof(I) == 4 ? F(2147483648.0) : F(9223372036854775808.0);
    return x >= -kLimit && x < kLimit ? static_cast<I>(x) : std::numeric_limits<I>::min();
}

template <class To, std::floating_point F>
HEDDLE_FN To float_to_integer(F x) {
    if constexpr (std::is_same_v<To, std::uint64_t> || std::is_same_v<To, std::uint32_t>) {
        using Signed = std::make_signed_t<To>;
        constexpr F kHalf = sizeof(To) == 4 ? F(2147483648.0) : F(9223372036854775808.0);
        const bool upper = x >= kHalf;
        const To low = static_cast<To>(truncate_to<Signed>(upper ? x - kHalf : x));
        return low ^ (upper ? To{1} << (sizeof(To) * 8 - 1) : To{0});
    } else if constexpr (sizeof(To) == 8) {
        return static_cast<To>(truncate_to<std::int64_t>(x));
    } else {
        return static_cast<To>(truncate_to<std::int32_t>(x));
    }
}

template <class To, class From>
HEDDLE_FN To cast_value(From x) {
    if constexpr (std::is_same_v<To, From>) {
        return x;
    } else if constexpr (is_complex_type<From>) {
        if constexpr (std::is_same_v<To, bool>) {
            return x.re != 0 || x.im != 0;
        } else if constexpr (is_complex_type<To>) {
            return To{static_cast<decltype(To::re)>(x.re), static_cast<decltype(To::re)>(x.im)};
        } else {
            return cast_value<To>(x.re);
        }
    } else if constexpr (is_complex_type<To>) {
        return To{cast_value<decltype(To::re)>(x), 0};
    } else if constexpr (std::is_same_v<From, Half>) {
        return cast_value<To>(half_to_float(x));
    } else if constexpr (std::is_same_v<To, Half>) {
        if constexpr (std::is_same_v<From, double>) return double_to_half(x);
        if constexpr (!std::is_same_v<From, double>) return float_to_half(static_cast<float>(x));
    } else if constexpr (std::is_same_v<To, bool>) {
        return x != 0;
    } else if constexpr (std::floating_point<From> && std::integral<To>) {
        return float_to_integer<To>(x);
    } else {
        return static_cast<To>(x);
    }
}

}  // namespace heddle::kernels
