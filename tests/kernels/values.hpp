#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "heddle/dtype.hpp"

namespace heddle::test {

// Calls f with a value of the C++ type of `t`.
template <class F>
auto with_type(DType t, F&& f) {
    switch (t) {
        case DType::boolean:
            return f(bool{});
        case DType::int8:
            return f(std::int8_t{});
        case DType::int16:
            return f(std::int16_t{});
        case DType::int32:
            return f(std::int32_t{});
        case DType::int64:
            return f(std::int64_t{});
        case DType::uint8:
            return f(std::uint8_t{});
        case DType::uint16:
            return f(std::uint16_t{});
        case DType::uint32:
            return f(std::uint32_t{});
        case DType::uint64:
            return f(std::uint64_t{});
        case DType::float16:
            return f(Half{});
        case DType::float32:
            return f(float{});
        case DType::float64:
            return f(double{});
        case DType::complex64:
            return f(std::complex<float>{});
        default:
            return f(std::complex<double>{});
    }
}

// The values at which operations go wrong.
template <class T>
std::vector<T> edge_values() {
    using L = std::numeric_limits<T>;
    if constexpr (std::is_same_v<T, bool>) {
        return {false, true};
    } else if constexpr (std::is_same_v<T, Half>) {
        std::vector<T> v;
        for (int bits : {0, 0x8000, 1, 0x8001, 0x3ff, 0x400, 0x3c00, 0xbc00, 0x3e00, 0x7bff, 0xfbff, 0x7c00, 0xfc00,
                         0x7e00, 0xfe01, 0x4200, 0xc500})
            v.push_back(Half{static_cast<std::uint16_t>(bits)});
        return v;
    } else if constexpr (std::is_integral_v<T>) {
        std::vector<T> v{
            0, 1, 2, 3, 7, 31, 33, 63, 64, 100, L::max(), static_cast<T>(L::max() - 1), static_cast<T>(L::max() / 2)};
        if (std::is_signed_v<T>) {
            for (T x : {T(-1), T(-2), T(-3), T(-7), T(-100), L::min(), T(L::min() + 1)}) v.push_back(x);
        }
        return v;
    } else if constexpr (std::is_floating_point_v<T>) {
        return {0,
                T(-0.0),
                1,
                -1,
                T(0.5),
                T(-0.5),
                T(1.5),
                T(2.5),
                T(-2.5),
                3,
                -3,
                T(7.25),
                T(1e10),
                T(-1e10),
                T(0.1),
                T(1e-30),
                L::max(),
                L::lowest(),
                L::min(),
                L::denorm_min(),
                L::infinity(),
                -L::infinity(),
                L::quiet_NaN(),
                -L::quiet_NaN(),
                T(2147483648.0),
                T(-2147483649.0),
                T(9.3e18),
                T(1.9e19),
                T(255.5)};
    } else {
        std::vector<T> v;
        const auto parts = edge_values<typename T::value_type>();
        for (std::size_t i = 0; i < parts.size(); ++i) {
            v.push_back({parts[i], parts[(i * 7 + 3) % parts.size()]});
            v.push_back({parts[i], 0});
            v.push_back({0, parts[i]});
        }
        return v;
    }
}

// n values: edge values and random ones.
template <class T>
std::vector<T> mixed_values(std::size_t n, unsigned seed) {
    std::mt19937_64 random(seed);
    const auto edges = edge_values<T>();
    std::vector<T> v(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto bits = random();
        if (bits % 3 == 0) {
            v[i] = edges[(bits >> 8) % edges.size()];
        } else if constexpr (std::is_same_v<T, Half>) {
            v[i] = Half{static_cast<std::uint16_t>(bits >> 16)};
        } else if constexpr (std::is_integral_v<T>) {
            v[i] = static_cast<T>(bits >> 8);
        } else if constexpr (std::is_floating_point_v<T>) {
            v[i] = static_cast<T>(std::ldexp(static_cast<double>(static_cast<std::int64_t>(bits)), -60));
        } else {
            using R = typename T::value_type;
            v[i] = {static_cast<R>(static_cast<double>(bits % 2001) / 100 - 10),
                    static_cast<R>(static_cast<double>(bits >> 40) / 1e6 - 8)};
        }
    }
    return v;
}

// n mixed values of a type, as bytes.
inline std::vector<std::byte> mixed_bytes(DType t, std::size_t n, unsigned seed) {
    std::vector<std::byte> bytes(n * size_of(t) + 1);
    with_type(t, [&](auto zero) {
        using T = decltype(zero);
        if constexpr (std::is_same_v<T, bool>) {
            for (std::size_t i = 0; i < n; ++i)
                bytes[i] = std::byte{static_cast<unsigned char>((i * 2654435761u + seed) >> 7 & 1)};
        } else {
            const auto v = mixed_values<T>(n, seed);
            if (n != 0) std::memcpy(bytes.data(), v.data(), n * sizeof(T));
        }
    });
    return bytes;
}

// Equal bytes, or NaN on both sides in every part.
template <class T>
bool same_value(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    }
    return std::memcmp(&a, &b, sizeof(T)) == 0;
}
template <class T>
bool same_value(std::complex<T> a, std::complex<T> b) {
    return same_value(a.real(), b.real()) && same_value(a.imag(), b.imag());
}

}  // namespace heddle::test
