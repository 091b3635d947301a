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

template <class T>
void order(const void* in, std::int64_t* out, std::int64_t n) {
    const auto* values = static_cast<const T*>(in);
    std::iota(out, out + n, std::int64_t{0});
    std::stable_sort(out, out + n, [&](std::int64_t a, std::int64_t b) { return before(values[a], values[b]); });
}

}  // namespace

void argsort_ref(DType dtype, const void* in, std::int64_t* out, std::int64_t n) {
    switch (dtype) {
        case DType::boolean:
            return order<bool>(in, out, n);
        case DType::int8:
            return order<std::int8_t>(in, out, n);
        case DType::int16:
            return order<std::int16_t>(in, out, n);
        case DType::int32:
            return order<std::int32_t>(in, out, n);
        case DType::int64:
            return order<std::int64_t>(in, out, n);
        case DType::uint8:
            return order<std::uint8_t>(in, out, n);
        case DType::uint16:
            return order<std::uint16_t>(in, out, n);
        case DType::uint32:
            return order<std::uint32_t>(in, out, n);
        case DType::uint64:
            return order<std::uint64_t>(in, out, n);
        case DType::float16:
            return order<Half>(in, out, n);
        case DType::float32:
            return order<float>(in, out, n);
        case DType::float64:
            return order<double>(in, out, n);
        case DType::complex64:
            return order<std::complex<float>>(in, out, n);
        case DType::complex128:
            return order<std::complex<double>>(in, out, n);
    }
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
