#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "heddle/api.hpp"
#include "heddle/half.hpp"

namespace heddle {

// Element types, in NumPy's order of kinds; `kDTypeCount` tables are indexed by the enum's value.
enum class DType : std::uint8_t {
    boolean,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    float16,
    float32,
    float64,
    complex64,
    complex128,
};
inline constexpr std::size_t kDTypeCount = 14;

// Bytes of one element.
constexpr std::size_t size_of(DType t) {
    constexpr std::array<std::size_t, kDTypeCount> sizes{1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 8, 16};
    return sizes[static_cast<std::size_t>(t)];
}

// NumPy's name of the type: "bool", "int8", …, "complex128".
constexpr std::string_view name_of(DType t) {
    constexpr std::array<std::string_view, kDTypeCount> names{"bool",    "int8",    "int16",     "int32",     "int64",
                                                              "uint8",   "uint16",  "uint32",    "uint64",    "float16",
                                                              "float32", "float64", "complex64", "complex128"};
    return names[static_cast<std::size_t>(t)];
}

constexpr bool is_bool(DType t) { return t == DType::boolean; }
constexpr bool is_signed(DType t) { return t >= DType::int8 && t <= DType::int64; }
constexpr bool is_unsigned(DType t) { return t >= DType::uint8 && t <= DType::uint64; }
constexpr bool is_integer(DType t) { return is_signed(t) || is_unsigned(t); }
constexpr bool is_float(DType t) { return t >= DType::float16 && t <= DType::float64; }
constexpr bool is_complex(DType t) { return t >= DType::complex64; }

// The type that a name stands for: NumPy's names, and its short forms ("f4", "<f4", "u2", "?", "c8", …).
// Throws DTypeError, which lists the names, for anything else.
HEDDLE_API DType parse_dtype(std::string_view name);

namespace detail {
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<bool> : std::integral_constant<DType, DType::boolean> {};
template <>
struct DTypeOf<std::int8_t> : std::integral_constant<DType, DType::int8> {};
template <>
struct DTypeOf<std::int16_t> : std::integral_constant<DType, DType::int16> {};
template <>
struct DTypeOf<std::int32_t> : std::integral_constant<DType, DType::int32> {};
template <>
struct DTypeOf<std::int64_t> : std::integral_constant<DType, DType::int64> {};
template <>
struct DTypeOf<std::uint8_t> : std::integral_constant<DType, DType::uint8> {};
template <>
struct DTypeOf<std::uint16_t> : std::integral_constant<DType, DType::uint16> {};
template <>
struct DTypeOf<std::uint32_t> : std::integral_constant<DType, DType::uint32> {};
template <>
struct DTypeOf<std::uint64_t> : std::integral_constant<DType, DType::uint64> {};
template <>
struct DTypeOf<Half> : std::integral_constant<DType, DType::float16> {};
template <>
struct DTypeOf<float> : std::integral_constant<DType, DType::float32> {};
template <>
struct DTypeOf<double> : std::integral_constant<DType, DType::float64> {};
template <>
struct DTypeOf<std::complex<float>> : std::integral_constant<DType, DType::complex64> {};
template <>
struct DTypeOf<std::complex<double>> : std::integral_constant<DType, DType::complex128> {};
}  // namespace detail

// A C++ type that has a DType; `dtype_of<const float>` is float32.
template <class T>
concept Element = requires {
    detail::DTypeOf<std::remove_cv_t<T>>::value;
};

template <Element T>
inline constexpr DType dtype_of = detail::DTypeOf<std::remove_cv_t<T>>::value;

}  // namespace heddle
