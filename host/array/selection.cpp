// What has as many elements as the values say: computed at once.

#include "heddle/selection.hpp"

#include "heddle/error.hpp"
#include "heddle/functions.hpp"
#include "host/array/indices.hpp"
#include "kernels/gather.hpp"

namespace heddle {
namespace {

// The rows of the axis at the positions, which stream; without an axis, of all elements in C order, which stream where
// they have one axis and are not in memory anyway.
Array rows_at(const Array& a, const Array& positions, Axis axis) {
    if (!axis && (a.rank() != 1 || a.node()->is<array::Memory>())) return array::take_rows(a, positions, a.rank());
    const auto list = positions.view<std::int64_t>();
    return Array(array::take(a.node(), axis.value_or(0),
                             std::make_shared<const std::vector<std::int64_t>>(list.begin(), list.end())));
}

// Coordinate of positions in C order: which of `extent`, when `stride` positions are one step along it.
Array coordinate(const Array& positions, const Array& stride, const Array& extent) {
    return floor_divide(positions, stride) % extent;
}

std::vector<std::int64_t> strides_of(const Shape& shape) {
    std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()), 1);
    for (int axis = shape.rank() - 2; axis >= 0; --axis) {
        const auto i = static_cast<std::size_t>(axis);
        strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[axis + 1], 1);
    }
    return strides;
}

// Whether each element but the last is followed by another value; all NaN are one.
Array changes(const Array& sorted) {
    const Array later = sorted(Slice{1, {}}), earlier = sorted(Slice{{}, -1}), differ = later != earlier;
    if (!is_float(sorted.dtype()) && !is_complex(sorted.dtype())) return differ;
    return logical_and(differ, logical_not(logical_and(isnan(later), isnan(earlier))));
}

struct Runs {
    Array sorted, starts;
    Array values() const { return array::evaluate_now(array::take_rows(sorted, starts, 1)); }
};
Runs runs_of(const Array& a) {
    const Array sorted = array::evaluate_now(sort(a, {}));
    if (sorted.size() == 0) return {sorted, array::positions_where(sorted)};
    return {sorted, array::run_starts(changes(sorted))};
}

}  // namespace

Array compress(const Array& condition, const Array& a, Axis axis) {
    if (condition.rank() != 1)
        throw ShapeError("compress needs one row of conditions",
                         "the shape of the condition is " + to_string(condition.shape()),
                         "write extract(condition, x) to choose elements of any shape");
    if (axis) axis = array::normalize_axis(*axis, a.rank());
    const std::int64_t n = axis ? a.shape()[*axis] : a.size();
    const Array positions = array::positions_where(condition);
    const auto list = positions.view<std::int64_t>();
    if (!list.empty() && list.back() >= n)
        throw ShapeError("the condition is true beyond the end",
                         "at position " + std::to_string(list.back()) + " of " + std::to_string(n) + " elements",
                         "make the condition from an array of the axis's length");
    return rows_at(a, positions, axis);
}

Array extract(const Array& condition, const Array& a) {
    if (condition.size() != a.size())
        throw ShapeError("the condition does not fit the array",
                         "it has shape " + to_string(condition.shape()) + ", the array " + to_string(a.shape()),
                         "make the condition from the array itself, as in extract(x > 0, x)");
    return rows_at(a, array::positions_where(condition), {});
}

Array flatnonzero(const Array& a) { return array::positions_where(a); }

Array argwhere(const Array& a) {
    const Array positions = array::positions_where(a);
    const auto strides = strides_of(a.shape());
    std::vector<std::int64_t> extents(a.shape().begin(), a.shape().end());
    for (auto& extent : extents) extent = std::max<std::int64_t>(extent, 1);
    const Shape row{a.rank()};
    return coordinate(positions(Slice{}, newaxis), from_values(strides, row), from_values(extents, row));
}

std::vector<Array> nonzero(const Array& a) {
    if (a.rank() == 0)
        throw ShapeError("nonzero needs at least one axis", "the array is a single value", "write x != 0");
    const Array positions = array::positions_where(a);
    const auto strides = strides_of(a.shape());
    std::vector<Array> all;
    for (int axis = 0; axis < a.rank(); ++axis)
        all.push_back(coordinate(positions, Array(strides[static_cast<std::size_t>(axis)]),
                                 Array(std::max<std::int64_t>(a.shape()[axis], 1))));
    return all;
}

Array unique(const Array& a) { return runs_of(a).values(); }

UniqueCounts unique_counts(const Array& a) {
    const Runs runs = runs_of(a);
    const auto starts = runs.starts.view<std::int64_t>();
    std::vector<std::int64_t> counts(starts.size());
    for (std::size_t i = 0; i < counts.size(); ++i)
        counts[i] = (i + 1 < counts.size() ? starts[i + 1] : runs.sorted.size()) - starts[i];
    return {runs.values(), from_values(counts, runs.starts.shape())};
}

}  // namespace heddle
