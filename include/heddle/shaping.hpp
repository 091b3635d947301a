#pragma once

#include <cstdint>
#include <vector>

#include "heddle/array.hpp"
#include "heddle/lines.hpp"
#include "heddle/reductions.hpp"

// Arrays joined, repeated, moved and reshaped, with NumPy's results and names. Lazy; never block; any thread. They take
// and give every element type, exactly, and stream over data larger than memory. ShapeError for axes that do not exist
// and shapes that do not fit, ArgumentError for counts that make no sense.
namespace heddle {

// The same values in C order in another shape; one extent may be -1: what is left for it.
HEDDLE_API Array reshape(const Array& a, const Shape& shape);
// All values as one axis.
HEDDLE_API Array ravel(const Array& a);
HEDDLE_API Array swapaxes(const Array& a, int axis1, int axis2);
// Each of the axes `from` goes to the place in `to`; the others keep their order.
HEDDLE_API Array moveaxis(const Array& a, const std::vector<int>& from, const std::vector<int>& to);
// The order along the axes reversed.
HEDDLE_API Array flip(const Array& a, const Axes& axes = {});

// One after the other along an axis; none: each as one line. The type is the common one.
HEDDLE_API Array concatenate(const std::vector<Array>& arrays, Axis axis = 0);
// Arrays of one shape along a new axis.
HEDDLE_API Array stack(const std::vector<Array>& arrays, int axis = 0);
// Along the second axis, or the only one.
HEDDLE_API Array hstack(const std::vector<Array>& arrays);
// As rows: along the first of at least two axes.
HEDDLE_API Array vstack(const std::vector<Array>& arrays);

// Each element `shift` places further along the axes, the last ones first; over all axes: in C order.
HEDDLE_API Array roll(const Array& a, std::int64_t shift, const Axes& axes = {});

// Elements to add on both sides of an axis.
struct Padding {
    std::int64_t before = 0, after = 0;
};
enum class PadMode : std::uint8_t {
    constant,   // v v | a b c | v v
    edge,       // a a | a b c | c c
    reflect,    // c b | a b c | b a
    symmetric,  // b a | a b c | c b
    wrap,       // b c | a b c | a b
};
// `widths`: one for all axes, or one for each. `value`, of one element, takes the array's type.
HEDDLE_API Array pad(const Array& a, const std::vector<Padding>& widths, PadMode mode = PadMode::constant,
                     const Array& value = 0);

// The whole array again and again: so many times along each of the last axes.
HEDDLE_API Array tile(const Array& a, const Shape& counts);
// Each element again and again along an axis; none: of all as one line.
HEDDLE_API Array repeat(const Array& a, std::int64_t count, Axis axis = {});
// The same with a count for each position along the axis.
HEDDLE_API Array repeat(const Array& a, const std::vector<std::int64_t>& counts, Axis axis = {});

// The mean of each block of so many elements along each axis, as mean() has it; what does not fill a block at an axis's
// end is left out. `factors`: one for all axes, or one for each. Axes and factors above 1 are kMaxRank at most.
HEDDLE_API Array downsample(const Array& a, const Shape& factors);

// Each element less the one before it, n times; of bool whether they differ.
HEDDLE_API Array diff(const Array& a, int n = 1, int axis = -1);
// numpy.gradient with edge_order 1: half the difference of the neighbours, at the ends that of the two last elements,
// per `spacing`. Floats and complex keep their type, integers give float64. ShapeError with fewer than 2 elements.
HEDDLE_API Array gradient(const Array& a, double spacing = 1, int axis = -1);

}  // namespace heddle
