#include "host/array/reduce_tree.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace heddle::array {

ReduceGeometry::ReduceGeometry(const Shape& whole, const std::array<bool, kMaxRank>& axes) : shape(whole) {
    int last = -1;
    for (int axis = 0; axis < shape.rank(); ++axis) {
        reduced[static_cast<std::size_t>(axis)] = axes[static_cast<std::size_t>(axis)];
        (reduced[static_cast<std::size_t>(axis)] ? total : outputs) *= shape[axis];
        if (shape[axis] != 1) last = axis;
    }
    rows = last < 0 || reduced[static_cast<std::size_t>(last)];
    const auto limit = rows ? kernels::kLeaf : kColumnLeaf;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        if (shape[axis] == 1) continue;
        if (!reduced[static_cast<std::size_t>(axis)]) {
            // A row is contiguous, so it ends at the first axis that stays.
            if (rows) break;
            continue;
        }
        if (inner * shape[axis] <= limit) {
            inner *= shape[axis];
            continue;
        }
        split = axis;
        group = std::max<std::int64_t>(limit / inner, 1);
        segments = (shape[axis] + group - 1) / group;
        break;
    }
}

std::int64_t ReduceGeometry::number(const Shape& index) const {
    std::int64_t number = 0;
    for (int axis = 0; axis < shape.rank(); ++axis)
        if (reduced[static_cast<std::size_t>(axis)]) number = number * shape[axis] + index[axis];
    return number;
}

std::int64_t ReduceGeometry::leaf(const Shape& index) const {
    const auto row = split < 0 ? inner : inner * shape[split];
    const auto at = number(index);
    return at / row * segments + at % row / (inner * group);
}

std::int64_t ReduceGeometry::leaf_end(std::int64_t leaf) const {
    const auto row = split < 0 ? inner : inner * shape[split];
    return leaf / segments * row + std::min((leaf % segments + 1) * inner * group, row);
}

std::vector<int> ReduceGeometry::reduced_axes() const {
    std::vector<int> axes;
    for (int axis = 0; axis < shape.rank(); ++axis)
        if (reduced[static_cast<std::size_t>(axis)] && shape[axis] != 1) axes.push_back(axis);
    return axes;
}

std::vector<int> ReduceGeometry::leaf_axes() const {
    std::vector<int> axes;
    std::int64_t spanned = 1;
    for (int axis = shape.rank() - 1; axis > split && spanned < inner; --axis) {
        if (!reduced[static_cast<std::size_t>(axis)] || shape[axis] == 1) continue;
        spanned *= shape[axis];
        axes.push_back(axis);
    }
    return axes;
}

std::int64_t ReduceGeometry::leaves() const {
    const auto row = split < 0 ? inner : inner * shape[split];
    return row == 0 ? 0 : total / row * segments;
}

ReduceGeometry::Leaves ReduceGeometry::leaves_of(const Box& box) const {
    Shape last = box.hi;
    for (int axis = 0; axis < box.rank(); ++axis) last[axis] -= 1;
    const auto first = leaf(box.lo);
    return {first, leaf(last) - first + 1};
}

std::int64_t ReduceGeometry::outputs_of(const Box& box) const {
    std::int64_t count = 1;
    for (int axis = 0; axis < box.rank(); ++axis)
        if (!reduced[static_cast<std::size_t>(axis)]) count *= box.hi[axis] - box.lo[axis];
    return count;
}

std::int64_t ReduceGeometry::output_within(const Box& whole, const Shape& index) const {
    std::int64_t output = 0;
    for (int axis = 0; axis < whole.rank(); ++axis)
        if (!reduced[static_cast<std::size_t>(axis)])
            output = output * (whole.hi[axis] - whole.lo[axis]) + index[axis] - whole.lo[axis];
    return output;
}

int ReduceGeometry::row_axes() const {
    int first = shape.rank();
    if (split < 0) {
        for (std::int64_t inside = 1; inside < inner;) inside *= shape[--first];
        return first;
    }
    while (first > 0) {
        const int axis = first - 1;
        if (!(reduced[static_cast<std::size_t>(axis)] && axis >= split) && shape[axis] != 1) break;
        --first;
    }
    return first;
}

