#include "host/expr/scalar.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

#include "kernels/elementwise.hpp"

namespace heddle::expr {
namespace {

template <class T>
void put(void* bytes, T value) {
    std::memcpy(bytes, &value, sizeof(T));
}
template <class T>
T get(const void* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
}

void convert(DType from, const void* value, DType to, void* out) {
    kernels::find_cast(from, to)->variants[0](value, nullptr, nullptr, out, 1);
}

template <class T>
std::string print_float(T value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    char text[40];
    std::string s(text, std::to_chars(text, text + sizeof(text), value).ptr);
    if (s.find_first_of(".e") == std::string::npos) s += ".0";
    return s;
}

std::string print_float(double value, bool single) {
    return single ? print_float(static_cast<float>(value)) : print_float(value);
}

}  // namespace

Scalar Scalar::of_bool(bool value) {
    Scalar s;
    s.dtype = DType::boolean;
    s.b = value;
    return s;
}
Scalar Scalar::of_int(std::int64_t value, DType dtype) {
    Scalar s;
    s.dtype = DType::int64;
    s.i = value;
    return s.cast_to(dtype);
}
Scalar Scalar::of_uint(std::uint64_t value, DType dtype) {
    Scalar s;
    s.dtype = DType::uint64;
    s.u = value;
    return s.cast_to(dtype);
}
Scalar Scalar::of_float(double value, DType dtype) {
    Scalar s;
    s.dtype = DType::float64;
    s.f = value;
    return s.cast_to(dtype);
}
Scalar Scalar::of_complex(std::complex<double> value, DType dtype) {
    Scalar s;
    s.dtype = DType::complex128;
    s.c = value;
    return s.cast_to(dtype);
}

Scalar Scalar::load(const void* bytes, DType dtype) {
    Scalar s;
    s.dtype = dtype;
    if (is_bool(dtype)) {
        s.b = get<std::uint8_t>(bytes) != 0;
    } else if (is_signed(dtype)) {
        convert(dtype, bytes, DType::int64, &s.i);
    } else if (is_unsigned(dtype)) {
        convert(dtype, bytes, DType::uint64, &s.u);
    } else if (is_float(dtype)) {
        convert(dtype, bytes, DType::float64, &s.f);
    } else {
        convert(dtype, bytes, DType::complex128, &s.c);
    }
    return s;
}

void Scalar::store(void* bytes) const {
    if (is_bool(dtype)) {
        put(bytes, b);
    } else if (is_signed(dtype)) {
        convert(DType::int64, &i, dtype, bytes);
    } else if (is_unsigned(dtype)) {
        convert(DType::uint64, &u, dtype, bytes);
    } else if (is_float(dtype)) {
        convert(DType::float64, &f, dtype, bytes);
    } else {
        convert(DType::complex128, &c, dtype, bytes);
    }
}

Scalar Scalar::cast_to(DType to) const {
    if (to == dtype) return *this;
    alignas(16) std::byte from_bytes[16], to_bytes[16];
    store(from_bytes);
    convert(dtype, from_bytes, to, to_bytes);
    return load(to_bytes, to);
}

std::string to_string(const Scalar& value) {
    if (is_bool(value.dtype)) return value.b ? "True" : "False";
    if (is_signed(value.dtype)) return std::to_string(value.i);
    if (is_unsigned(value.dtype)) return std::to_string(value.u);
    if (is_float(value.dtype)) return print_float(value.f, value.dtype == DType::float32);
    const bool single = value.dtype == DType::complex64;
    const std::string im = print_float(value.c.imag(), single);
    return "(" + print_float(value.c.real(), single) + (im.front() == '-' ? "" : "+") + im + "j)";
}

}  // namespace heddle::expr
