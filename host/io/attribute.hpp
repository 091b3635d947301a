#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "heddle/dtype.hpp"
#include "heddle/shape.hpp"
#include "host/io/file.hpp"

namespace heddle::io {

// One number of an attribute, without loss for 64-bit integers.
using Number = std::variant<std::int64_t, std::uint64_t, double>;

// An attribute with its value: numbers, or text, or the reason why it has neither.
struct Attribute {
    std::string name;
    std::string type;               // "int16", "string", "compound of 3 members", …
    Shape shape;                    // () for a scalar
    std::optional<DType> dtype;     // set when `values` holds the numbers
    std::vector<std::byte> values;  // dense, C order, native
    std::vector<std::string> text;  // one for each element when the type is a string
    std::string error;              // why it could not be read; empty when it could

    bool is_number() const { return dtype.has_value(); }
    bool is_text() const { return !dtype && error.empty() && (shape.count() == 0 || !text.empty()); }
    std::int64_t count() const { return shape.count(); }
    // The i-th value; real part for complex. DTypeError when it is no number.
    Number number(std::int64_t i = 0) const;
    double as_double(std::int64_t i = 0) const;
};

// All attributes of the object (a dataset or a group), those that cannot be read with their error. Any thread.
std::vector<Attribute> attributes_of(const Location& object);
// One attribute. IoError: no such attribute (names those that are there), or unreadable.
Attribute attribute_of(const Location& object, const std::string& name);

namespace detail {
// The same for an object that is already open (`object` is its Id). Needs the library lock.
std::vector<Attribute> attributes_of(Id object);
std::optional<Attribute> find_attribute(Id object, const std::string& name);
}  // namespace detail

}  // namespace heddle::io
