#include "heddle/shaping.hpp"

#include <algorithm>
#include <numeric>

#include "heddle/error.hpp"
#include "heddle/functions.hpp"
#include "host/array/node.hpp"

namespace heddle {
namespace {

using array::NodePtr;
using array::normalize_axis;

// Blocks of shorter rows are summed side by side, longer ones row by row (bench_joins).
constexpr std::int64_t kLongRow = 32;

[[noreturn]] void throw_no_reshape(const Array& a, const Shape& shape) {
    throw ShapeError("shape " + to_string(a.shape()) + " cannot become " + to_string(shape),
                     "it has " + std::to_string(a.size()) + " elements",
                     "give extents whose product is that; one may be -1");
}

// Each axis once, none negative.
std::vector<int> axes_once(const std::vector<int>& axes, int rank) {
    std::vector<int> all;
    for (const int axis : axes) {
        all.push_back(normalize_axis(axis, rank));
        if (std::count(all.begin(), all.end(), all.back()) > 1)
            throw ShapeError("an axis is named twice", "axis " + std::to_string(axis), "name each axis once");
    }
    return all;
}

}  // namespace

Array reshape(const Array& a, const Shape& shape) {
    Shape full = shape;
    std::int64_t known = 1;
    int open = -1;
    for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] == -1 && open < 0)
            open = axis;
        else if (shape[axis] < 0 || __builtin_mul_overflow(known, shape[axis], &known))
            throw_no_reshape(a, shape);
    }
    if (open >= 0) {
        if (known == 0 || a.size() % known != 0) throw_no_reshape(a, shape);
        full[open] = a.size() / known;
        known *= full[open];
    }
    if (known != a.size()) throw_no_reshape(a, shape);
    return Array(array::reshape(a.node(), full));
}

Array ravel(const Array& a) { return reshape(a, {a.size()}); }

Array swapaxes(const Array& a, int axis1, int axis2) {
    std::vector<int> axes;
    for (int axis = 0; axis < a.rank(); ++axis) axes.push_back(axis);
    std::swap(axes[static_cast<std::size_t>(normalize_axis(axis1, a.rank()))],
              axes[static_cast<std::size_t>(normalize_axis(axis2, a.rank()))]);
    return a.transpose(axes);
}

Array moveaxis(const Array& a, const std::vector<int>& from, const std::vector<int>& to) {
    if (from.size() != to.size())
        throw ShapeError("moveaxis needs a place for each axis",
                         std::to_string(from.size()) + " axes, " + std::to_string(to.size()) + " places",
                         "name as many of both");
    const auto sources = axes_once(from, a.rank()), places = axes_once(to, a.rank());
    std::vector<int> order(static_cast<std::size_t>(a.rank()), -1);
    for (std::size_t i = 0; i < sources.size(); ++i) order[static_cast<std::size_t>(places[i])] = sources[i];
    int next = 0;
    for (auto& axis : order) {
        if (axis >= 0) continue;
        while (std::find(sources.begin(), sources.end(), next) != sources.end()) ++next;
        axis = next++;
    }
    return a.transpose(order);
}

Array flip(const Array& a, const Axes& axes) {
    std::vector<Index> items(static_cast<std::size_t>(a.rank()), Index(Slice{{}, {}, axes.all() ? -1 : 1}));
    for (const int axis : axes_once(axes.list(), a.rank()))
        items[static_cast<std::size_t>(axis)] = Index(Slice{{}, {}, -1});
    return a.subscript(items);
}

Array tile(const Array& a, const Shape& counts) {
    const int rank = std::max(a.rank(), counts.rank());
    Shape own = Shape::filled(rank - a.rank(), 1), result;
    for (const auto extent : a.shape()) own.push_back(extent);
    array::View view;
    Shape repeated;
    NodePtr node = array::reshape(a.node(), own);
    for (int axis = 0; axis < rank; ++axis) {
        const int at = axis - (rank - counts.rank());
        const auto count = at < 0 ? 1 : counts[at];
        if (count < 0)
            throw ArgumentError("an array cannot be repeated " + std::to_string(count) + " times", "",
                                "give counts that are not negative");
        result.push_back(own[axis] * count);
        if (count != 1 && repeated.rank() + rank - axis < kMaxRank) {
            repeated.push_back(count);
        } else if (count != 1) {  // no axis is left to go round on
            std::vector<std::int64_t> list;
            for (std::int64_t i = 0; i < result[axis]; ++i) list.push_back(i % own[axis]);
            node = array::take(node, axis, std::make_shared<const std::vector<std::int64_t>>(std::move(list)));
        }
        view.axes.push_back({repeated.rank(), 0, 1});
        repeated.push_back(node->shape[axis]);
    }
    if (result.count() == 0) return Array(array::reshape(node, result));
    return Array(array::reshape(array::view(node, std::move(view), repeated), result));
}

