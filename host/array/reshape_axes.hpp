#pragma once

#include <vector>

#include "host/array/block_source.hpp"

namespace heddle::array {

// Neighbouring axes of the operand and of the result that hold the same elements in C order.
struct AxisGroup {
    int first, last;  // of the operand
    int to, end;      // of the result
};

// How the axes of an array and of its reshape go together. Neither shape has an axis of extent 1.
struct ReshapeAxes {
    ReshapeAxes(const Shape& operand, const Shape& result);

    Shape from, to;
    std::vector<AxisGroup> groups;
    // Elements of a group side by side from one index of an axis to the next.
    Shape from_inner, to_inner;
};

// Elements at start + step*i of a group, which go `stride` bytes apart.
struct ReshapeRun {
    std::int64_t start, step, count, stride;
};

// The run of a block along as many of a group's innermost axes as it goes; the axes before `outer` are walked index by
// index.
struct InnerRun {
    ReshapeRun run{0, 1, 1, 0};
    int outer;
    InnerRun(const ReshapeAxes& axes, const AxisGroup& group, const Ranges& ranges, const Shape& strides);
};

// Files are read in boxes of so many elements along the operand's axes: whole chunks, several of them where they are
// small, parts where one takes more than `most` bytes.
Shape reading_unit(const Shape& operand, const Shape& chunks, std::int64_t width, std::int64_t most);
// How many such boxes make up the part of the operand that the block lies in.
double units_touched(const ReshapeAxes& axes, const Shape& unit, const Ranges& ranges);
// Fills the block box by box: each is read once, whatever runs it holds.
void fill_by_units(const ReshapeAxes& axes, const Shape& unit, const BlockSource& source, std::int64_t width,
                   const Ranges& ranges, const Destination& to, Filling& with);

}  // namespace heddle::array
