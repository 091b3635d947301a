#pragma once

#include <optional>

#include "heddle/lines.hpp"

// Counting, and reductions over parts of an axis. Lazy; never block, but for bincount; any thread. Results are in
// memory; operands that do not fit it stream, but for those of segments: evaluating throws OutOfMemory before it starts
// then. The bits depend on the shapes alone. ShapeError for operands that do not fit each other, DTypeError for labels
// that are no integers.
namespace heddle {

// The reduction of the values of each label 0 … groups - 1 (scipy.ndimage.sum_labels and its kin), in the types of the
// plain reductions; the axis gets the extent `groups`. Without an axis labels are broadcast to the shape of the values,
// and the result has shape (groups,); with one they may be a row of its length instead. Of no values, the sum and count
// are 0, the others NaN; NaN is passed on. Evaluating throws ArgumentError for a label outside, which it names, and for
// the extreme of no integers.
HEDDLE_API Array group_sum(const Array& values, const Array& labels, std::int64_t groups, Axis axis = {});
HEDDLE_API Array group_mean(const Array& values, const Array& labels, std::int64_t groups, Axis axis = {});
HEDDLE_API Array group_min(const Array& values, const Array& labels, std::int64_t groups, Axis axis = {});
HEDDLE_API Array group_max(const Array& values, const Array& labels, std::int64_t groups, Axis axis = {});
// How often each label occurs: int64.
HEDDLE_API Array group_count(const Array& labels, std::int64_t groups, Axis axis = {});

// The reduction of each segment [offsets[s], offsets[s + 1]) of the axis (numpy.add.reduceat, but empty segments have
// no values), with the bits of the plain reduction of that slice alone. Offsets are a row of integers that ascend from
// 0 to the axis's extent; evaluating throws ArgumentError for others, and as group_min does.
HEDDLE_API Array segment_sum(const Array& values, const Array& offsets, int axis = 0);
HEDDLE_API Array segment_mean(const Array& values, const Array& offsets, int axis = 0);
HEDDLE_API Array segment_min(const Array& values, const Array& offsets, int axis = 0);
HEDDLE_API Array segment_max(const Array& values, const Array& offsets, int axis = 0);

// numpy.bincount of a row of integers: counts are int64, sums of weights float64. Its length is the largest value plus
// 1, or minlength: both calls find that value at once, which blocks, streams over datasets, and throws ArgumentError
// for a negative one. group_count and group_sum do not, where the length is known.
HEDDLE_API Array bincount(const Array& x, std::int64_t minlength = 0);
HEDDLE_API Array bincount(const Array& x, const Array& weights, std::int64_t minlength = 0);

// How an axis is cut: into `count` equal bins, over the range or from the smallest to the largest value; or at `edges`,
// a row of at least two numbers that do not descend.
struct HistogramBins {
    std::int64_t count = 10;
    std::optional<HistogramRange> range = {};
    std::optional<Array> edges = {};
};
// `density` divides by the sum and the bins' sizes.
enum class Density : std::uint8_t { no, yes };
struct HistogramOptions {
    std::optional<Array> weights = {};
    Density density = Density::no;
};
// numpy.histogram with weights, given edges or as a density. Weighted counts are sums: of floats in their type, of
// integers in 64 bits. Evaluating throws ArgumentError for edges that descend or are NaN, and for values that are not
// finite where they give the range.
HEDDLE_API Histogram histogram(const Array& a, const HistogramBins& bins, const HistogramOptions& options);

// numpy.histogram2d of the points (x[i], y[i]), of arrays of one shape; counts are int64 of shape (x bins, y bins).
struct Histogram2d {
    Array counts, x_edges, y_edges;
};
HEDDLE_API Histogram2d histogram2d(const Array& x, const Array& y, const HistogramBins& x_bins = {},
                                   const HistogramBins& y_bins = {}, const HistogramOptions& options = {});

}  // namespace heddle
