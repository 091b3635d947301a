#include <string_view>

#include "host/io/checked.hpp"
#include "host/io/types.hpp"

namespace heddle::io {
namespace {

std::string order_suffix(hid_t type) {
    if (h5::type_size(type) < 2) return {};
    switch (H5Tget_order(type)) {
        case H5T_ORDER_BE:
            return " big-endian";
        case H5T_ORDER_VAX:
            return " VAX-endian";
        case H5T_ORDER_MIXED:
            return " mixed-endian";
        default:
            return {};
    }
}

std::string bits(hid_t type) { return std::to_string(8 * h5::type_size(type)); }

std::string integer_words(hid_t type) {
    std::string text = (H5Tget_sign(type) == H5T_SGN_2 ? "int" : "uint") + bits(type) + order_suffix(type);
    const auto precision = H5Tget_precision(type);
    if (precision != 8 * h5::type_size(type)) text += " (" + std::to_string(precision) + " bits used)";
    return text;
}

std::string float_words(hid_t type) {
    std::size_t sign = 0, exponent = 0, exponent_bits = 0, mantissa = 0, mantissa_bits = 0;
    h5::status("H5Tget_fields", H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits));
    const auto size = h5::type_size(type);
    std::string text = "float" + bits(type) + order_suffix(type);
    const bool usual = (size == 2 && exponent_bits == 5 && mantissa_bits == 10) ||
                       (size == 4 && exponent_bits == 8 && mantissa_bits == 23) ||
                       (size == 8 && exponent_bits == 11 && mantissa_bits == 52);
    if (!usual)
        text += " (exponent of " + std::to_string(exponent_bits) + " bits, mantissa of " +
                std::to_string(mantissa_bits) + ")";
    return text;
}

std::string compound_words(hid_t type) {
    const auto members = h5::member_count(type);
    std::string text = "compound {";
    constexpr unsigned kShown = 8;
    for (unsigned m = 0; m < members && m < kShown; ++m)
        text += (m == 0 ? "" : ", ") + h5::member_name(type, m) + ": " + describe_type(h5::member_type(type, m).get());
    if (members > kShown) text += ", … " + std::to_string(members - kShown) + " more";
    return text + "}";
}

std::string enum_words(hid_t type) {
    const auto base = h5::super_type(type);
    const auto members = h5::member_count(type);
    std::string text = "enumeration of " + describe_type(base.get()) + " {";
    constexpr unsigned kShown = 8;
    for (unsigned m = 0; m < members && m < kShown; ++m) text += (m == 0 ? "" : ", ") + h5::member_name(type, m);
    if (members > kShown) text += ", …";
    return text + "}";
}

std::string array_words(hid_t type) {
    const int rank = h5::checked("H5Tget_array_ndims", H5Tget_array_ndims(type));
    std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
    h5::checked("H5Tget_array_dims2", H5Tget_array_dims2(type, extents.data()));
    std::string text = "array (";
    for (std::size_t i = 0; i < extents.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(extents[i]);
    return text + (rank == 1 ? ",) of " : ") of ") + describe_type(h5::super_type(type).get());
}

std::string tag_of(hid_t type) {
    char* tag = H5Tget_tag(type);
    if (tag == nullptr) return {};
    std::string text(tag);
    H5free_memory(tag);
    return text;
}

}  // namespace

std::string describe_type(Id stored) {
    switch (h5::type_class(stored)) {
        case H5T_INTEGER:
            return integer_words(stored);
        case H5T_FLOAT:
            return float_words(stored);
        case H5T_BITFIELD:
            return "bit field of " + bits(stored) + order_suffix(stored);
        case H5T_STRING:
            if (h5::checked("H5Tis_variable_str", H5Tis_variable_str(stored)) > 0) return "string of variable length";
            return "string of " + std::to_string(h5::type_size(stored)) + " bytes";
        case H5T_ENUM:
            return is_bool_enum(stored) ? "bool" : enum_words(stored);
        case H5T_COMPOUND:
            return compound_words(stored);
        case H5T_ARRAY:
            return array_words(stored);
        case H5T_VLEN:
            return "variable-length list of " + describe_type(h5::super_type(stored).get());
        case H5T_REFERENCE:
            return "reference";
        case H5T_OPAQUE: {
            const auto tag = tag_of(stored);
            return "opaque of " + std::to_string(h5::type_size(stored)) + " bytes" +
                   (tag.empty() ? "" : " ('" + tag + "')");
        }
        case H5T_TIME:
            return "time";
        default:
            return "unknown type";
    }
}

}  // namespace heddle::io
