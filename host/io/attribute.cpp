#include "host/io/attribute.hpp"

#include <complex>
#include <cstring>

#include "host/io/checked.hpp"
#include "host/io/dataset.hpp"
#include "kernels/half.hpp"

namespace heddle::io {
namespace {

constexpr std::size_t kMaxAttributeBytes = std::size_t{256} << 20;  // a larger claim is a damaged file

void trim_string(std::string& text, H5T_str_t padding) {
    if (padding != H5T_STR_SPACEPAD) {
        const auto end = text.find('\0');
        if (end != std::string::npos) text.resize(end);
        return;
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
}

void read_fixed_strings(hid_t attribute, hid_t type, std::size_t count, Attribute& out) {
    const auto size = h5::type_size(type);
    std::vector<char> bytes(size * count);
    if (count > 0) h5::read_attribute(attribute, type, bytes.data());
    const auto padding = H5Tget_strpad(type);
    for (std::size_t i = 0; i < count; ++i) {
        std::string text(bytes.data() + i * size, size);
        trim_string(text, padding);
        out.text.push_back(std::move(text));
    }
}

void read_variable_strings(hid_t attribute, hid_t type, hid_t space, std::size_t count, Attribute& out) {
    std::vector<char*> pointers(count, nullptr);
    if (count == 0) return;
    h5::read_attribute(attribute, type, pointers.data());
    for (const char* p : pointers) out.text.emplace_back(p == nullptr ? "" : p);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
}

void read_numbers(hid_t attribute, const NumericType& type, Attribute& out) {
    const auto count = static_cast<std::size_t>(out.shape.count());
    out.values.resize(count * size_of(type.dtype));
    if (count > 0) {
        h5::read_attribute(attribute, type.transfer.get(), out.values.data());
        finish_transfer(type, count, out.values.data());
    }
    out.dtype = type.dtype;
}

void read_value(hid_t attribute, Attribute& out) {
    const auto type = h5::attribute_type(attribute);
    out.type = describe_type(type.get());
    const auto space = h5::attribute_space(attribute);
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) {
        out.error = "it is empty";
        return;
    }
    const auto extents = h5::extents_of(space.get()).now;
    std::size_t count = 1;
    for (auto e : extents) {
        out.shape.push_back(static_cast<std::int64_t>(e));
        if (e != 0 && count > kMaxAttributeBytes / e)
            throw CallFailure("", "it claims to be larger than any attribute");
        count *= static_cast<std::size_t>(e);
    }
    if (count > kMaxAttributeBytes / h5::type_size(type.get()))
        throw CallFailure("", "it claims to be larger than any attribute");
    if (h5::type_class(type.get()) == H5T_STRING) {
        if (H5Tis_variable_str(type.get()) > 0)
            return read_variable_strings(attribute, type.get(), space.get(), count, out);
        return read_fixed_strings(attribute, type.get(), count, out);
    }
    const auto numeric = numeric_type(type.get());
    if (!numeric) {
        out.error = "values of type '" + out.type + "' are neither numbers nor text";
        return;
    }
    for (auto e : numeric->extra) out.shape.push_back(e);
    read_numbers(attribute, *numeric, out);
}

Attribute read_attribute(Id object, const std::string& name) {
    Attribute out;
    out.name = name;
    try {
        read_value(h5::open_attribute(object, name).get(), out);
    } catch (const CallFailure& failure) {
        out.error = failure.reason();
    } catch (const Error& error) {
        out.error = error.reason();
    }
    return out;
}

template <class T>
T element(const Attribute& attribute, std::int64_t i) {
    T value;
    std::memcpy(&value, attribute.values.data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
    return value;
}

std::string object_words(const Location& object) { return "'" + object.path + "' of '" + object.file->path() + "'"; }

}  // namespace

Number Attribute::number(std::int64_t i) const {
    if (!dtype)
        throw DTypeError("attribute '" + name + "' is not a number", error.empty() ? "it is of type " + type : error,
                         "use an attribute that holds numbers");
    if (i < 0 || i >= count())
        throw ShapeError("attribute '" + name + "' has no element " + std::to_string(i),
                         "its shape is " + to_string(shape), "use an index below " + std::to_string(count()));
    switch (*dtype) {
        case DType::boolean:
            return static_cast<std::int64_t>(element<std::uint8_t>(*this, i) != 0);
        case DType::int8:
            return static_cast<std::int64_t>(element<std::int8_t>(*this, i));
        case DType::int16:
            return static_cast<std::int64_t>(element<std::int16_t>(*this, i));
        case DType::int32:
            return static_cast<std::int64_t>(element<std::int32_t>(*this, i));
        case DType::int64:
            return element<std::int64_t>(*this, i);
        case DType::uint8:
            return static_cast<std::int64_t>(element<std::uint8_t>(*this, i));
        case DType::uint16:
            return static_cast<std::int64_t>(element<std::uint16_t>(*this, i));
        case DType::uint32:
            return static_cast<std::int64_t>(element<std::uint32_t>(*this, i));
        case DType::uint64:
            return element<std::uint64_t>(*this, i);
        case DType::float16:
            return static_cast<double>(kernels::half_to_float(element<Half>(*this, i)));
        case DType::float32:
            return static_cast<double>(element<float>(*this, i));
        case DType::float64:
            return element<double>(*this, i);
        case DType::complex64:
            return static_cast<double>(element<std::complex<float>>(*this, i).real());
        case DType::complex128:
            return element<std::complex<double>>(*this, i).real();
    }
    return 0.0;
}

double Attribute::as_double(std::int64_t i) const {
    return std::visit([](auto value) { return static_cast<double>(value); }, number(i));
}

std::vector<Attribute> detail::attributes_of(Id object) {
    std::vector<Attribute> all;
    for (const auto& name : h5::attribute_names(object)) all.push_back(read_attribute(object, name));
    return all;
}

std::optional<Attribute> detail::find_attribute(Id object, const std::string& name) {
    if (!h5::attribute_exists(object, name)) return std::nullopt;
    return read_attribute(object, name);
}

std::vector<Attribute> attributes_of(const Location& object) {
    return guarded(
        *object.file, [&] { return "cannot read the attributes of " + object_words(object); },
        [&] { return detail::attributes_of(h5::open_object(object.file->id(), object.path).get()); });
}

Attribute attribute_of(const Location& object, const std::string& name) {
    const auto problem = [&] { return "cannot read attribute '" + name + "' of " + object_words(object); };
    return guarded(*object.file, problem, [&] {
        const auto id = h5::open_object(object.file->id(), object.path);
        auto found = detail::find_attribute(id.get(), name);
        if (!found)
            throw IoError(problem(), "there is no such attribute", suggest_names(name, h5::attribute_names(id.get())));
        if (!found->error.empty())
            throw IoError(problem(), found->error, "use an attribute that holds numbers or text");
        return std::move(*found);
    });
}

}  // namespace heddle::io
