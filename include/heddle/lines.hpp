#pragma once

#include <optional>

#include "heddle/array.hpp"
#include "heddle/reductions.hpp"

// Operations along the lines of one axis, with NumPy's results. Lazy; never block; any thread. Where operand and result
// do not fit the memory, evaluating streams what says so, with the same bits, and throws OutOfMemory before it starts
// for the others. ShapeError for an axis that does not exist.
namespace heddle {

// The axis along which an operation goes; none: all elements as one line, in C order.
using Axis = std::optional<int>;

// numpy.sort and numpy.argsort(kind="stable"): NaN last; positions are int64. Sorting by radix (Knuth, vol. 3, 5.2.5),
// complex numbers by merging.
HEDDLE_API Array sort(const Array& a, Axis axis = -1);
HEDDLE_API Array argsort(const Array& a, Axis axis = -1);

// Running sums and products: integers in 64 bits, floats in their type, each value rounded once from float64. The bits
// depend on the line's length alone. Streams into a file; what is computed further needs the result in memory.
HEDDLE_API Array cumsum(const Array& a, Axis axis = {});
HEDDLE_API Array cumprod(const Array& a, Axis axis = {});
// numpy.maximum.accumulate and numpy.minimum.accumulate: NaN is passed on.
HEDDLE_API Array cummax(const Array& a, Axis axis = {});
HEDDLE_API Array cummin(const Array& a, Axis axis = {});

// The value below which a share q in [0, 1] of the line lies: an element, or between two in proportion
// (numpy.quantile's method "linear"). NaN where the line has one. Found by radix, digit by digit, without sorting all
// elements, which streams in as many passes as an element has digits of 16 bits (of 11 or 8 in little memory); along an
// axis by sorting lines, of which some must fit the memory. ArgumentError for q outside, ShapeError for an empty
// line, DTypeError for complex numbers.
HEDDLE_API Array quantile(const Array& a, double q, Axis axis = {}, KeepDims keep = KeepDims::no);
// The middle value, or the mean of the two; otherwise as quantile.
HEDDLE_API Array median(const Array& a, Axis axis = {}, KeepDims keep = KeepDims::no);

}  // namespace heddle