Box ReduceGeometry::output_box(const Box& box, bool keep_dims) const {
    Box result;
    for (int axis = 0; axis < shape.rank(); ++axis) {
        const bool gone = reduced[static_cast<std::size_t>(axis)];
        if (gone && !keep_dims) continue;
        result.lo.push_back(gone ? 0 : box.lo[axis]);
        result.hi.push_back(gone ? 1 : box.hi[axis]);
    }
    return result;
}

bool ReduceGeometry::is_first(const Box& box) const {
    for (const int axis : reduced_axes())
        if (box.lo[axis] != 0) return false;
    return true;
}

bool ReduceGeometry::is_last(const Box& box) const {
    for (const int axis : reduced_axes())
        if (box.hi[axis] != shape[axis]) return false;
    return true;
}

void TreeFold::push(const kernels::Reducer& reducer, int level, std::int64_t index, Bytes states) {
    if (!nodes_.empty() && ((nodes_.back().index + 1) << nodes_.back().level) > (index << level))
        throw std::logic_error("leaves of a reduction came out of order");
    while (!nodes_.empty() && index % 2 == 1 && nodes_.back().level == level && nodes_.back().index == index - 1) {
        auto& left = nodes_.back().states;
        reducer.combine(left.data(), states.data(), static_cast<std::int64_t>(states.size() / reducer.state_size));
        states = std::move(left);
        nodes_.pop_back();
        ++level;
        index /= 2;
    }
    nodes_.push_back({level, index, std::move(states)});
}

void TreeFold::absorb(const kernels::Reducer& reducer, TreeFold&& later) {
    for (auto& node : later.nodes_) push(reducer, node.level, node.index, std::move(node.states));
    later.nodes_.clear();
}

Bytes TreeFold::finish(const kernels::Reducer& reducer, std::int64_t outputs) {
    Bytes states;
    if (nodes_.empty()) {
        states.resize(static_cast<std::size_t>(outputs) * reducer.state_size);
        reducer.init(states.data(), outputs);
        return states;
    }
    states = std::move(nodes_.back().states);
    for (auto node = nodes_.rbegin() + 1; node != nodes_.rend(); ++node) {
        reducer.combine(node->states.data(), states.data(), outputs);
        states = std::move(node->states);
    }
    nodes_.clear();
    return states;
}

BoxReduction::BoxReduction(const ReduceGeometry& geometry, const kernels::Reducer& reducer, const Box& box,
                           ReduceState& state)
    : geometry_(geometry), reducer_(reducer), box_(box), state_(state) {
    // A row is a run of elements with the same outputs and leaves' row, or of one element each for neighbouring
    // outputs.
    first_row_axis_ = box.rank();
    while (first_row_axis_ > 0) {
        const int axis = first_row_axis_ - 1;
        const bool inside = geometry.rows ? geometry.reduced[static_cast<std::size_t>(axis)] && axis >= geometry.split
                                          : !geometry.reduced[static_cast<std::size_t>(axis)];
        if (!inside && geometry.shape[axis] != 1) break;
        --first_row_axis_;
        row_length_ *= box.hi[axis] - box.lo[axis];
    }
    if (geometry.rows && geometry.split < 0) {
        // Without a split, rows are leaves: the collapsed axes only.
        first_row_axis_ = box.rank();
        row_length_ = 1;
        for (std::int64_t whole = 1; whole < geometry.inner;) {
            --first_row_axis_;
            whole *= geometry.shape[first_row_axis_];
            row_length_ *= box.hi[first_row_axis_] - box.lo[first_row_axis_];
        }
    }
    Shape last = box.hi;
    for (int axis = 0; axis < box.rank(); ++axis) {
        last[axis] -= 1;
        if (!geometry.reduced[static_cast<std::size_t>(axis)]) outputs_ *= box.hi[axis] - box.lo[axis];
    }
    first_leaf_ = geometry.leaf(box.lo);
    leaves_ = geometry.leaf(last) - first_leaf_ + 1;
    const bool continues = leaves_ == 1 && !state.open.empty();
    if (!continues) states_.resize(static_cast<std::size_t>(leaves_ * outputs_) * reducer.state_size);
    std::int64_t open = 0;
    if (!state.open.empty()) {
        if (continues)
            states_ = std::move(state.open);
        else
            std::copy(state.open.begin(), state.open.end(), states_.begin());
        state.open = {};
        open = 1;
    }
    if (!geometry.rows) reducer.init(state_at(open, 0), (leaves_ - open) * outputs_);
}

