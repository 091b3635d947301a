#include "host/cli/number_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <complex>
#include <cstring>
#include <vector>

namespace heddle::cli {
namespace {

template <class T>
T load(const std::byte* value) {
    T loaded;
    std::memcpy(&loaded, value, sizeof loaded);
    return loaded;
}

double widen(Half half) {
    const int exponent = (half.bits >> 10) & 31, fraction = half.bits & 1023;
    double magnitude = 0;
    if (exponent == 31)
        magnitude = fraction == 0 ? HUGE_VAL : std::nan("");
    else
        magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    return (half.bits & 0x8000) != 0 ? -magnitude : magnitude;
}

enum class Digits : std::uint8_t { half, single, twice };
Digits digits_of(DType dtype) {
    if (dtype == DType::float16) return Digits::half;
    return dtype == DType::float32 || dtype == DType::complex64 ? Digits::single : Digits::twice;
}

template <class... Format>
std::string chars(Format... format) {
    std::array<char, 512> buffer;
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), format...);
    return {buffer.data(), result.ptr};
}

// The decimal with the fewest digits that rounds to the same binary16: half an ulp around the value.
double shortened(double value) {
    int exponent = 0;
    std::frexp(value, &exponent);
    const double half_ulp = std::ldexp(1.0, std::max(exponent, -13) - 12);
    for (int digits = 0; digits < 6; ++digits) {
        const auto text = chars(value, std::chars_format::scientific, digits);
        double parsed = 0;
        std::from_chars(text.data(), text.data() + text.size(), parsed);
        if (std::abs(parsed - value) < half_ulp) return parsed;
    }
    return value;
}

std::string shortest(double value, Digits digits, std::chars_format format) {
    if (digits == Digits::single) return chars(static_cast<float>(value), format);
    return chars(digits == Digits::half ? shortened(value) : value, format);
}

// The text's mantissa with at most `precision` digits behind a '.', which is always there.
std::string positional(double value, Digits digits, int precision) {
    auto text = shortest(value, digits, std::chars_format::fixed);
    auto point = text.find('.');
    if (point == std::string::npos) return text + ".";
    if (text.size() - point - 1 > static_cast<std::size_t>(precision)) {
        text = chars(value, std::chars_format::fixed, precision);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text;
}

struct Scientific {
    std::string mantissa, exponent;  // "-1.5", "+05"
};
Scientific split(const std::string& text) {
    const auto e = text.find('e');
    Scientific parts{text.substr(0, e), text.substr(e + 1)};
    if (parts.mantissa.find('.') == std::string::npos) parts.mantissa += '.';
    return parts;
}

// With so many digits behind the point, exactly.
Scientific scientific(double value, int precision) {
    return split(chars(value, std::chars_format::scientific, precision));
}

// With as few digits as identify the value, and at most `precision` behind the point.
Scientific shortest_scientific(double value, Digits digits, int precision) {
    auto parts = split(shortest(value, digits, std::chars_format::scientific));
    if (parts.mantissa.size() - parts.mantissa.find('.') - 1 > static_cast<std::size_t>(precision)) {
        parts = scientific(value, precision);
        parts.mantissa.erase(parts.mantissa.find_last_not_of('0') + 1);
    }
    return parts;
}

std::string non_finite(double value, bool plus) {
    if (std::isnan(value)) return plus ? "+nan" : "nan";
    return value < 0 ? "-inf" : plus ? "+inf" : "inf";
}

std::string format_real(double value, Digits digits, bool whole_with_point) {
    if (!std::isfinite(value)) return non_finite(value, false);
    const double magnitude = std::abs(value);
    if (magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e16))
        return shortest(value, digits, std::chars_format::scientific);
    auto text = shortest(value, digits, std::chars_format::fixed);
    if (whole_with_point && text.find('.') == std::string::npos) text += ".0";
    return text;
}

std::string format_integer(DType dtype, const std::byte* value) {
    switch (dtype) {
        case DType::boolean:
            return load<std::uint8_t>(value) != 0 ? "True" : "False";
        case DType::int8:
            return chars(static_cast<int>(load<std::int8_t>(value)));
        case DType::int16:
            return chars(load<std::int16_t>(value));
        case DType::int32:
            return chars(load<std::int32_t>(value));
        case DType::int64:
            return chars(load<std::int64_t>(value));
        case DType::uint8:
            return chars(static_cast<unsigned>(load<std::uint8_t>(value)));
        case DType::uint16:
            return chars(load<std::uint16_t>(value));
        case DType::uint32:
            return chars(load<std::uint32_t>(value));
        default:
            return chars(load<std::uint64_t>(value));
    }
}

bool is_whole(DType dtype) { return is_bool(dtype) || is_integer(dtype); }

}  // namespace

double as_double(DType dtype, const std::byte* value, int part) {
    switch (dtype) {
        case DType::float16:
            return widen(load<Half>(value));
        case DType::float32:
            return static_cast<double>(load<float>(value));
        case DType::float64:
            return load<double>(value);
        case DType::complex64:
            return static_cast<double>(load<float>(value + part * 4));
        case DType::complex128:
            return load<double>(value + part * 8);
        case DType::boolean:
            return load<std::uint8_t>(value) != 0 ? 1 : 0;
        case DType::uint64:
            return static_cast<double>(load<std::uint64_t>(value));
        default: {
            const auto text = format_integer(dtype, value);
            std::int64_t whole = 0;
            std::from_chars(text.data(), text.data() + text.size(), whole);
            return static_cast<double>(whole);
        }
    }
}

