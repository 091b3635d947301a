#include <algorithm>
#include <limits>

#include "heddle/array.hpp"
#include "heddle/error.hpp"
#include "host/array/indices.hpp"
#include "host/array/node.hpp"

namespace heddle {
namespace {

using array::NodePtr;
using array::View;

struct Range {
    std::int64_t start, step, count;
};

// slice.indices() of Python.
Range resolve(const Slice& slice, std::int64_t extent) {
    if (slice.step == 0) throw ShapeError("a slice's step cannot be 0", "", "leave the step out or use -1 to reverse");
    const bool up = slice.step > 0;
    const auto bound = [&](std::int64_t value) {
        if (value < 0) value += extent;
        return std::clamp(value, up ? std::int64_t{0} : std::int64_t{-1}, up ? extent : extent - 1);
    };
    const auto start = slice.start ? bound(*slice.start) : (up ? 0 : extent - 1);
    const auto stop = slice.stop ? bound(*slice.stop) : (up ? extent : -1);
    const auto distance = up ? stop - start : start - stop;
    const auto stride = up ? slice.step : -std::max(slice.step, -std::numeric_limits<std::int64_t>::max());
    return {start, slice.step, distance <= 0 ? 0 : (distance - 1) / stride + 1};
}

std::int64_t resolve_position(std::int64_t position, std::int64_t extent, int axis) {
    if (position < -extent || position >= extent)
        throw ShapeError("index " + std::to_string(position) + " is out of range",
                         "axis " + std::to_string(axis) + " has " + std::to_string(extent) + " elements",
                         "count from 0, or from the end with negative numbers");
    return position < 0 ? position + extent : position;
}

// Expands the ellipsis, so that every axis of the array has its entry.
std::vector<Index> expand(std::span<const Index> indices, const Shape& shape) {
    int used = 0, dots = 0;
    for (const auto& index : indices) {
        if (index.kind() == Index::Kind::ellipsis)
            ++dots;
        else if (index.kind() != Index::Kind::new_axis)
            ++used;
    }
    if (dots > 1) throw ShapeError("a subscript can hold one '...' only", "", "write ':' for the other axes");
    if (used > shape.rank())
        throw ShapeError("too many indices", std::to_string(used) + " for shape " + to_string(shape),
                         "give at most one for each axis");
    std::vector<Index> full;
    const auto fill = [&] { full.insert(full.end(), static_cast<std::size_t>(shape.rank() - used), Index(Slice{})); };
    for (const auto& index : indices) {
        if (index.kind() == Index::Kind::ellipsis)
            fill();
        else
            full.push_back(index);
    }
    if (dots == 0) fill();
    return full;
}

// NumPy's rule: where a slice or a new axis stands between a list and a position, the list's axis comes first.
bool list_comes_first(const std::vector<Index>& indices) {
    std::size_t first = indices.size(), last = 0, count = 0;
    bool listed = false;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const auto kind = indices[i].kind();
        if (kind != Index::Kind::select && kind != Index::Kind::position) continue;
        listed = listed || kind == Index::Kind::select;
        first = std::min(first, i);
        last = i;
        ++count;
    }
    return listed && last - first + 1 != count;
}

[[noreturn]] void throw_second_selection(int axis) {
    throw ShapeError("only one axis can be selected by a mask or list at a time",
                     "axis " + std::to_string(axis) + " is the second one", "subscript twice");
}

// Whether the first index is a mask of several axes or holds several dimensions; or is the mask of one row in memory,
// which is faster without a list of positions.
bool selects_elements(const Array& a, std::span<const Index> indices) {
    if (indices.empty() || indices[0].kind() != Index::Kind::select) return false;
    const array::Node& selection = *indices[0].selection();
    return selection.shape.rank() > 1 || (indices.size() == 1 && a.rank() == 1 && selection.shape.rank() == 1 &&
                                          is_bool(selection.dtype) && a.node()->is<array::Memory>());
}

Array select_elements(const Array& a, const Array& selection) {
    if (!is_bool(selection.dtype())) return take(a, selection, 0);
    bool fits = selection.rank() <= a.rank();
    for (int axis = 0; fits && axis < selection.rank(); ++axis) fits = selection.shape()[axis] == a.shape()[axis];
    if (!fits)
        throw ShapeError("the mask does not fit the array",
                         "it has shape " + to_string(selection.shape()) + ", the array " + to_string(a.shape()),
                         "make the mask from an array of these axes");
    return array::take_rows(a, array::positions_where(selection), selection.rank());
}

}  // namespace

Array Array::subscript(std::span<const Index> indices) const {
    if (selects_elements(*this, indices)) {
        const Array selection(indices[0].selection()), selected = select_elements(*this, selection);
        if (indices.size() == 1) return selected;
        // What was selected is one axis, or as many as there are dimensions of positions.
        std::vector<Index> rest(is_bool(selection.dtype()) ? 1 : static_cast<std::size_t>(selection.rank()), Slice{});
        for (const auto& index : indices.subspan(1)) {
            if (index.kind() == Index::Kind::select) throw_second_selection(static_cast<int>(rest.size()));
            rest.push_back(index);
        }
        return selected.subscript(rest);
    }
    NodePtr node = node_;
    View view;
    Shape shape;
    int axis = 0, selections = 0, list_axis = 0;
    const auto full = expand(indices, node_->shape);
    for (const auto& index : full) {
        if (index.kind() == Index::Kind::new_axis) {
            shape.push_back(1);
            continue;
        }
        const auto extent = node_->shape[axis];
        switch (index.kind()) {
            case Index::Kind::position:
                view.axes.push_back({-1, resolve_position(index.position(), extent, axis), 1});
                break;
            case Index::Kind::slice: {
                const auto range = resolve(index.slice(), extent);
                view.axes.push_back({shape.rank(), range.start, range.step});
                shape.push_back(range.count);
                break;
            }
            default: {
                if (++selections > 1) throw_second_selection(axis);
                if (const int rank = index.selection()->shape.rank(); rank > 1)
                    throw ShapeError("a mask or indices of several dimensions come first in a subscript",
                                     "those for axis " + std::to_string(axis) + " have " + std::to_string(rank),
                                     "transpose the array");
                auto list = std::make_shared<const std::vector<std::int64_t>>(
                    array::evaluate_indices(index.selection(), extent));
                node = array::take(node, axis, std::move(list));
                list_axis = shape.rank();
                view.axes.push_back({shape.rank(), 0, 1});
                shape.push_back(node->shape[axis]);
            }
        }
        ++axis;
    }
    Array selected(array::view(node, std::move(view), shape));
    if (list_axis == 0 || !list_comes_first(full)) return selected;
    std::vector<int> order{list_axis};
    for (int a = 0; a < shape.rank(); ++a)
        if (a != list_axis) order.push_back(a);
    return selected.transpose(order);
}

}  // namespace heddle
