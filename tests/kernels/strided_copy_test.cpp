// Strided copies against one element after the other.
#include "kernels/strided_copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

namespace heddle::test {
namespace {

using Bytes = std::vector<std::byte>;

// Places that do not overlap, in a random order of the axes, some with gaps, some downwards; `base` is what the first
// element is from the smallest address.
struct Layout {
    Shape strides;
    std::int64_t base = 0, bytes = 0;
};

Layout random_layout(std::mt19937& random, const Shape& extents, std::int64_t width, int repeats) {
    Layout layout{Shape::filled(extents.rank(), 0), 0, width};
    std::vector<int> order(static_cast<std::size_t>(extents.rank()));
    std::iota(order.begin(), order.end(), 0);
    if (random() % 3 != 0) std::shuffle(order.begin(), order.end(), random);
    for (auto entry = order.rbegin(); entry != order.rend(); ++entry) {
        if (repeats > 0 && random() % 3 == 0) {
            --repeats;
            continue;
        }
        const std::int64_t gap = random() % 4 == 0 ? width * static_cast<std::int64_t>(1 + random() % 3) : 0;
        const std::int64_t stride = layout.bytes + gap, reach = stride * std::max<std::int64_t>(extents[*entry] - 1, 0);
        const bool down = random() % 4 == 0;
        layout.strides[*entry] = down ? -stride : stride;
        if (down) layout.base += reach;
        layout.bytes += reach;
    }
    return layout;
}

void judged_copy(const Shape& extents, const std::byte* from, const Shape& from_strides, std::byte* to,
                 const Shape& to_strides, std::int64_t width) {
    Shape at = Shape::filled(extents.rank(), 0);
    for (std::int64_t n = 0; n < extents.count(); ++n) {
        std::int64_t source = 0, target = 0;
        for (int axis = 0; axis < extents.rank(); ++axis) {
            source += at[axis] * from_strides[axis];
            target += at[axis] * to_strides[axis];
        }
        std::memcpy(to + target, from + source, static_cast<std::size_t>(width));
        for (int axis = extents.rank() - 1; axis >= 0 && ++at[axis] == extents[axis]; --axis) at[axis] = 0;
    }
}

void check(std::mt19937& random, const Shape& extents, std::int64_t width) {
    const auto from = random_layout(random, extents, width, 2), to = random_layout(random, extents, width, 0);
    Bytes source(static_cast<std::size_t>(from.bytes) + 1), wanted(static_cast<std::size_t>(to.bytes) + 2);
    for (auto& byte : source) byte = static_cast<std::byte>(random());
    for (auto& byte : wanted) byte = static_cast<std::byte>(random());
    Bytes got = wanted;
    const auto shift = random() % 2;  // any alignment
    judged_copy(extents, source.data() + from.base, from.strides, wanted.data() + shift + to.base, to.strides, width);
    const auto writes = random() % 2 == 0 ? kernels::Writes::cached : kernels::Writes::past_cache;
    kernels::copy_strided(extents, source.data() + from.base, from.strides, got.data() + shift + to.base, to.strides,
                          width, writes);
    ASSERT_EQ(got, wanted) << to_string(extents) << " of " << width << " from " << to_string(from.strides) << " to "
                           << to_string(to.strides);
}

TEST(StridedCopy, EveryOrderOfAxes) {
    std::mt19937 random(7);
    const std::vector<std::int64_t> sizes{1, 2, 3, 7, 15, 16, 17, 33};
    for (int turn = 0; turn < 2000; ++turn) {
        Shape extents;
        for (auto rank = random() % 5; rank > 0; --rank) extents.push_back(sizes[random() % sizes.size()]);
        if (extents.count() > 6000) continue;
        check(random, extents, std::int64_t{1} << (turn % 5));
        if (testing::Test::HasFatalFailure()) return;
    }
}

TEST(StridedCopy, EmptyAndLongOnes) {
    std::mt19937 random(8);
    for (const std::int64_t width : {1, 2, 4, 8, 16})
        for (const auto& extents :
             std::vector<Shape>{{}, {0}, {3, 0}, {0, 5}, {10'007}, {3, 5003}, {257, 129}, {1, 9001, 1}}) {
            check(random, extents, width);
            if (testing::Test::HasFatalFailure()) return;
        }
}

}  // namespace
}  // namespace heddle::test
