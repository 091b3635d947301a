// Arrays one after the other: of others, of their own parts, of what pads them.

#include <algorithm>
#include <cmath>
#include <limits>

#include "heddle/error.hpp"
#include "heddle/shaping.hpp"
#include "host/array/node.hpp"

namespace heddle {
namespace {

using array::NodePtr;
using array::normalize_axis;
using array::part;

// Of more runs a padded axis is a part of itself repeated: its pieces would be many and small.
constexpr std::size_t kMaxRuns = 32;
// The list takes 8 bytes for each position.
constexpr std::int64_t kMaxListed = std::int64_t{1} << 28;
constexpr std::int64_t kMaxWidth = std::int64_t{1} << 60;

[[noreturn]] void throw_mismatch(const char* name, const Array& first, const Array& other, int axis) {
    throw ShapeError(
        std::string(name) + " needs arrays that agree but along its axis",
        to_string(first.shape()) + " and " + to_string(other.shape()) + " along axis " + std::to_string(axis),
        "select matching parts, or reshape() one of them");
}

Array joined(const std::vector<Array>& arrays, int axis, const char* name) {
    DType dtype = arrays[0].dtype();
    for (const auto& each : arrays) {
        dtype = expr::promote_types(dtype, each.dtype());
        bool fits = each.rank() == arrays[0].rank();
        for (int i = 0; fits && i < each.rank(); ++i) fits = i == axis || each.shape()[i] == arrays[0].shape()[i];
        if (!fits) throw_mismatch(name, arrays[0], each, axis);
    }
    std::vector<NodePtr> pieces;
    for (const auto& each : arrays) pieces.push_back(cast(each.node(), dtype));
    return Array(array::join(pieces, axis));
}

void check_some(const std::vector<Array>& arrays, const char* name) {
    if (arrays.empty()) throw ArgumentError(std::string(name) + " needs at least one array", "", "name the arrays");
}

Array at_least(const Array& a, int rank) {
    Shape shape = Shape::filled(std::max(rank - a.rank(), 0), 1);
    for (const auto extent : a.shape()) shape.push_back(extent);
    return reshape(a, shape);
}

// Neighbouring positions of a padded axis that are neighbours in the array, too, upwards or downwards.
struct Run {
    std::int64_t start, step, count;
};

Run run_at(PadMode mode, std::int64_t at, std::int64_t n) {
    const auto folded = [at](std::int64_t period) { return (at % period + period) % period; };
    if (mode == PadMode::edge || n == 1) {
        if (at < 0) return {0, 0, -at};
        return at < n ? Run{at, 1, n - at} : Run{n - 1, 0, std::numeric_limits<std::int64_t>::max()};
    }
    const auto period = mode == PadMode::wrap ? n : mode == PadMode::symmetric ? 2 * n : 2 * n - 2;
    const auto from = folded(period);
    if (from < n) return {from, 1, n - from};
    return mode == PadMode::symmetric ? Run{period - 1 - from, -1, period - from}
                                      : Run{period - from, -1, period - from};
}

NodePtr piece_of(const NodePtr& node, int axis, const Run& run) {
    if (run.step != 0) return part(node, axis, run.start, run.step, run.count);
    Shape shape = node->shape;
    shape[axis] = run.count;
    return broadcast_to(part(node, axis, run.start, 1, 1), shape);
}

// The array again and again along an axis, so many times; a list of positions where no axis is left to go round on.
NodePtr repeated(const NodePtr& node, int axis, std::int64_t count) {
    const auto n = node->shape[axis];
    if (node->shape.rank() == kMaxRank) {
        if (count > kMaxListed / n)
            throw ArgumentError("the axis would be padded with too many copies of itself",
                                std::to_string(count) + " times " + std::to_string(n) + " positions, in an array of " +
                                    std::to_string(kMaxRank) + " axes",
                                "pad by less, or an array of fewer axes");
        auto list = std::make_shared<std::vector<std::int64_t>>();
        for (std::int64_t i = 0; i < n * count; ++i) list->push_back(i % n);
        return array::take(node, axis, std::move(list));
    }
    array::View view;
    Shape split, result = node->shape;
    for (int i = 0; i < node->shape.rank(); ++i) {
        if (i == axis) split.push_back(count);
        view.axes.push_back({split.rank(), 0, 1});
        split.push_back(node->shape[i]);
    }
    result[axis] *= count;
    return array::reshape(array::view(node, std::move(view), split), result);
}

// In the modes in which the axis goes round again and again: a part of many rounds.
NodePtr padded_round(const NodePtr& node, int axis, const Padding& width, PadMode mode) {
    const auto n = node->shape[axis];
    std::vector<NodePtr> round{node};
    if (mode == PadMode::symmetric) round.push_back(part(node, axis, n - 1, -1, n));
    if (mode == PadMode::reflect && n > 2) round.push_back(part(node, axis, n - 2, -1, n - 2));
    const auto once = array::join(round, axis);
    const auto period = once->shape[axis], total = width.before + n + width.after;
    const auto start = (period - width.before % period) % period;
    return part(repeated(once, axis, (start + total + period - 1) / period), axis, start, 1, total);
}

// In all modes but constant, of an axis that is not empty.
NodePtr padded(const NodePtr& node, int axis, const Padding& width, PadMode mode) {
    const auto n = node->shape[axis], end = n + width.after;
    std::vector<Run> runs;
    for (auto at = -width.before; at < end; at += runs.back().count) {
        if (runs.size() == kMaxRuns) return padded_round(node, axis, width, mode);
        Run run = run_at(mode, at, n);
        run.count = std::min(run.count, end - at);
        runs.push_back(run);
    }
    std::vector<NodePtr> pieces;
    for (const auto& run : runs) pieces.push_back(piece_of(node, axis, run));
    return array::join(pieces, axis);
}

// What is computed only later counts as finite.
bool is_finite(const NodePtr& node) {
    const auto* value = constant_of(*node);
    if (value == nullptr) return true;
    if (is_complex(value->dtype)) return std::isfinite(value->c.real()) && std::isfinite(value->c.imag());
    return !is_float(value->dtype) || std::isfinite(value->f);
}

NodePtr padded_with(const NodePtr& node, int axis, const Padding& width, const NodePtr& value) {
    std::vector<NodePtr> pieces;
    Shape shape = node->shape;
    for (const auto count : {width.before, width.after}) {
        shape[axis] = count;
        pieces.push_back(broadcast_to(value, shape));
    }
    pieces.insert(pieces.begin() + 1, node);
    return array::join(pieces, axis);
}

Array rolled(const Array& a, std::int64_t shift, int axis) {
    const auto n = a.shape()[axis];
    if (n == 0) return a;
    const auto back = (shift % n + n) % n;
    if (back == 0) return a;
    return Array(array::join({part(a.node(), axis, n - back, 1, back), part(a.node(), axis, 0, 1, n - back)}, axis));
}

}  // namespace

Array concatenate(const std::vector<Array>& arrays, Axis axis) {
    check_some(arrays, "concatenate");
    if (axis) {
        for (const auto& each : arrays)
            if (each.rank() == 0)
                throw ShapeError("an array without axes cannot be concatenated", "it is one number",
                                 "write stack() to join numbers, or give it an axis");
        return joined(arrays, normalize_axis(*axis, arrays[0].rank()), "concatenate");
    }
    std::vector<Array> lines;
    for (const auto& each : arrays) lines.push_back(ravel(each));
    return joined(lines, 0, "concatenate");
}

Array stack(const std::vector<Array>& arrays, int axis) {
    check_some(arrays, "stack");
    const int at = normalize_axis(axis, arrays[0].rank() + 1);
    std::vector<Array> slabs;
    for (const auto& each : arrays) {
        if (each.shape() != arrays[0].shape())
            throw ShapeError("stack needs arrays of one shape",
                             to_string(arrays[0].shape()) + " and " + to_string(each.shape()),
                             "select matching parts, or broadcast them");
        Shape shape;
        for (int i = 0; i <= each.rank(); ++i) {
            if (i == at) shape.push_back(1);
            if (i < each.rank()) shape.push_back(each.shape()[i]);
        }
        slabs.push_back(reshape(each, shape));
    }
    return joined(slabs, at, "stack");
}

Array hstack(const std::vector<Array>& arrays) {
    check_some(arrays, "hstack");
    std::vector<Array> parts;
    for (const auto& each : arrays) parts.push_back(at_least(each, 1));
    return joined(parts, parts[0].rank() == 1 ? 0 : 1, "hstack");
}

Array vstack(const std::vector<Array>& arrays) {
    check_some(arrays, "vstack");
    std::vector<Array> parts;
    for (const auto& each : arrays) parts.push_back(at_least(each, 2));
    return joined(parts, 0, "vstack");
}

Array roll(const Array& a, std::int64_t shift, const Axes& axes) {
    if (axes.all()) return reshape(rolled(ravel(a), shift, 0), a.shape());
    Array result(cast(a.node(), a.dtype()));
    for (const int axis : axes.list()) result = rolled(result, shift, normalize_axis(axis, a.rank()));
    return result;
}

Array pad(const Array& a, const std::vector<Padding>& widths, PadMode mode, const Array& value) {
    if (widths.size() != 1 && static_cast<int>(widths.size()) != a.rank())
        throw ShapeError("pad needs a width for each axis",
                         std::to_string(widths.size()) + " for shape " + to_string(a.shape()),
                         "give one for all axes, or one for each");
    NodePtr node = cast(a.node(), a.dtype());
    if (value.size() != 1)
        throw ShapeError("pad takes one value", "its shape is " + to_string(value.shape()), "give a number");
    if (mode == PadMode::constant && is_integer(a.dtype()) && !is_finite(value.node()))
        throw ArgumentError("an array of " + std::string(name_of(a.dtype())) + " cannot be padded with NaN or infinity",
                            "such a value is no " + std::string(name_of(a.dtype())),
                            "pad with a number, or convert the array first: float64(a)");
    const NodePtr filling = reshape(value.astype(a.dtype()), {}).node();
    for (int axis = 0; axis < a.rank(); ++axis) {
        const auto& width = widths[widths.size() == 1 ? 0 : static_cast<std::size_t>(axis)];
        if (width.before < 0 || width.after < 0)
            throw ArgumentError("an axis cannot be padded by less than nothing",
                                std::to_string(std::min(width.before, width.after)) + " elements",
                                "take a part of the array to make it smaller");
        if (std::max(width.before, width.after) > kMaxWidth)
            throw ArgumentError("the padded array is too large",
                                std::to_string(std::max(width.before, width.after)) + " elements are more than 2**60",
                                "pad by less");
        if (width.before == 0 && width.after == 0) continue;
        std::int64_t count = width.before + width.after + node->shape[axis];
        for (int other = 0; other < a.rank(); ++other)
            if (other != axis && __builtin_mul_overflow(count, node->shape[other], &count))
                throw ArgumentError("the padded array is too large", "its elements cannot be counted in 64 bits",
                                    "pad by less");
        if (mode == PadMode::constant)
            node = padded_with(node, axis, width, filling);
        else if (node->shape[axis] == 0)
            throw ArgumentError("an empty axis can be padded with a constant only",
                                "axis " + std::to_string(axis) + " of " + to_string(a.shape()) + " is empty",
                                "choose the mode 'constant'");
        else
            node = padded(node, axis, width, mode);
    }
    return Array(node);
}

}  // namespace heddle
