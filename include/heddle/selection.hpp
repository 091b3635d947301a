#pragma once

#include <vector>

#include "heddle/array.hpp"
#include "heddle/lines.hpp"

// The largest elements, places in sorted arrays, and elements by position or mask, with NumPy's results. Never block
// unless their comment says so; any thread. Those that do not block are lazy and need their operands and result in
// memory: evaluating throws OutOfMemory before it starts where those do not fit. ShapeError for an axis that does not
// exist.
namespace heddle {

// Where a value goes among sorted ones: before those that equal it, or behind them.
enum class Side : std::uint8_t { left, right };
// What becomes of an index outside [-n, n): evaluating throws ShapeError, which names it and its position; the
// remainder of n; or the first or the last element, negative indices then being outside too.
enum class Bounds : std::uint8_t { raise, wrap, clip };

// The k largest elements along the axis in descending order, and their positions (int64): the head of sort() reversed,
// so NaN counts as the largest. Of equal elements the one at the lower position comes first. Found by selection where k
// is small beside the axis, else by sorting. ArgumentError unless 0 <= k <= the axis's length.
HEDDLE_API Array topk(const Array& a, std::int64_t k, Axis axis = -1);
HEDDLE_API Array argtopk(const Array& a, std::int64_t k, Axis axis = -1);

// For each element of `v`, which streams into a file, where it goes in `sorted`, of rank 1 and in ascending order, as
// int64 of v's shape. NaN comes last. Both are promoted as arrays. What is not in order gives places within [0, n] that
// mean nothing.
HEDDLE_API Array searchsorted(const Array& sorted, const Array& v, Side side = Side::left);
// The bin of each element of `x`, as int64: i where bins[i-1] <= x < bins[i] (Side::right: bins[i-1] < x <= bins[i]),
// with the bins in ascending or descending order. Evaluating throws ArgumentError for bins in neither. DTypeError for
// complex numbers.
HEDDLE_API Array digitize(const Array& x, const Array& bins, Side closed = Side::left);

// a[..., indices, ...] along the axis: the shape of `indices` takes the axis's place. None: of all elements in C order.
// At most 4096 indices that are in memory are looked at here; one of them, or a row, along one axis streams. DTypeError
// for indices that are no integers, or uint64; ShapeError for indices into nothing.
HEDDLE_API Array take(const Array& a, const Array& indices, Axis axis = {}, Bounds bounds = Bounds::raise);
// Line by line: out[i, j] = a[indices[i, j], j] along axis 0. The other axes broadcast.
HEDDLE_API Array take_along_axis(const Array& a, const Array& indices, Axis axis);
// `a` with the elements at these positions (in C order) replaced, later entries after earlier ones. Values are
// converted to the type of `a`, and begin again where there are fewer of them than indices; without any, nothing is
// replaced.
HEDDLE_API Array put(const Array& a, const Array& indices, const Array& values, Bounds bounds = Bounds::raise);
// The same line by line: out[indices[i, j], j] = values[i, j] along axis 0. Indices broadcast to the other axes of `a`,
// values to the indices.
HEDDLE_API Array put_along_axis(const Array& a, const Array& indices, const Array& values, Axis axis);

// What follows has a shape that depends on values. Those are computed here: the calls block, on an engine of their own
// within the limits of AtOnce, which uses several cores where there are many values, and throw what evaluating throws.

// The slices of the axis (none: the elements in C order) where the condition, of rank 1 and no longer than the axis, is
// true. Along an axis, and of rank 1, this streams.
HEDDLE_API Array compress(const Array& condition, const Array& a, Axis axis = {});
// The elements where the condition, of the same size, is true, in C order.
HEDDLE_API Array extract(const Array& condition, const Array& a);
// Where elements are not zero (NaN is not): positions in C order, (count,); coordinates, (count, rank); and one array
// of coordinates per axis. int64.
HEDDLE_API Array flatnonzero(const Array& a);
HEDDLE_API Array argwhere(const Array& a);
HEDDLE_API std::vector<Array> nonzero(const Array& a);
// The different elements in ascending order, and how often each occurs (int64). All NaN are one; of zeros -0.0 stands
// for all, where it occurs.
HEDDLE_API Array unique(const Array& a);
struct UniqueCounts {
    Array values, counts;
};
HEDDLE_API UniqueCounts unique_counts(const Array& a);

}  // namespace heddle
