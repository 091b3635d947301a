#include "host/array/bind_value.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "host/array/node.hpp"

namespace heddle::array {
namespace {

// The values of nested lists in C order, once they are known to form a box.
void flatten(const Value& value, int depth, Shape& shape, std::vector<Number>& out) {
    if (const auto* number = value.as<Number>()) {
        if (depth != shape.rank())
            throw ShapeError("a list mixes numbers and lists", "all rows need the same length", "complete the rows");
        out.push_back(*number);
        return;
    }
    const auto* list = value.as<Values>();
    if (!list)
        throw DTypeError(
            "a list holds " + describe(value), "only numbers known now can be listed",
            "write the numbers themselves, join arrays with stack((a, b)), or take one of several results, "
            "as in [0]");
    auto count = static_cast<std::int64_t>(list->items.size());
    if (out.empty() && depth == shape.rank()) shape.push_back(count);
    if (depth >= shape.rank() || shape[depth] != count)
        throw ShapeError("the rows of a list differ in length", "", "complete the rows");
    for (const auto& item : list->items) flatten(item, depth + 1, shape, out);
}

// The number as an element of a type that holds it.
template <class T>
T element(const Number& number) {
    if (const auto* c = std::get_if<std::complex<double>>(&number)) {
        if constexpr (std::is_same_v<T, std::complex<double>>) return *c;
        return T{};
    }
    if (const auto* d = std::get_if<double>(&number)) return static_cast<T>(*d);
    if (const auto* b = std::get_if<bool>(&number)) return static_cast<T>(*b ? 1 : 0);
    const auto integer = std::get<Int128>(number);
    if constexpr (std::is_integral_v<T>) return static_cast<T>(integer);
    return static_cast<T>(static_cast<double>(integer));
}

template <class T>
Array values_as(const std::vector<Number>& numbers, const Shape& shape) {
    // std::vector<bool> has no data(), so the elements are kept in an array of their own.
    auto values = std::make_unique<T[]>(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) values[i] = element<T>(numbers[i]);
    return heddle::detail::array_from_bytes(dtype_of<T>, values.get(), numbers.size(), shape, true);
}

Array list_to_array(const Value& value) {
    Shape shape;
    std::vector<Number> numbers;
    flatten(value, 0, shape, numbers);
    std::size_t level = 0;
    bool any_above_int64 = false;
    for (const auto& number : numbers) {
        level = std::max(level, number.index());
        if (const auto* integer = std::get_if<Int128>(&number)) {
            to_array(number);  // refuses what 64 bits do not hold
            any_above_int64 = any_above_int64 || *integer > std::numeric_limits<std::int64_t>::max();
        }
    }
    if (numbers.empty() || level == 2) return values_as<double>(numbers, shape);
    if (level == 0) return values_as<bool>(numbers, shape);
    if (level == 3) return values_as<std::complex<double>>(numbers, shape);
    return any_above_int64 ? values_as<std::uint64_t>(numbers, shape) : values_as<std::int64_t>(numbers, shape);
}

}  // namespace

std::string describe(const Value& value) {
    if (const auto* number = value.as<Number>()) {
        constexpr std::array<std::string_view, 4> kinds{"a bool", "a whole number", "a float", "a complex number"};
        return std::string(kinds[number->index()]);
    }
    if (value.as<Array>()) return "an array";
    if (value.is_none()) return "None";
    if (value.as<EllipsisValue>()) return "'...'";
    if (value.as<std::string>()) return "a string";
    if (const auto* dtype = value.as<DType>()) return "the type " + std::string(name_of(*dtype));
    switch (value.as<Values>()->kind) {
        case Values::Kind::tuple:
            return "a tuple";
        case Values::Kind::list:
            return "a list";
        default:
            return "a histogram (its counts and edges)";
    }
}

Array to_array(const Value& value) {
    if (const auto* array = value.as<Array>()) return *array;
    if (const auto* number = value.as<Number>()) return to_array(*number);
    if (const auto* values = value.as<Values>(); values && values->kind != Values::Kind::histogram)
        return list_to_array(value);
    std::string remedy = value.as<Values>()        ? "take one of its parts: [0] are the counts, [1] the edges"
                         : value.as<DType>()       ? "call it to convert: float32(x)"
                         : value.is_none()         ? "None adds an axis inside a subscript only: x[None, :]"
                         : value.as<std::string>() ? "remove the quotes to use a name"
                                                   : "use '...' inside a subscript only";
    throw DTypeError("expected a number or an array, found " + describe(value), "", remedy);
}

Value from_array(const Array& array, const expr::Span& at) {
    const auto* scalar = constant_of(*array.node());
    if (!scalar || !array.node()->weak) return {array, at};
    if (is_signed(scalar->dtype)) return {Number(Int128{scalar->i}), at};
    if (is_unsigned(scalar->dtype)) return {Number(Int128{scalar->u}), at};
    if (is_complex(scalar->dtype)) return {Number(scalar->c), at};
    return {Number(scalar->f), at};
}

std::optional<std::int64_t> known_integer(const Value& value) {
    if (const auto* number = value.as<Number>()) {
        const auto* integer = std::get_if<Int128>(number);
        if (!integer || *integer < std::numeric_limits<std::int64_t>::min() ||
            *integer > std::numeric_limits<std::int64_t>::max())
            return std::nullopt;
        return static_cast<std::int64_t>(*integer);
    }
    const auto* array = value.as<Array>();
    const auto* scalar = array ? constant_of(*array->node()) : nullptr;
    if (!scalar || !is_integer(scalar->dtype)) return std::nullopt;
    return scalar->cast_to(DType::int64).i;
}

std::optional<double> known_real(const Value& value) {
    if (const auto* number = value.as<Number>()) {
        if (const auto* d = std::get_if<double>(number)) return *d;
        if (const auto* i = std::get_if<Int128>(number)) return static_cast<double>(*i);
        return std::nullopt;
    }
    const auto* array = value.as<Array>();
    const auto* scalar = array ? constant_of(*array->node()) : nullptr;
    if (!scalar || is_complex(scalar->dtype)) return std::nullopt;
    return scalar->cast_to(DType::float64).f;
}

}  // namespace heddle::array
