#include "host/io/types.hpp"

#include <array>

#include "host/io/checked.hpp"

namespace heddle::io {
namespace {

DType integer_dtype(std::size_t size, bool is_signed) {
    if (size <= 1) return is_signed ? DType::int8 : DType::uint8;
    if (size <= 2) return is_signed ? DType::int16 : DType::uint16;
    if (size <= 4) return is_signed ? DType::int32 : DType::uint32;
    return is_signed ? DType::int64 : DType::uint64;
}

bool is_signed_integer(hid_t type) { return H5Tget_sign(type) == H5T_SGN_2; }

struct FloatLayout {
    std::size_t exponent_bits = 0, mantissa_bits = 0, bias = 0;
    bool is_ieee = false;  // hidden leading bit, the bias of its width
};

FloatLayout float_layout(hid_t type) {
    std::size_t sign = 0, exponent = 0, mantissa = 0;
    FloatLayout layout;
    h5::checked("H5Tget_fields",
                H5Tget_fields(type, &sign, &exponent, &layout.exponent_bits, &mantissa, &layout.mantissa_bits));
    layout.bias = H5Tget_ebias(type);
    layout.is_ieee = H5Tget_norm(type) == H5T_NORM_IMPLIED && layout.exponent_bits > 1 && layout.exponent_bits < 32 &&
                     layout.bias == (std::size_t{1} << (layout.exponent_bits - 1)) - 1;
    return layout;
}

// The narrowest of our types that holds every value; float64 also for what is wider (x87, binary128).
DType float_dtype(hid_t type) {
    const auto layout = float_layout(type);
    const auto size = h5::type_size(type);
    if (layout.is_ieee && size == 2 && layout.exponent_bits == 5 && layout.mantissa_bits == 10) return DType::float16;
    if (layout.is_ieee && size <= 4 && layout.exponent_bits <= 8 && layout.mantissa_bits <= 23) return DType::float32;
    return DType::float64;
}

NumericType simple(DType dtype) {
    NumericType type;
    type.dtype = dtype;
    type.transfer = native_type(dtype);
    return type;
}

std::optional<NumericType> enum_type(hid_t stored) {
    NumericType type;
    type.transfer = h5::copy_type(stored);
    if (is_bool_enum(stored)) {
        type.dtype = DType::boolean;
        return type;
    }
    auto base = h5::super_type(stored);
    if (h5::type_size(base.get()) > 8) return std::nullopt;
    // Enumeration to enumeration loses values that have no name, so raw bytes are read and converted as integers.
    type.dtype = integer_dtype(h5::type_size(base.get()), is_signed_integer(base.get()));
    type.convert_to = native_type(type.dtype);
    type.convert_from = std::move(base);
    return type;
}

Handle complex_type(hid_t part, const std::string& real, const std::string& imaginary) {
    const auto size = h5::type_size(part);
    auto type = h5::own("H5Tcreate", H5Tcreate(H5T_COMPOUND, 2 * size));
    h5::status("H5Tinsert", H5Tinsert(type.get(), real.c_str(), 0, part));
    h5::status("H5Tinsert", H5Tinsert(type.get(), imaginary.c_str(), size, part));
    return type;
}

std::optional<NumericType> compound_type(hid_t stored) {
    if (h5::member_count(stored) != 2) return std::nullopt;
    const auto real = h5::member_name(stored, 0), imaginary = h5::member_name(stored, 1);
    static constexpr std::array<std::array<const char*, 2>, 4> known{
        {{"r", "i"}, {"real", "imag"}, {"re", "im"}, {"real", "imaginary"}}};
    bool named = false;
    for (const auto& names : known) named = named || (real == names[0] && imaginary == names[1]);
    const auto first = h5::member_type(stored, 0), second = h5::member_type(stored, 1);
    if (!named || h5::type_class(first.get()) != H5T_FLOAT ||
        h5::checked("H5Tequal", H5Tequal(first.get(), second.get())) == 0)
        return std::nullopt;
    NumericType type;
    const bool narrow = float_dtype(first.get()) != DType::float64;
    type.dtype = narrow ? DType::complex64 : DType::complex128;
    const auto part = native_type(narrow ? DType::float32 : DType::float64);
    type.transfer = complex_type(part.get(), real, imaginary);
    return type;
}

std::optional<NumericType> array_type(hid_t stored) {
    auto base = h5::super_type(stored);
    auto inner = numeric_type(base.get());
    if (!inner) return std::nullopt;
    const int rank = h5::checked("H5Tget_array_ndims", H5Tget_array_ndims(stored));
    std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
    h5::checked("H5Tget_array_dims2", H5Tget_array_dims2(stored, extents.data()));
    NumericType type;
    type.dtype = inner->dtype;
    for (auto e : extents) type.extra.push_back(static_cast<std::int64_t>(e));
    for (auto e : inner->extra) type.extra.push_back(e);
    type.transfer = h5::own("H5Tarray_create2",
                            H5Tarray_create2(inner->transfer.get(), static_cast<unsigned>(rank), extents.data()));
    type.convert_from = std::move(inner->convert_from);
    type.convert_to = std::move(inner->convert_to);
    return type;
}

Handle half_type() {
    auto type = h5::copy_type(H5T_IEEE_F32LE);
    h5::status("H5Tset_fields", H5Tset_fields(type.get(), 15, 10, 5, 0, 10));
    h5::status("H5Tset_size", H5Tset_size(type.get(), 2));
    h5::status("H5Tset_ebias", H5Tset_ebias(type.get(), 15));
    if (H5Tget_order(H5T_NATIVE_INT) == H5T_ORDER_BE)
        h5::status("H5Tset_order", H5Tset_order(type.get(), H5T_ORDER_BE));
    return type;
}

Handle bool_type() {
    auto type = h5::own("H5Tenum_create", H5Tenum_create(H5T_NATIVE_INT8));
    const signed char values[] = {0, 1};
    h5::status("H5Tenum_insert", H5Tenum_insert(type.get(), "FALSE", &values[0]));
    h5::status("H5Tenum_insert", H5Tenum_insert(type.get(), "TRUE", &values[1]));
    return type;
}

}  // namespace

bool is_bool_enum(Id type) {
    if (h5::type_size(type) != 1 || h5::member_count(type) != 2) return false;
    int seen = 0;
    for (unsigned m = 0; m < 2; ++m) {
        unsigned char value = 0;
        h5::status("H5Tget_member_value", H5Tget_member_value(type, m, &value));
        const auto name = h5::member_name(type, m);
        if (name == "FALSE" && value == 0) seen |= 1;
        if (name == "TRUE" && value == 1) seen |= 2;
    }
    return seen == 3;
}

std::optional<NumericType> numeric_type(Id stored) {
    std::optional<NumericType> type;
    const auto size = h5::type_size(stored);
    switch (h5::type_class(stored)) {
        case H5T_INTEGER:
            if (size <= 8) type = simple(integer_dtype(size, is_signed_integer(stored)));
            break;
        case H5T_BITFIELD:
            if (size > 8) break;
            type = simple(integer_dtype(size, false));
            type->transfer = h5::copy_type(size == 1   ? H5T_NATIVE_B8
                                           : size == 2 ? H5T_NATIVE_B16
                                           : size <= 4 ? H5T_NATIVE_B32
                                                       : H5T_NATIVE_B64);
            break;
        case H5T_FLOAT:
            type = simple(float_dtype(stored));
            break;
        case H5T_ENUM:
            type = enum_type(stored);
            break;
        case H5T_COMPOUND:
            type = compound_type(stored);
            break;
        case H5T_ARRAY:
            type = array_type(stored);
            break;
        default:
            break;
    }
    if (type) type->description = describe_type(stored);
    return type;
}

void finish_transfer(const NumericType& type, std::size_t values, void* data) {
    if (type.convert_from) h5::convert(type.convert_from.get(), type.convert_to.get(), values, data);
    if (type.dtype != DType::boolean) return;
    auto* bytes = static_cast<unsigned char*>(data);
    for (std::size_t i = 0; i < values; ++i) bytes[i] = bytes[i] != 0 ? 1 : 0;  // another value is no C++ bool
}

Handle native_type(DType dtype) {
    switch (dtype) {
        case DType::boolean:
            return bool_type();
        case DType::int8:
            return h5::copy_type(H5T_NATIVE_INT8);
        case DType::int16:
            return h5::copy_type(H5T_NATIVE_INT16);
        case DType::int32:
            return h5::copy_type(H5T_NATIVE_INT32);
        case DType::int64:
            return h5::copy_type(H5T_NATIVE_INT64);
        case DType::uint8:
            return h5::copy_type(H5T_NATIVE_UINT8);
        case DType::uint16:
            return h5::copy_type(H5T_NATIVE_UINT16);
        case DType::uint32:
            return h5::copy_type(H5T_NATIVE_UINT32);
        case DType::uint64:
            return h5::copy_type(H5T_NATIVE_UINT64);
        case DType::float16:
            return half_type();
        case DType::float32:
            return h5::copy_type(H5T_NATIVE_FLOAT);
        case DType::float64:
            return h5::copy_type(H5T_NATIVE_DOUBLE);
        case DType::complex64:
            return complex_type(H5T_NATIVE_FLOAT, "r", "i");
        case DType::complex128:
            return complex_type(H5T_NATIVE_DOUBLE, "r", "i");
    }
    throw ArgumentError("cannot name the stored form of an element type", "its code is unknown", "use a DType");
}

}  // namespace heddle::io
