#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "heddle/shape.hpp"
#include "kernels/reduce.hpp"

namespace heddle::array {

using Bytes = std::vector<std::byte>;

// How a reduction cuts its elements into the leaves of its tree. It depends on the shape and the reduced axes alone, so
// neither tiles nor threads nor chunks can change the result. Number the elements of one output in C order of the
// reduced axes. Where the last axis is reduced ("rows"), a leaf is a run of at most kLeaf elements of the trailing
// reduced axes, folded over fixed lanes; else it is a run of at most kColumnLeaf elements, taken one after the other
// (whole rows of outputs at a time). Leaves combine as an aligned binary tree over their numbers.
struct ReduceGeometry {
    ReduceGeometry(const Shape& shape, const std::array<bool, kMaxRank>& axes);

    Shape shape;
    std::array<bool, kMaxRank> reduced{};
    bool rows = false;
    int split = -1;             // the axis that leaves are cut along; -1: a leaf spans all axes inside
    std::int64_t inner = 1;     // elements of a leaf for each index of `split`
    std::int64_t group = 1;     // indices of `split` in a leaf
    std::int64_t segments = 1;  // leaves along `split`
    std::int64_t total = 1;     // elements of one output
    std::int64_t outputs = 1;

    // The element's number, and its leaf's, for the reduced coordinates of an index into the shape.
    std::int64_t number(const Shape& index) const;
    std::int64_t leaf(const Shape& index) const;
    std::int64_t leaves() const;  // of one output
    // The number after the last element of a leaf.
    std::int64_t leaf_end(std::int64_t leaf) const;
    // The reduced axes longer than 1, in order.
    std::vector<int> reduced_axes() const;
    // The reduced axes that every leaf spans: those whose extents are in `inner`.
    std::vector<int> leaf_axes() const;
    // The leaves of a box that cuts none: the first, and how many. Each of the box's outputs has as many.
    struct Leaves {
        std::int64_t first, count;
    };
    Leaves leaves_of(const Box& box) const;
    // Outputs of a box; the place, among those of `whole`, of a box's first.
    std::int64_t outputs_of(const Box& box) const;
    std::int64_t output_within(const Box& whole, const Shape& index) const;
    // Axes before the rows that fold() gets, in a box.
    int row_axes() const;
    // The output's part that a box belongs to; `keep_dims` leaves reduced axes in as [0, 1).
    Box output_box(const Box& box, bool keep_dims) const;
    // Whether the box holds the first, the last elements of its outputs.
    bool is_first(const Box& box) const;
    bool is_last(const Box& box) const;
};
inline constexpr std::int64_t kColumnLeaf = 256;

// Joins leaves, given in ascending order, into aligned subtrees: node (level, index) covers the leaves
// [index << level, (index + 1) << level). Each node holds a state for each output.
class TreeFold {
public:
    void push(const kernels::Reducer& reducer, int level, std::int64_t index, Bytes states);
    // Takes over another's nodes, which come after all of this one's.
    void absorb(const kernels::Reducer& reducer, TreeFold&& later);
    // The whole tree's states; what has no sibling joins from the right. The fold is empty afterwards.
    Bytes finish(const kernels::Reducer& reducer, std::int64_t outputs);
    bool empty() const { return nodes_.empty(); }

private:
    struct Subtree {
        int level;
        std::int64_t index;
        Bytes states;
    };
    std::vector<Subtree> nodes_;
};

// What is between two tiles of the same outputs: complete subtrees, and the leaf that the first tile cut.
struct ReduceState {
    TreeFold fold;
    Bytes open;  // the states of the cut leaf; empty when none is
};

// Reduces one box, given block by block in C order of the box. One thread; a new one for each box.
class BoxReduction {
public:
    BoxReduction(const ReduceGeometry& geometry, const kernels::Reducer& reducer, const Box& box, ReduceState& state);
    // Values of the elements [offset, offset + n) of the box. Where leaves are rows, n ends at leaves' ends.
    void take(const void* values, std::int64_t offset, std::int64_t n);
    // Hands the leaves to the state.
    void finish();
    std::int64_t outputs() const { return outputs_; }
    // In place of finish(), where the box cuts no leaf: puts the states where those of `whole` lie as [output][leaf].
    void store_leaves(const Box& whole, std::byte* states);

    // Elements of the box between two places where the row coordinates change.
    std::int64_t row_length() const { return row_length_; }
    // What a consumer's blocks must be aligned to (Sink::block_align), and whether each row needs a run of its own.
    std::int64_t leaf_length() const { return geometry_.rows ? geometry_.inner * geometry_.group : 0; }
    bool ragged_rows() const { return geometry_.rows && row_length_ % leaf_length() != 0; }

private:
    void locate_row(std::int64_t row);
    std::byte* state_at(std::int64_t leaf, std::int64_t output);
    std::byte* join(int level, std::int64_t index);

    const ReduceGeometry& geometry_;
    const kernels::Reducer& reducer_;
    Box box_;
    ReduceState& state_;
    int first_row_axis_ = 0;  // axes from here on lie inside a row
    std::int64_t row_length_ = 1, outputs_ = 1, first_leaf_ = 0, leaves_ = 1;
    Bytes states_;  // [leaf][output]
    // Of the current row:
    std::int64_t row_ = -1, row_leaf_ = 0, row_number_ = 0, row_output_ = 0;
};

}  // namespace heddle::array
