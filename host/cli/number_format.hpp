#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "heddle/dtype.hpp"

namespace heddle::cli {

// One number as Python's str() of the NumPy scalar: "0.1", "1e-05", "True", "(1+2j)".
std::string format_scalar(DType dtype, const std::byte* value);

// How the elements of one array are printed: all alike in width, as NumPy's array2string does with its defaults
// (precision 8, shortest digits).
class ElementFormat {
public:
    ElementFormat(DType dtype, std::span<const std::byte> values);
    std::string operator()(const std::byte* value) const;

private:
    static constexpr int kPrecision = 8;  // NumPy's default
    enum class Sign : std::uint8_t { minus, both };
    // Columns of one real part: before the point, behind it, and of the exponent's digits.
    struct Real {
        Sign sign = Sign::minus;
        bool exponent = false;
        int left = 0, right = 0, exponent_digits = 0;
        int tail() const { return exponent ? right + 2 + exponent_digits : right; }
    };
    Real layout_of(std::span<const double> values, Sign sign) const;
    std::string format(const Real& layout, double value) const;

    DType dtype_;
    std::size_t width_ = 0;  // of integers and bools
    Real real_, imaginary_;
};

// An element as double; half and float widened, complex: the real part, or with `part` 1 the imaginary one.
double as_double(DType dtype, const std::byte* value, int part = 0);

}  // namespace heddle::cli
