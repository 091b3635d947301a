#pragma once

#include <complex>
#include <concepts>

#include "kernels/math.hpp"

// NumPy's order of elements: NaN last; of complex numbers by real part, then by imaginary part.
namespace heddle::kernels {

template <std::integral T>
bool before(T a, T b) {
    return a < b;
}
template <std::floating_point T>
bool before(T a, T b) {
    return a < b || (math::isnan(b) && !math::isnan(a));
}
// From the function CFLOAT_LT of NumPy's npysort_common.h: R + Rj, R + nanj, nan + Rj, nan + nanj.
template <class T>
bool before(std::complex<T> a, std::complex<T> b) {
    const bool a_nan = math::isnan(a.imag()), b_nan = math::isnan(b.imag());
    if (a.real() < b.real()) return !a_nan || b_nan;
    if (a.real() > b.real()) return b_nan && !a_nan;
    if (a.real() == b.real() || (math::isnan(a.real()) && math::isnan(b.real())))
        return a.imag() < b.imag() || (b_nan && !a_nan);
    return math::isnan(b.real());
}

}  // namespace heddle::kernels
