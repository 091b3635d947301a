#include <algorithm>
#include <array>

#include "heddle/selection.hpp"
#include "host/array/bind_call.hpp"
#include "host/array/bind_registry.hpp"

namespace heddle::array {
namespace {

template <auto best>
Value largest(const Call& call) {
    return {best(call.array(0), call.integer(1, 0), axis_of(call, 2, -1)), call.place()};
}

Value searchsorted_of(const Call& call) {
    auto side = Side::left;
    if (call.given(2)) {
        const auto* name = call.value(2).as<std::string>();
        if (!name || (*name != "left" && *name != "right"))
            call.fail(2, "'left' or 'right'", "write side='right' to go behind equal values");
        if (*name == "right") side = Side::right;
    }
    return {heddle::searchsorted(call.array(0), call.array(1), side), call.place()};
}

Value digitize_of(const Call& call) {
    return {heddle::digitize(call.array(0), call.array(1), call.flag(2) ? Side::right : Side::left), call.place()};
}

Bounds bounds_of(const Call& call, std::size_t i) {
    if (!call.given(i)) return Bounds::raise;
    const auto* name = call.value(i).as<std::string>();
    if (!name || (*name != "raise" && *name != "wrap" && *name != "clip"))
        call.fail(i, "'raise', 'wrap' or 'clip'", "leave it out for an error where an index is out of range");
    return *name == "raise" ? Bounds::raise : *name == "wrap" ? Bounds::wrap : Bounds::clip;
}

Value take_of(const Call& call) {
    return {heddle::take(call.array(0), call.array(1), axis_of(call, 2, {}), bounds_of(call, 3)), call.place()};
}
Value take_along_axis_of(const Call& call) {
    return {heddle::take_along_axis(call.array(0), call.array(1), axis_of(call, 2, -1)), call.place()};
}
Value put_of(const Call& call) {
    return {heddle::put(call.array(0), call.array(1), call.array(2), bounds_of(call, 3)), call.place()};
}
Value put_along_axis_of(const Call& call) {
    return {heddle::put_along_axis(call.array(0), call.array(1), call.array(2), axis_of(call, 3, {})), call.place()};
}

// The axis is that of the second argument.
Value compress_of(const Call& call) {
    Axis axis;
    constexpr std::int64_t kFar = 1 << 30;  // one that does not exist stays one
    if (call.given(2)) axis = static_cast<int>(std::clamp(call.integer(2, 0), -kFar, kFar));
    return {heddle::compress(call.array(0), call.array(1), axis), call.place()};
}

Value tuple_of(const Call& call, const std::vector<Array>& arrays) {
    Values parts;
    for (const auto& array : arrays) parts.items.push_back({array, call.place()});
    return {std::move(parts), call.place()};
}
Value nonzero_of(const Call& call) { return tuple_of(call, heddle::nonzero(call.array(0))); }
Value unique_counts_of(const Call& call) {
    const auto [values, counts] = heddle::unique_counts(call.array(0));
    return tuple_of(call, {values, counts});
}

const std::array kSelection{
    FunctionRow{"topk(a|x, k, axis=-1)", "",
                "The k largest values along the axis, the largest first; NaN counts as it.",
                General(largest<&heddle::topk>)},
    FunctionRow{"argtopk(a|x, k, axis=-1)", "", "Their positions; of equal values the first one comes first.",
                General(largest<&heddle::argtopk>)},
    FunctionRow{"searchsorted(a, v, side='left')", "",
                "Where v goes in the sorted row a: before values that equal it, or 'right' behind them.",
                General(searchsorted_of), true},
    FunctionRow{
        "digitize(x, bins, right=False)", "",
        "The bin of each value, counted from 1, between edges that rise or fall; right=True: each holds its upper "
        "edge, not its lower one.",
        General(digitize_of)},
    FunctionRow{"take(a|x, indices, axis=None, mode='raise')", "",
                "The elements at computed positions: x[indices] along the axis; 'wrap' and 'clip' allow all indices.",
                General(take_of), true},
    FunctionRow{"take_along_axis(arr|a|x, indices, axis=-1)", "",
                "The elements at the positions that argsort() or argtopk() gives, line by line.",
                General(take_along_axis_of)},
    FunctionRow{"put(a|x, ind|indices, v|values, mode='raise')", "",
                "a new array, in which values stand at the positions (in C order); the last one wins.",
                General(put_of)},
    FunctionRow{"put_along_axis(arr|a|x, indices, values, axis)", "", "The same line by line.",
                General(put_along_axis_of)},
    FunctionRow{"compress(condition, a|x, axis=None)", "", "The elements, or slices of the axis, where a row is true.",
                General(compress_of)},
    FunctionRow{"extract(condition, arr|a|x)", "",
                "The elements where a condition of the same shape is true: x[x > 0].", Binary(&heddle::extract)},
    FunctionRow{"nonzero(a|x)", "", "Where elements are not zero: [0] are the positions on the first axis, and so on.",
                General(nonzero_of), true},
    FunctionRow{"flatnonzero(a|x)", "", "The positions, in C order, of what is not zero.", Unary(&heddle::flatnonzero)},
    FunctionRow{"argwhere(a|x)", "", "One row of positions for each element that is not zero.",
                Unary(&heddle::argwhere)},
    FunctionRow{"unique(ar|a|x)", "", "The different values in ascending order.", Unary(&heddle::unique)},
    FunctionRow{"unique_counts(x|a)", "",
                "The same as [0], and as [1] how often each occurs: a row of the same length.",
                General(unique_counts_of)},
};

}  // namespace

std::span<const FunctionRow> selection_rows() { return kSelection; }

}  // namespace heddle::array
