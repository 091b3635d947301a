#pragma once

#include <cstdint>
#include <vector>

#include "kernels/reduce.hpp"

namespace heddle::kernels {

// Neighbouring columns, or results, that are reduced together at most.
inline constexpr std::int64_t kSegmentColumns = 64;

// Reduces parts of an axis over the tree that a plain reduction of each alone has: leaves of kLeaf values that lie one
// after the other, or of 256 rows, in aligned pairs. Of sum, mean, min and max; of nothing, extremes have no result.
// One thread.
class SegmentReducer {
public:
    SegmentReducer(Reduce reduce, DType input);
    // Of `count` segments of a line without gaps: values[offsets[i]] up to values[offsets[i + 1]] make out[i].
    void lines(const void* values, const std::int64_t* offsets, std::int64_t count, void* out);
    // Of n rows, `stride` elements apart, of at most kSegmentColumns columns.
    void columns(const void* values, std::int64_t n, std::int64_t stride, std::int64_t columns, void* out);
    const Reducer& reducer() const { return reducer_; }

private:
    using Words = std::vector<std::uint64_t>;
    const std::byte* at(const void* values, std::int64_t i) const {
        return static_cast<const std::byte*>(values) + i * static_cast<std::int64_t>(size_of(input_));
    }
    const void* widened(const void* values, std::int64_t n);
    // The states of `count` segments.
    void fold(const void* values, const std::int64_t* offsets, std::int64_t count);
    void leaf(const void* values, std::int64_t n, std::byte* result);
    void fold_long(const void* values, std::int64_t n, std::byte* result);
    // Leaf `index` is in states_[0]: joins it, and what it completes, into the tree.
    void push(std::int64_t index, std::int64_t columns);
    const std::byte* root(std::int64_t leaves, std::int64_t columns);
    std::byte* state(int level);

    Reduce reduce_;
    Reducer reducer_;
    DType input_;
    Words wide_, batch_;
    std::vector<Words> states_;  // a leaf, then the subtree of each level
};

}  // namespace heddle::kernels
