// Arrays that are joined, repeated, moved and reshaped: what their arguments may be.

#include <algorithm>
#include <limits>

#include "heddle/shaping.hpp"
#include "host/array/bind_call.hpp"
#include "host/array/bind_registry.hpp"
#include "host/array/node.hpp"

namespace heddle::array {
namespace {

// A tuple or list of arrays.
std::vector<Array> arrays_of(const Call& call) {
    const auto* list = call.value(0).as<Values>();
    if (!list || list->kind == Values::Kind::histogram)
        call.fail(0, "a tuple or list of arrays", "write " + call.function().name + "((a, b))");
    std::vector<Array> arrays;
    for (const auto& item : list->items) arrays.push_back(call.array_in(item));
    return arrays;
}

// One whole number, or a tuple of them.
std::vector<std::int64_t> integers(const Call& call, std::size_t i, const Value& value, const std::string& expected,
                                   const std::string& remedy) {
    std::vector<std::int64_t> all;
    const auto add = [&](const Value& item) {
        const auto integer = known_integer(item);
        if (!integer) call.fail(i, expected, remedy);
        all.push_back(*integer);
    };
    if (const auto* list = value.as<Values>()) {
        for (const auto& item : list->items) add(item);
    } else {
        add(value);
    }
    return all;
}
std::vector<std::int64_t> integers(const Call& call, std::size_t i, const std::string& remedy) {
    return integers(call, i, call.value(i), "a whole number known now, or a tuple of them", remedy);
}
Shape shape_of(const Call& call, std::size_t i, const std::string& remedy) {
    return Shape{std::span<const std::int64_t>(integers(call, i, remedy))};
}

// An axis that need not be one of the arguments' array.
int axis_number(const Call& call, std::size_t i, int otherwise) {
    const auto axis = call.integer(i, otherwise);
    if (axis < -2 * kMaxRank || axis > 2 * kMaxRank) call.fail(i, "the number of an axis", "write one such as axis=0");
    return static_cast<int>(axis);
}
Axis optional_axis(const Call& call, std::size_t i, Axis otherwise) {
    if (call.none(i)) return std::nullopt;
    return call.given(i) ? Axis(axis_number(call, i, 0)) : otherwise;
}
int own_axis(const Call& call, std::size_t i) {
    const auto axes = call.axes(i).list();
    if (axes.size() != 1) call.fail(i, "one axis", "write its number");
    return axes.front();
}

Value reshape_to(const Call& call) {
    return {reshape(call.array(0), shape_of(call, 1, "write one such as (10, -1)")), call.place()};
}
Value swap(const Call& call) { return {swapaxes(call.array(0), own_axis(call, 1), own_axis(call, 2)), call.place()}; }
Value move(const Call& call) {
    return {moveaxis(call.array(0), call.axes(1).list(), call.axes(2).list()), call.place()};
}
Value flipped(const Call& call) { return {flip(call.array(0), call.axes(1)), call.place()}; }
Value concatenated(const Call& call) { return {concatenate(arrays_of(call), optional_axis(call, 1, 0)), call.place()}; }
Value stacked(const Call& call) { return {stack(arrays_of(call), axis_number(call, 1, 0)), call.place()}; }

template <auto join>
Value joined(const Call& call) {
    return {join(arrays_of(call)), call.place()};
}

Value rolled(const Call& call) {
    auto x = call.array(0);
    auto shifts = integers(call, 1, "write one such as 3");
    if (!call.given(2)) {
        std::int64_t all = 0;
        for (const auto shift : shifts) all += shift % std::max<std::int64_t>(x.size(), 1);
        return {roll(x, all), call.place()};
    }
    auto axes = call.axes(2).list();
    if (shifts.size() == 1) shifts.resize(axes.size(), shifts[0]);
    if (axes.size() == 1) axes.resize(shifts.size(), axes[0]);
    if (shifts.size() != axes.size()) call.fail(1, "one shift, or one for each axis", "write one such as (1, 2)");
    for (std::size_t i = 0; i < axes.size(); ++i) x = roll(x, shifts[i], axes[i]);
    return {x, call.place()};
}

// n, (n,), (before, after), ((before, after),) or one pair for each axis.
std::vector<Padding> widths_of(const Call& call) {
    const std::string expected = "a width, (before, after), or a pair of these for each axis",
                      remedy = "write one such as 2, (1, 3) or ((1, 3), (0, 0))";
    const auto pair = [&](const Value& value) {
        const auto both = integers(call, 1, value, expected, remedy);
        if (both.empty() || both.size() > 2) call.fail(1, expected, remedy);
        return Padding{both.front(), both.back()};
    };
    const auto* list = call.value(1).as<Values>();
    const bool nested = list && !list->items.empty() && list->items[0].as<Values>();
    if (!nested) return {pair(call.value(1))};
    std::vector<Padding> widths;
    for (const auto& item : list->items) widths.push_back(pair(item));
    return widths;
}

Value padded(const Call& call) {
    constexpr std::array<std::string_view, 5> kModes{"constant", "edge", "reflect", "symmetric", "wrap"};
    auto mode = PadMode::constant;
    if (call.given(2)) {
        const auto* name = call.value(2).as<std::string>();
        const auto found = std::find(kModes.begin(), kModes.end(), name ? *name : std::string());
        if (found == kModes.end())
            call.fail(2, "'constant', 'edge', 'reflect', 'symmetric' or 'wrap'", "write one of these, in quotes");
        mode = static_cast<PadMode>(found - kModes.begin());
    }
    return {pad(call.array(0), widths_of(call), mode, call.given(3) ? call.array(3) : Array(0)), call.place()};
}

Value tiled(const Call& call) { return {tile(call.array(0), shape_of(call, 1, "write one such as 2")), call.place()}; }

Value repeated(const Call& call) {
    const auto axis = call.given(2) ? Axis(own_axis(call, 2)) : std::nullopt;
    const auto counts = integers(call, 1, "write one such as 2");
    if (counts.size() == 1) return {repeat(call.array(0), counts[0], axis), call.place()};
    return {repeat(call.array(0), counts, axis), call.place()};
}

Value downsampled(const Call& call) {
    return {downsample(call.array(0), shape_of(call, 1, "write one such as 2 or (1, 4, 4)")), call.place()};
}

Value differences(const Call& call) {
    const auto n = call.integer(1, 1);
    if (n < 0 || n > 64) call.fail(1, "a number from 0 to 64", "leave it out for the difference of neighbours");
    return {diff(call.array(0), static_cast<int>(n), axis_number(call, 2, -1)), call.place()};
}

// As NumPy: of several axes a tuple with the gradient along each.
Value gradients(const Call& call) {
    if (call.integer(3, 1) != 1) call.fail(3, "1", "leave it out; the ends are simple differences");
    const auto x = call.array(0);
    auto axes = call.axes(2).list();
    for (int axis = 0; !call.given(2) && axis < x.rank(); ++axis) axes.push_back(axis);
    Values each;
    for (const int axis : axes) each.items.push_back({gradient(x, call.real(1, 1), axis), call.place()});
    if (each.items.size() == 1) return each.items[0];
    return {std::move(each), call.place()};
}

const std::array kJoining{
    FunctionRow{"concatenate(arrays, axis=0)", "concat",
                "The arrays of a tuple one after the other along an axis; axis=None joins all their values.",
                General(concatenated)},
    FunctionRow{"stack(arrays, axis=0)", "", "Arrays of one shape along a new axis.", General(stacked)},
    FunctionRow{"hstack(arrays)", "", "Joined along the second axis, or the only one.",
                General(joined<&heddle::hstack>)},
    FunctionRow{"vstack(arrays)", "", "Joined as rows, along the first of at least two axes.",
                General(joined<&heddle::vstack>)},
    FunctionRow{"reshape(x, newshape|shape)", "", "The values in C order in another shape; -1 is what is left.",
                General(reshape_to), true},
    FunctionRow{"ravel(x)", "", "All values as one axis, in C order.", Unary(&heddle::ravel), true},
    FunctionRow{"swapaxes(x, axis1, axis2)", "", "Two axes exchanged.", General(swap), true},
    FunctionRow{"moveaxis(x, source, destination)", "", "Axes moved to other places; the others keep their order.",
                General(move)},
    FunctionRow{"flip(x, axis=None)", "", "The order along the axes reversed: x[::-1].", General(flipped)},
    FunctionRow{"roll(x, shift, axis=None)", "", "Each element moved on by shift places, the last ones to the front.",
                General(rolled)},
    FunctionRow{"pad(x, pad_width, mode='constant', constant_values=0)", "",
                "x with elements added at the ends of its axes; the modes are constant, edge, reflect, symmetric and "
                "wrap.",
                General(padded)},
    FunctionRow{"tile(x, reps)", "", "The whole array again and again along its axes.", General(tiled)},
    FunctionRow{"repeat(x, repeats, axis=None)", "", "Each element again and again; a list has a count for each.",
                General(repeated), true},
    FunctionRow{"downsample(x, factors)", "",
                "The mean of each block of so many elements along each axis; what does not fill a block is left out.",
                General(downsampled)},
    FunctionRow{"diff(x, n=1, axis=-1)", "", "Each element less the one before it, n times.", General(differences)},
    FunctionRow{"gradient(x, spacing=1, axis=None, edge_order=1)", "",
                "Half the difference of the neighbours, at the ends that to the only one; of several axes a tuple.",
                General(gradients)},
};

}  // namespace

std::span<const FunctionRow> joining_rows() { return kJoining; }

}  // namespace heddle::array
