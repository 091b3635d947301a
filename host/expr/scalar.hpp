#pragma once

#include <complex>
#include <cstdint>
#include <string>

#include "heddle/dtype.hpp"

namespace heddle::expr {

// One value of an element type. `i` holds signed integers, `u` unsigned ones, `f` floats, `c` complex numbers, `b`
// bool.
struct Scalar {
    DType dtype = DType::float64;
    union {
        bool b;
        std::int64_t i;
        std::uint64_t u;
        double f;
        std::complex<double> c;
    };

    Scalar() : c(0) {}
    static Scalar of_bool(bool value);
    static Scalar of_int(std::int64_t value, DType dtype = DType::int64);
    static Scalar of_uint(std::uint64_t value, DType dtype = DType::uint64);
    static Scalar of_float(double value, DType dtype = DType::float64);
    static Scalar of_complex(std::complex<double> value, DType dtype = DType::complex128);
    // The element at `bytes`.
    static Scalar load(const void* bytes, DType dtype);

    // The value as an element of `dtype`, in size_of(dtype) bytes.
    void store(void* bytes) const;
    // NumPy's astype; never fails.
    Scalar cast_to(DType to) const;
};

// As Python prints it: "1", "0.5", "True", "(1+2j)".
std::string to_string(const Scalar& value);

}  // namespace heddle::expr
