#pragma once

#include <complex>

#include "kernels/math.hpp"

// Complex arithmetic with NumPy's formulas; std::complex's operators differ in NaN and overflow.
namespace heddle::kernels {

// The same bytes as std::complex<T>.
template <class T>
struct Complex {
    T re, im;
};

namespace complex {

template <class T>
HEDDLE_FN Complex<T> from(std::complex<T> z) {
    return {z.real(), z.imag()};
}
template <class T>
HEDDLE_FN std::complex<T> to(Complex<T> z) {
    return {z.re, z.im};
}
template <class T>
HEDDLE_FN bool isnan(Complex<T> z) {
    return math::isnan(z.re) || math::isnan(z.im);
}

template <class T>
HEDDLE_FN Complex<T> multiply(Complex<T> a, Complex<T> b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

// Smith's method.
template <class T>
HEDDLE_FN Complex<T> divide(Complex<T> a, Complex<T> b) {
    const T re = math::fabs(b.re), im = math::fabs(b.im);
    if (re >= im) {
        if (re == 0 && im == 0) return {a.re / re, a.im / re};
        const T ratio = b.im / b.re, scale = T(1) / (b.re + b.im * ratio);
        return {(a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale};
    }
    const T ratio = b.re / b.im, scale = T(1) / (b.im + b.re * ratio);
    return {(a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale};
}

template <class T>
HEDDLE_FN Complex<T> reciprocal(Complex<T> z) {
    if (math::fabs(z.im) <= math::fabs(z.re)) {
        const T ratio = z.im / z.re, d = z.re + z.im * ratio;
        return {T(1) / d, -ratio / d};
    }
    const T ratio = z.re / z.im, d = z.re * ratio + z.im;
    return {ratio / d, T(-1) / d};
}

// NumPy's npy_cpow: exact cases, then small integer powers by squaring, then the library's.
template <class T>
inline Complex<T> power(Complex<T> a, Complex<T> b) {
    if (b.re == 0 && b.im == 0) return {1, 0};
    if (a.re == 0 && a.im == 0) {
        if (b.re > 0 && b.im == 0) return {0, 0};
        const T nan = static_cast<T>(NAN);
        return {nan, nan};
    }
    if (b.im == 0 && b.re > -100 && b.re < 100 && math::trunc(b.re) == b.re) {
        const int n = static_cast<int>(b.re);
        if (n == 1) return a;
        if (n == 2) return multiply(a, a);
        if (n == 3) return multiply(a, multiply(a, a));
        Complex<T> result{1, 0}, square = a;
        for (int rest = n < 0 ? -n : n; rest != 0; rest >>= 1) {
            if ((rest & 1) != 0) result = multiply(result, square);
            square = multiply(square, square);
        }
        return n < 0 ? divide(Complex<T>{1, 0}, result) : result;
    }
    return from(std::pow(to(a), to(b)));
}

// z / |z|, with the limits for infinities.
template <class T>
inline Complex<T> sign(Complex<T> z) {
    const T size = math::hypot(z.re, z.im);
    if (isnan(z)) return {static_cast<T>(NAN), static_cast<T>(NAN)};
    if (size == 0) return {0, 0};
    if (!math::isinf(size)) return {z.re / size, z.im / size};
    if (!math::isinf(z.re)) {
        if (math::isinf(z.im)) return {0, math::copysign(T(1), z.im)};
        return sign(Complex<T>{z.re / 4, z.im / 4});
    }
    const T unit = math::isinf(z.im) ? static_cast<T>(0.70710678118654752440) : T(1);
    return {math::copysign(unit, z.re), math::isinf(z.im) ? math::copysign(unit, z.im) : T(0)};
}

// NumPy orders complex numbers by real part, then by imaginary part.
template <class T>
HEDDLE_FN bool less(Complex<T> a, Complex<T> b) {
    return (a.re < b.re && !math::isnan(a.im) && !math::isnan(b.im)) || (a.re == b.re && a.im < b.im);
}
template <class T>
HEDDLE_FN bool less_equal(Complex<T> a, Complex<T> b) {
    return (a.re < b.re && !math::isnan(a.im) && !math::isnan(b.im)) || (a.re == b.re && a.im <= b.im);
}

}  // namespace complex
}  // namespace heddle::kernels