std::string format_scalar(DType dtype, const std::byte* value) {
    if (is_whole(dtype)) return format_integer(dtype, value);
    const auto digits = digits_of(dtype);
    const double real = as_double(dtype, value);
    if (!is_complex(dtype)) return format_real(real, digits, true);
    const double imaginary = as_double(dtype, value, 1);
    auto text = format_real(imaginary, digits, false) + "j";
    if (real == 0 && !std::signbit(real)) return text;
    if (!std::signbit(imaginary) || std::isnan(imaginary)) text.insert(0, "+");
    return "(" + format_real(real, digits, false) + text + ")";
}

ElementFormat::ElementFormat(DType dtype, std::span<const std::byte> values) : dtype_(dtype) {
    const auto size = size_of(dtype);
    const auto count = values.size() / size;
    if (is_whole(dtype)) {
        for (std::size_t i = 0; i < count; ++i)
            width_ = std::max(width_, format_integer(dtype, values.data() + i * size).size());
        if (is_bool(dtype)) width_ = 5;
        return;
    }
    std::vector<double> parts(count);
    for (std::size_t i = 0; i < count; ++i) parts[i] = as_double(dtype, values.data() + i * size);
    real_ = layout_of(parts, Sign::minus);
    if (!is_complex(dtype)) return;
    for (std::size_t i = 0; i < count; ++i) parts[i] = as_double(dtype, values.data() + i * size, 1);
    imaginary_ = layout_of(parts, Sign::both);
}

// numpy/core/arrayprint.py, FloatingFormat.fillFormat.
ElementFormat::Real ElementFormat::layout_of(std::span<const double> values, Sign sign) const {
    Real layout{sign};
    const auto digits = digits_of(dtype_);
    double most = 0, least = HUGE_VAL;
    bool any_finite = false, any_other = false, any_minus_inf = false;
    for (const double value : values) {
        if (!std::isfinite(value)) {
            any_other = true;
            any_minus_inf = any_minus_inf || value < 0;
            continue;
        }
        any_finite = true;
        if (value == 0) continue;
        most = std::max(most, std::abs(value));
        least = std::min(least, std::abs(value));
    }
    layout.exponent = most != 0 && (most >= 1e8 || least < 1e-4 || most / least > 1000);
    int left = 0, right = 0, exponent = 0;
    for (const double value : values) {
        if (!std::isfinite(value)) continue;
        std::string text;
        if (layout.exponent) {
            const auto parts = shortest_scientific(value, digits, kPrecision);
            text = parts.mantissa;
            exponent = std::max(exponent, static_cast<int>(parts.exponent.size()) - 1);
        } else {
            text = positional(value, digits, kPrecision);
        }
        const auto point = static_cast<int>(text.find('.'));
        left = std::max(left, point + (sign == Sign::both && !std::signbit(value) ? 1 : 0));
        right = std::max(right, static_cast<int>(text.size()) - point - 1);
    }
    layout.left = left;
    layout.right = right;
    layout.exponent_digits = exponent;
    if (any_other) {
        const int tail = layout.tail() + 1;
        const int plus = any_finite || !values.empty() ? (sign == Sign::both || any_minus_inf ? 1 : 0) : 0;
        layout.left = std::max({left, 3 - tail, 3 + plus - tail});
    }
    return layout;
}

std::string ElementFormat::format(const Real& layout, double value) const {
    const auto pad = [](const std::string& text, int width) {
        const auto missing = width - static_cast<int>(text.size());
        return missing > 0 ? std::string(static_cast<std::size_t>(missing), ' ') + text : text;
    };
    const bool plus = layout.sign == Sign::both;
    if (!std::isfinite(value)) return pad(non_finite(value, plus), layout.left + 1 + layout.tail());
    const auto digits = digits_of(dtype_);
    Scientific parts;
    if (layout.exponent)
        parts = scientific(value, layout.right);
    else
        parts.mantissa = positional(value, digits, kPrecision);
    if (plus && !std::signbit(value)) parts.mantissa.insert(0, "+");
    const auto point = static_cast<int>(parts.mantissa.find('.'));
    std::string text = pad("", layout.left - point) + parts.mantissa;
    const auto missing = layout.right - (static_cast<int>(parts.mantissa.size()) - point - 1);
    text.append(static_cast<std::size_t>(std::max(0, missing)), ' ');
    if (!layout.exponent) return text;
    const auto zeros = layout.exponent_digits - (static_cast<int>(parts.exponent.size()) - 1);
    return text + "e" + parts.exponent.front() + std::string(static_cast<std::size_t>(std::max(0, zeros)), '0') +
           parts.exponent.substr(1);
}

std::string ElementFormat::operator()(const std::byte* value) const {
    if (is_whole(dtype_)) {
        const auto text = format_integer(dtype_, value);
        return std::string(width_ - std::min(width_, text.size()), ' ') + text;
    }
    auto text = format(real_, as_double(dtype_, value));
    if (!is_complex(dtype_)) return text;
    auto imaginary = format(imaginary_, as_double(dtype_, value, 1));
    imaginary.insert(imaginary.find_last_not_of(' ') + 1, "j");
    return text + imaginary;
}

}  // namespace heddle::cli