Array repeat(const Array& a, std::int64_t count, Axis axis) {
    if (!axis) return repeat(ravel(a), count, 0);
    const int at = normalize_axis(*axis, a.rank());
    if (count < 0)
        throw ArgumentError("an element cannot be repeated " + std::to_string(count) + " times", "",
                            "give a count that is not negative");
    if (a.rank() == kMaxRank)
        return repeat(a, std::vector<std::int64_t>(static_cast<std::size_t>(a.shape()[at]), count), axis);
    array::View view;
    Shape repeated, result = a.shape();
    for (int i = 0; i < a.rank(); ++i) {
        view.axes.push_back({repeated.rank(), 0, 1});
        repeated.push_back(a.shape()[i]);
        if (i == at) repeated.push_back(count);
    }
    result[at] *= count;
    return Array(array::reshape(array::view(cast(a.node(), a.dtype()), std::move(view), repeated), result));
}

Array repeat(const Array& a, const std::vector<std::int64_t>& counts, Axis axis) {
    if (!axis) return repeat(ravel(a), counts, 0);
    const int at = normalize_axis(*axis, a.rank());
    if (static_cast<std::int64_t>(counts.size()) != a.shape()[at])
        throw ShapeError("repeat needs a count for each position",
                         std::to_string(counts.size()) + " for " + std::to_string(a.shape()[at]) + " positions",
                         "give one count for all, or as many as there are positions");
    constexpr std::size_t kMaxListed = std::size_t{1} << 28;  // of 8 bytes
    std::vector<std::int64_t> list;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] < 0)
            throw ArgumentError("an element cannot be repeated " + std::to_string(counts[i]) + " times", "",
                                "give counts that are not negative");
        if (static_cast<std::size_t>(counts[i]) > kMaxListed - list.size())
            throw ArgumentError("the repeated array is too large", "its axis has more than 2**28 positions",
                                "give one count for all elements, which needs no list, or repeat parts");
        list.insert(list.end(), static_cast<std::size_t>(counts[i]), static_cast<std::int64_t>(i));
    }
    return Array(
        array::take(cast(a.node(), a.dtype()), at, std::make_shared<const std::vector<std::int64_t>>(std::move(list))));
}

Array downsample(const Array& a, const Shape& factors) {
    if (factors.rank() != 1 && factors.rank() != a.rank())
        throw ShapeError("downsample needs a factor for each axis",
                         std::to_string(factors.rank()) + " for shape " + to_string(a.shape()),
                         "give one for all axes, or one for each");
    NodePtr node = cast(a.node(), a.dtype());
    Shape blocks;
    std::vector<int> inside;
    for (int axis = 0; axis < a.rank(); ++axis) {
        const auto factor = factors[factors.rank() == 1 ? 0 : axis];
        if (factor < 1)
            throw ArgumentError("a block cannot have " + std::to_string(factor) + " elements", "",
                                "give factors of 1 and more");
        const auto count = a.shape()[axis] / factor;
        node = array::part(node, axis, 0, 1, count * factor);
        blocks.push_back(count);
        if (factor == 1) continue;
        inside.push_back(blocks.rank());
        blocks.push_back(factor);
    }
    const Array split(array::reshape(node, blocks));
    if (inside.empty()) return split.astype(mean(full({1}, 0).astype(a.dtype())).dtype());
    if (blocks.back() >= kLongRow && inside.back() == blocks.rank() - 1) return mean(split, inside);
    // With a block's elements along the first axes, neighbouring blocks are summed side by side.
    std::vector<int> reduced(inside.size());
    std::iota(reduced.begin(), reduced.end(), 0);
    return mean(moveaxis(split, inside, reduced), reduced);
}

Array diff(const Array& a, int n, int axis) {
    if (n < 0) throw ArgumentError("differences cannot be taken " + std::to_string(n) + " times", "", "give n >= 0");
    const int at = normalize_axis(axis, a.rank());
    Array result = a;
    for (int i = 0; i < n; ++i) {
        const auto& node = result.node();
        const auto count = std::max<std::int64_t>(node->shape[at] - 1, 0);
        const Array later(array::part(node, at, std::min<std::int64_t>(1, node->shape[at]), 1, count));
        const Array earlier(array::part(node, at, 0, 1, count));
        result = is_bool(result.dtype()) ? later != earlier : later - earlier;
    }
    return result;
}

// Three pieces: the interior is one expression over the array, seen from two places further on, and where it is.
Array gradient(const Array& a, double spacing, int axis) {
    const int at = normalize_axis(axis, a.rank());
    const auto n = a.shape()[at];
    if (n < 2)
        throw ShapeError("a gradient needs 2 elements along its axis",
                         "axis " + std::to_string(at) + " of " + to_string(a.shape()) + " has " + std::to_string(n),
                         "choose another axis");
    const Array x = is_integer(a.dtype()) ? a.astype(DType::float64) : a;
    const DType real = x.dtype() == DType::complex64    ? DType::float32
                       : x.dtype() == DType::complex128 ? DType::float64
                                                        : x.dtype();
    const auto slope = [&](std::int64_t from, std::int64_t to, std::int64_t count) {
        const Array later(array::part(x.node(), at, to, 1, count)), earlier(array::part(x.node(), at, from, 1, count));
        return ((later - earlier) / Array(static_cast<double>(to - from) * spacing).astype(real)).node();
    };
    std::vector<NodePtr> pieces{slope(0, 1, 1)};
    if (n > 2) pieces.push_back(slope(0, 2, n - 2));
    pieces.push_back(slope(n - 2, n - 1, 1));
    return Array(array::join(pieces, at));
}

}  // namespace heddle
