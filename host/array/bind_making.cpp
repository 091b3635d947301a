#include <array>
#include <cmath>
#include <limits>

#include "heddle/functions.hpp"
#include "host/array/bind_call.hpp"
#include "host/array/bind_registry.hpp"
#include "host/array/node.hpp"

namespace heddle::array {
namespace {

// The value with the type that numpy.asarray gives it, repeated over the shape.
Array filled(const Array& value, DType dtype, const Shape& shape) { return value.astype(dtype).broadcast_to(shape); }

Value zeros(const Call& call) {
    return {filled(Array(0), call.dtype(1).value_or(DType::float64), call.shape(0)), call.place()};
}
Value ones(const Call& call) {
    return {filled(Array(1), call.dtype(1).value_or(DType::float64), call.shape(0)), call.place()};
}
Value full_of(const Call& call) {
    auto value = call.array(1);
    return {filled(value, call.dtype(2).value_or(value.dtype()), call.shape(0)), call.place()};
}
Value zeros_like(const Call& call) {
    auto x = call.array(0);
    return {filled(Array(0), call.dtype(1).value_or(x.dtype()), x.shape()), call.place()};
}
Value ones_like(const Call& call) {
    auto x = call.array(0);
    return {filled(Array(1), call.dtype(1).value_or(x.dtype()), x.shape()), call.place()};
}
Value full_like(const Call& call) {
    auto x = call.array(0);
    return {filled(call.array(1), call.dtype(2).value_or(x.dtype()), x.shape()), call.place()};
}

Value array_of(const Call& call) {
    auto x = call.array(0);
    return {x.astype(call.dtype(1).value_or(x.dtype())), call.place()};
}

Value arange_of(const Call& call) {
    // One argument is the stop, as in Python.
    bool one = !call.given(1);
    bool whole = true;
    for (std::size_t i = 0; i < 3; ++i) whole = whole && (!call.given(i) || known_integer(call.value(i)));
    auto result = [&] {
        if (whole)
            return heddle::arange(one ? 0 : call.integer(0, 0), one ? call.integer(0, 0) : call.integer(1, 0),
                                  call.integer(2, 1));
        return heddle::arange(one ? 0.0 : call.real(0, 0), one ? call.real(0, 0) : call.real(1, 0), call.real(2, 1));
    }();
    return {result.astype(call.dtype(3).value_or(result.dtype())), call.place()};
}

Value linspace_of(const Call& call) {
    auto result = heddle::linspace(call.real(0, 0), call.real(1, 0), call.integer(2, 50));
    return {result.astype(call.dtype(3).value_or(result.dtype())), call.place()};
}

Value astype(const Call& call) {
    if (!call.given(1)) call.fail(1, "an element type", "write one such as float32, or 'float32'");
    return {call.array(0).astype(*call.dtype(1)), call.place()};
}

Value broadcast_to_shape(const Call& call) { return {call.array(0).broadcast_to(call.shape(1)), call.place()}; }

Value transpose(const Call& call) {
    auto axes = call.axes(1);
    return {call.array(0).transpose(axes.list()), call.place()};
}

Value expand_dims(const Call& call) {
    auto x = call.array(0);
    auto axis = normalize_axis(static_cast<int>(call.integer(1, 0) % (2 * kMaxRank + 2)), x.rank() + 1);
    std::vector<Index> items(static_cast<std::size_t>(axis), Index(Slice{}));
    items.emplace_back(newaxis);
    return {x.subscript(items), call.place()};
}

Value squeeze(const Call& call) {
    auto x = call.array(0);
    std::vector<bool> chosen(static_cast<std::size_t>(x.rank()), !call.given(1));
    const auto axes = call.axes(1);
    for (int axis : axes.list()) {
        axis = normalize_axis(axis, x.rank());
        if (x.shape()[axis] != 1)
            throw ShapeError("axis " + std::to_string(axis) + " cannot be removed",
                             "its extent is " + std::to_string(x.shape()[axis]), "name axes of extent 1 only");
        chosen[static_cast<std::size_t>(axis)] = true;
    }
    std::vector<Index> items;
    for (int axis = 0; axis < x.rank(); ++axis) {
        bool remove = chosen[static_cast<std::size_t>(axis)] && x.shape()[axis] == 1;
        items.push_back(remove ? Index(0) : Index(Slice{}));
    }
    return {x.subscript(items), call.place()};
}

const std::array kShaping{
    FunctionRow{"astype(x, dtype)", "", "x converted to an element type; float32(x) and so on do the same.",
                General(astype), true},
    FunctionRow{"transpose(x, axes=None)", "", "The axes in another order, by default reversed: x.T.",
                General(transpose), true},
    FunctionRow{"expand_dims(x, axis)", "", "An axis of extent 1 added: x[None].", General(expand_dims)},
    FunctionRow{"squeeze(x, axis=None)", "", "Axes of extent 1 removed.", General(squeeze), true},
    FunctionRow{"broadcast_to(x, shape)", "", "x repeated to a shape.", General(broadcast_to_shape)},
};

const std::array kMaking{
    FunctionRow{"array(object, dtype=None)", "asarray", "The numbers of a list, or of lists of equal length.",
                General(array_of)},
    FunctionRow{"zeros(shape, dtype=float64)", "", "An array of 0.", General(zeros)},
    FunctionRow{"ones(shape, dtype=float64)", "", "An array of 1.", General(ones)},
    FunctionRow{"full(shape, fill_value, dtype=None)", "", "An array of one value.", General(full_of)},
    FunctionRow{"zeros_like(x, dtype=None)", "", "An array of 0 of the shape and type of x.", General(zeros_like)},
    FunctionRow{"ones_like(x, dtype=None)", "", "An array of 1 of the shape and type of x.", General(ones_like)},
    FunctionRow{"full_like(x, fill_value, dtype=None)", "", "An array of one value of the shape and type of x.",
                General(full_like)},
    FunctionRow{"arange(start, stop=None, step=1, dtype=None)", "",
                "start, start + step, … up to before stop; arange(n) counts from 0.", General(arange_of)},
    FunctionRow{"linspace(start, stop, num=50, dtype=None)", "", "num values from start to stop, both included.",
                General(linspace_of)},
};

}  // namespace

std::span<const FunctionRow> shaping_rows() { return kShaping; }
std::span<const FunctionRow> making_rows() { return kMaking; }

}  // namespace heddle::array
