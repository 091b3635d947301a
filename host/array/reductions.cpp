#include "heddle/reductions.hpp"

#include <cmath>

#include "heddle/error.hpp"
#include "heddle/functions.hpp"
#include "host/array/equal_bins.hpp"
#include "host/array/node.hpp"

namespace heddle {
namespace {

using kernels::Reduce;

Shape reduced_shape(const Shape& shape, const array::Reduction& reduction) {
    Shape result;
    for (int axis = 0; axis < shape.rank(); ++axis) {
        if (!reduction.axes[static_cast<std::size_t>(axis)])
            result.push_back(shape[axis]);
        else if (reduction.keep_dims)
            result.push_back(1);
    }
    return result;
}

Array reduce(Reduce op, bool skip_nan, const Array& a, const Axes& axes, KeepDims keep, double ddof = 0) {
    array::Reduction reduction{op, skip_nan, keep == KeepDims::yes, {}, ddof};
    for (int axis = 0; axes.all() && axis < a.rank(); ++axis) reduction.axes[static_cast<std::size_t>(axis)] = true;
    for (const int axis : axes.list()) {
        auto& marked = reduction.axes[static_cast<std::size_t>(array::normalize_axis(axis, a.rank()))];
        if (marked) throw ShapeError("an axis is named twice", "axis " + std::to_string(axis), "name each axis once");
        marked = true;
    }
    const auto reducer = kernels::make_reducer(op, skip_nan, a.dtype());
    const std::string name = (skip_nan ? "nan" : "") + std::string(kernels::name_of(op));
    if (reducer.has_index && axes.list().size() > 1)
        throw ShapeError(name + " works along one axis or over all", std::to_string(axes.list().size()) + " were given",
                         "name one axis, or none");
    const Shape shape = reduced_shape(a.shape(), reduction);
    if (!reducer.has_identity && a.size() == 0 && shape.count() > 0)
        throw ShapeError(name + " of nothing has no value", "the shape is " + to_string(a.shape()),
                         "check the selection that made it empty");
    return Array(array::make_node(reduction, reducer.output, shape, {a.node()}));
}

}  // namespace

#define HEDDLE_REDUCTION(name)                                                                                         \
    Array name(const Array& a, const Axes& axes, KeepDims keep) { return reduce(Reduce::name, false, a, axes, keep); } \
    Array nan##name(const Array& a, const Axes& axes, KeepDims keep) {                                                 \
        return reduce(Reduce::name, true, a, axes, keep);                                                              \
    }
#define HEDDLE_SPREAD(name, op)                                                   \
    Array name(const Array& a, const Axes& axes, KeepDims keep, Ddof ddof) {      \
        return reduce(Reduce::op, false, a, axes, keep, ddof.value);              \
    }                                                                             \
    Array nan##name(const Array& a, const Axes& axes, KeepDims keep, Ddof ddof) { \
        return reduce(Reduce::op, true, a, axes, keep, ddof.value);               \
    }

HEDDLE_REDUCTION(sum)
HEDDLE_REDUCTION(prod)
HEDDLE_REDUCTION(mean)
HEDDLE_SPREAD(var, var)
HEDDLE_SPREAD(stddev, std)
HEDDLE_REDUCTION(min)
HEDDLE_REDUCTION(max)
HEDDLE_REDUCTION(argmin)
HEDDLE_REDUCTION(argmax)
HEDDLE_REDUCTION(any)
HEDDLE_REDUCTION(all)
HEDDLE_REDUCTION(count)
#undef HEDDLE_REDUCTION
#undef HEDDLE_SPREAD

namespace array {

EqualBins equal_bins(const Array& a, std::int64_t count, const std::optional<HistogramRange>& range) {
    if (count < 1)
        throw ArgumentError("a histogram needs at least one bin", std::to_string(count) + " were asked for",
                            "give a positive number of bins");
    if (is_complex(a.dtype()))
        throw DTypeError("complex values have no order to make bins of",
                         "the array is " + std::string(name_of(a.dtype())), "take abs(), real() or imag() first");
    if (range && (!std::isfinite(range->low) || !std::isfinite(range->high) || range->low > range->high))
        throw ArgumentError("a histogram's range needs two finite bounds in order",
                            "it is " + std::to_string(range->low) + " to " + std::to_string(range->high),
                            "give range=(low, high) with low <= high");
    if (range) return {count, full({}, range->low), full({}, range->high), kernels::Outside::dropped};
    if (a.size() == 0) return {count, full({}, 0.0), full({}, 1.0), kernels::Outside::dropped};
    return {count, min(a).astype(DType::float64), max(a).astype(DType::float64), kernels::Outside::none};
}

// numpy.linspace over the range, widened by 0.5 on both sides where it is empty.
Array EqualBins::edges(DType values) const {
    const auto empty = low == high;
    const auto first = where(empty, low - 0.5, low), last = where(empty, high + 0.5, high);
    const auto index = arange(0, count + 1).astype(DType::float64);
    const auto step = (last - first) / static_cast<double>(count);
    const auto edges = where(index == static_cast<double>(count), last, index * step + first);
    return values == DType::float32 || values == DType::float16 ? edges.astype(values).astype(DType::float64) : edges;
}

}  // namespace array

namespace {

Histogram make_histogram(const Array& a, const array::EqualBins& bins) {
    const auto values = a.astype(kernels::binned_type(a.dtype())).node();
    const Array counts(array::make_node(array::HistogramCounts{bins.count, a.dtype(), bins.outside}, DType::int64,
                                        {bins.count}, {values, bins.low.node(), bins.high.node()}));
    return {counts, bins.edges(a.dtype())};
}

}  // namespace

Histogram histogram(const Array& a, std::int64_t bins, HistogramRange range) {
    return make_histogram(a, array::equal_bins(a, bins, range));
}

Histogram histogram(const Array& a, std::int64_t bins) { return make_histogram(a, array::equal_bins(a, bins, {})); }

}  // namespace heddle
