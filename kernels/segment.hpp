#pragma once

#include <cstdint>
#include <vector>

#include "kernels/reduce.hpp"

namespace heddle::kernels {

// Neighbouring columns that are reduced together at most.
inline constexpr std::int64_t kSegmentColumns = 64;

// Reduces n values along one axis over the tree that a plain reduction of those alone has: leaves of kLeaf values that
// lie one after the other, or of 256 rows, in aligned pairs. One thread.
class SegmentReducer {
public:
    // Values of type `input`, as the reducer was made for.
    SegmentReducer(const Reducer& reducer, DType input);
    // Of one line without gaps. The result is of the reducer's output type.
    void line(const void* values, std::int64_t n, void* out);
    // Of n rows, `stride` elements apart, of at most kSegmentColumns columns.
    void columns(const void* values, std::int64_t n, std::int64_t stride, std::int64_t columns, void* out);

private:
    const void* widened(const void* values, std::int64_t n);
    // Leaf `index` is in states_[0]: joins it, and what it completes, into the tree.
    void push(std::int64_t index, std::int64_t columns);
    void finish(std::int64_t leaves, std::int64_t n, std::int64_t columns, void* out);
    std::byte* state(int level);

    Reducer reducer_;
    DType input_;
    std::vector<std::uint64_t> wide_;
    std::vector<std::vector<std::uint64_t>> states_;  // a leaf, then the subtree of each level
};

}  // namespace heddle::kernels
