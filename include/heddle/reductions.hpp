#pragma once

#include "heddle/array.hpp"

// Reductions over some or all axes, with NumPy's result types; nan… twins leave NaN out. Lazy; never block; any thread.
// Sums of floats run in float64 over one fixed tree, so the bits do not depend on threads, tiles, chunks or device.
// They throw ShapeError for an axis that does not exist and, where there is no identity, for an empty axis.
namespace heddle {

// The axes to reduce: one, several, or (the default) all; negative ones count from the last.
class Axes {
public:
    Axes() = default;
    Axes(int axis) : list_{axis}, all_(false) {}
    Axes(std::initializer_list<int> axes) : list_(axes), all_(false) {}
    Axes(std::vector<int> axes) : list_(std::move(axes)), all_(false) {}
    bool all() const { return all_; }
    const std::vector<int>& list() const { return list_; }

private:
    std::vector<int> list_;
    bool all_ = true;
};

enum class KeepDims : std::uint8_t { no, yes };
// Divisor n - ddof of var and std.
struct Ddof {
    double value = 0;
};

HEDDLE_API Array sum(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array prod(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array mean(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array var(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no, Ddof ddof = {});
// NumPy's std, under a name that does not hide the standard namespace.
HEDDLE_API Array stddev(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no, Ddof ddof = {});
HEDDLE_API Array min(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array max(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
// The first position of the extreme, along one axis or in C order over all.
HEDDLE_API Array argmin(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array argmax(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array any(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array all(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
// How many elements are not zero (a NaN is not zero).
HEDDLE_API Array count(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);

HEDDLE_API Array nansum(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array nanprod(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array nanmean(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array nanvar(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no, Ddof ddof = {});
HEDDLE_API Array nanstddev(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no, Ddof ddof = {});
HEDDLE_API Array nanmin(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array nanmax(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array nanargmin(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array nanargmax(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array nanany(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
HEDDLE_API Array nanall(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);
// How many elements are neither zero nor NaN.
HEDDLE_API Array nancount(const Array& a, const Axes& axes = {}, KeepDims keep = KeepDims::no);

struct HistogramRange {
    double low, high;
};
// counts: int64 (bins,); edges: float64 (bins + 1,), as numpy.histogram. NaN and values outside the range are left out.
// Values are compared with edges exactly, integers of 64 bits too, which NumPy rounds to float64 before. For float32
// and float16 edges, the range's ends among them, are rounded to that type, as NumPy's are.
struct Histogram {
    Array counts, edges;
};
HEDDLE_API Histogram histogram(const Array& a, std::int64_t bins, HistogramRange range);
// The range is the values' own minimum and maximum, found in a first pass; evaluation throws ArgumentError when they
// are not finite.
HEDDLE_API Histogram histogram(const Array& a, std::int64_t bins = 10);

}  // namespace heddle