std::byte* BoxReduction::state_at(std::int64_t leaf, std::int64_t output) {
    return states_.data() + static_cast<std::size_t>(leaf * outputs_ + output) * reducer_.state_size;
}

void BoxReduction::locate_row(std::int64_t row) {
    Shape index = box_.lo;
    auto rest = row;
    for (int axis = first_row_axis_ - 1; axis >= 0; --axis) {
        const auto extent = box_.hi[axis] - box_.lo[axis];
        index[axis] += rest % extent;
        rest /= extent;
    }
    row_ = row;
    row_output_ = 0;
    for (int axis = 0; axis < box_.rank(); ++axis)
        if (!geometry_.reduced[static_cast<std::size_t>(axis)])
            row_output_ = row_output_ * (box_.hi[axis] - box_.lo[axis]) + (index[axis] - box_.lo[axis]);
    row_number_ = geometry_.number(index);
    row_leaf_ = geometry_.leaf(index) - first_leaf_;
}

void BoxReduction::take(const void* values, std::int64_t offset, std::int64_t n) {
    const auto* bytes = static_cast<const std::byte*>(values);
    const auto width = static_cast<std::int64_t>(size_of(reducer_.input));
    while (n > 0) {
        const auto row = offset / row_length_, column = offset % row_length_;
        if (row != row_) locate_row(row);
        auto length = std::min(n, row_length_ - column);
        if (geometry_.rows) {
            length = std::min(length, leaf_length());
            reducer_.fold(state_at(row_leaf_ + column / leaf_length(), row_output_), bytes, length,
                          row_number_ + column);
        } else {
            reducer_.accumulate(state_at(row_leaf_, row_output_ + column), bytes, length, row_number_);
        }
        bytes += length * width;
        offset += length;
        n -= length;
    }
}

std::byte* BoxReduction::join(int level, std::int64_t index) {
    if (level == 0) return state_at(index - first_leaf_, 0);
    auto* left = join(level - 1, 2 * index);
    reducer_.combine(left, join(level - 1, 2 * index + 1), outputs_);
    return left;
}

// Pieces of a tile have neighbouring outputs: those of the first axis that stays, or all.
void BoxReduction::store_leaves(const Box& whole, std::byte* states) {
    const auto leaves = geometry_.leaves_of(whole);
    const auto first_output = geometry_.output_within(whole, box_.lo);
    for (std::int64_t leaf = 0; leaf < leaves_; ++leaf)
        for (std::int64_t output = 0; output < outputs_; ++output) {
            const auto place = (first_output + output) * leaves.count + first_leaf_ + leaf - leaves.first;
            const auto* state = state_at(leaf, output);
            std::copy(state, state + reducer_.state_size,
                      states + static_cast<std::size_t>(place) * reducer_.state_size);
        }
}

void BoxReduction::finish() {
    Shape last = box_.hi;
    for (int axis = 0; axis < box_.rank(); ++axis) last[axis] -= 1;
    const auto size = static_cast<std::size_t>(outputs_) * reducer_.state_size;
    auto end = first_leaf_ + leaves_;
    if (geometry_.leaf_end(end - 1) > geometry_.number(last) + 1) {
        if (geometry_.rows) throw std::logic_error("a tile cuts a leaf of a reduction");
        const auto* begin = state_at(--end - first_leaf_, 0);
        state_.open = leaves_ == 1 ? std::move(states_) : Bytes(begin, begin + size);
    }
    // The largest aligned subtrees that lie in the box, from left to right.
    for (auto leaf = first_leaf_; leaf < end;) {
        const auto fits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(end - leaf))) - 1;
        const auto level = leaf == 0 ? fits : std::min(fits, std::countr_zero(static_cast<std::uint64_t>(leaf)));
        const auto* begin = join(level, leaf >> level);
        state_.fold.push(reducer_, level, leaf >> level,
                         leaves_ == 1 ? std::move(states_) : Bytes(begin, begin + size));
        leaf += std::int64_t{1} << level;
    }
}

}  // namespace heddle::array
