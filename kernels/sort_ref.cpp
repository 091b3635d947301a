#include "kernels/sort_ref.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernels/half.hpp"

namespace heddle::kernels {
namespace {

template <class T>
bool before(T a, T b) {
    return a < b;
}
bool before(float a, float b) { return std::isnan(a) ? false : std::isnan(b) || a < b; }
bool before(double a, double b) { return std::isnan(a) ? false : std::isnan(b) || a < b; }
bool before(Half a, Half b) { return before(half_to_float(a), half_to_float(b)); }

// numpy.sort's page: [R + Rj, R + nanj, nan + Rj, nan + nanj], where R is a real number.
template <class T>
bool before(std::complex<T> a, std::complex<T> b) {
    const auto place = [](std::complex<T> z) {
        return (std::isnan(z.real()) ? 2 : 0) + (std::isnan(z.imag()) ? 1 : 0);
    };
    if (place(a) != place(b)) return place(a) < place(b);
    if (before(a.real(), b.real())) return true;
    if (before(b.real(), a.real())) return false;
    return before(a.imag(), b.imag());
}

// Calls f with a value of the C++ type of `dtype`.
template <class F>
auto with_type(DType dtype, F&& f) {
    switch (dtype) {
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

}  // namespace

void argsort_ref(DType dtype, const void* in, std::int64_t* out, std::int64_t n) {
    with_type(dtype, [&](auto zero) {
        const auto* values = static_cast<const decltype(zero)*>(in);
        std::iota(out, out + n, std::int64_t{0});
        std::stable_sort(out, out + n, [&](std::int64_t a, std::int64_t b) { return before(values[a], values[b]); });
    });
}

bool before_ref(DType dtype, const void* element, const void* other) {
    return with_type(dtype, [&](auto zero) {
        using T = decltype(zero);
        return before(*static_cast<const T*>(element), *static_cast<const T*>(other));
    });
}

void sort_ref(DType dtype, const void* in, void* out, std::int64_t n) {
    std::vector<std::int64_t> positions(static_cast<std::size_t>(n));
    argsort_ref(dtype, in, positions.data(), n);
    const auto size = size_of(dtype);
    auto* to = static_cast<std::byte*>(out);
    for (const std::int64_t position : positions) {
        std::memcpy(to, static_cast<const std::byte*>(in) + static_cast<std::size_t>(position) * size, size);
        to += size;
    }
}

}  // namespace heddle::kernels
