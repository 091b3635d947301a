// Blocks of reshaped files: each element at its place, each chunk decoded once.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "heddle/heddle.hpp"
#include "host/array/block_source.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

using array::AxisRange;
using array::Ranges;

// As a file: element i of the C order is i, and every box that is asked for decodes the chunks that it touches.
class Chunked final : public array::BlockSource {
public:
    Chunked(const Shape& shape, const Shape& chunk) : shape_(shape) {
        chunks_ = chunk;
        reads_files_ = true;
        need_.per_element = 4;
    }
    void fill(const Ranges& ranges, const array::Destination& to, array::Filling&) const override {
        double chunks = 1;
        for (int axis = 0; axis < shape_.rank(); ++axis) {
            const auto& range = ranges[static_cast<std::size_t>(axis)];
            std::vector<std::int64_t> touched;
            for (std::int64_t i = 0; i < range.count; ++i) touched.push_back(position(range, i) / chunks_[axis]);
            std::sort(touched.begin(), touched.end());
            chunks *= static_cast<double>(std::unique(touched.begin(), touched.end()) - touched.begin());
        }
        decoded += chunks;
        most = std::max(most, count_of(ranges));
        Shape at = Shape::filled(shape_.rank(), 0);
        for (std::int64_t n = 0; n < count_of(ranges); ++n) {
            std::int64_t offset = 0, value = 0;
            for (int axis = 0; axis < shape_.rank(); ++axis) {
                const auto index = position(ranges[static_cast<std::size_t>(axis)], at[axis]);
                ASSERT_TRUE(index >= 0 && index < shape_[axis]);
                value = value * shape_[axis] + index;
                offset += at[axis] * to.strides[axis];
            }
            const auto stored = static_cast<std::int32_t>(value);
            std::memcpy(to.base + offset, &stored, sizeof stored);
            for (int a = shape_.rank() - 1; a >= 0 && ++at[a] == ranges[static_cast<std::size_t>(a)].count; --a)
                at[a] = 0;
        }
    }
    std::int64_t bytes_read(const Ranges& ranges) const override { return count_of(ranges) * 4; }

    mutable double decoded = 0;
    mutable std::int64_t most = 0;  // elements of a block

private:
    Shape shape_;
};

struct Reshaped {
    std::shared_ptr<Chunked> file;
    array::SourcePtr source;
};

Reshaped reshaped(const Shape& from, const Shape& chunk, const Shape& to, std::int64_t most) {
    auto file = std::make_shared<Chunked>(from, chunk);
    const auto storage = array::make_node(array::Ramp{}, DType::int32, from, {});
    return {file, array::reshape_source(*array::make_node(array::Reshape{}, DType::int32, to, {storage}), file, most)};
}

// The values of a block, dense, in an order of its axes.
std::vector<std::int32_t> filled(const array::BlockSource& source, const Ranges& ranges,
                                 const std::vector<int>& order) {
    array::Destination to;
    to.strides = Shape::filled(static_cast<int>(ranges.size()), 0);
    std::int64_t count = 1;
    for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
        to.strides[*axis] = 4 * count;
        count *= ranges[static_cast<std::size_t>(*axis)].count;
    }
    std::vector<std::int32_t> values(static_cast<std::size_t>(count), -1);
    to.base = reinterpret_cast<std::byte*>(values.data());
    array::Filling filling;
    source.fill(ranges, to, filling);
    return values;
}

std::vector<std::int32_t> judged(const Shape& shape, const Ranges& ranges, const std::vector<int>& order) {
    std::vector<std::int32_t> values;
    const auto strides = dense_strides(shape);
    Shape at = Shape::filled(shape.rank(), 0);
    for (std::int64_t n = 0; n < count_of(ranges); ++n) {
        std::int64_t value = 0;
        for (int axis = 0; axis < shape.rank(); ++axis)
            value += position(ranges[static_cast<std::size_t>(axis)], at[axis]) * strides[axis];
        values.push_back(static_cast<std::int32_t>(value));
        for (auto a = order.rbegin(); a != order.rend(); ++a) {
            if (++at[*a] < ranges[static_cast<std::size_t>(*a)].count) break;
            at[*a] = 0;
        }
    }
    return values;
}

std::vector<int> c_order(int rank) {
    std::vector<int> order(static_cast<std::size_t>(rank));
    std::iota(order.begin(), order.end(), 0);
    return order;
}

TEST(ReshapedFiles, StepsDecodeEachChunkOnce) {
    const auto [file, source] = reshaped({300, 200}, {50, 40}, {60'000}, 1 << 20);
    const Ranges every_third{{1, 3, 20'000 - 1, nullptr, 0, false}};
    EXPECT_EQ(filled(*source, every_third, {0}), judged({60'000}, every_third, {0}));
    EXPECT_LE(file->decoded, 30);
    EXPECT_LE(file->most * 4, source->need().fixed);
}

TEST(ReshapedFiles, OtherOrdersDecodeEachChunkOnce) {
    const auto [file, source] = reshaped({300, 200}, {50, 40}, {200, 300}, 1 << 20);
    // What a tile of the transposed result takes: some columns of all rows.
    const Ranges columns{{0, 1, 200, nullptr, 0, false}, {40, 1, 20, nullptr, 0, false}};
    EXPECT_EQ(filled(*source, columns, {1, 0}), judged({200, 300}, columns, {1, 0}));
    EXPECT_LE(file->decoded, 30);
}

TEST(ReshapedFiles, FewElementsAreReadByThemselves) {
    const auto [file, source] = reshaped({300, 200}, {50, 40}, {60'000}, 1 << 20);
    const Ranges few{{7, 25'000, 3, nullptr, 0, false}};
    EXPECT_EQ(filled(*source, few, {0}), judged({60'000}, few, {0}));
    EXPECT_EQ(file->most, 1);
}

TEST(ReshapedFiles, AnyBlockOfAnyShape) {
    std::mt19937 random(5);
    const auto pick = [&](std::int64_t n) { return static_cast<std::int64_t>(random() % static_cast<unsigned>(n)); };
    const std::vector<Shape> shapes{{360}, {12, 30}, {30, 12}, {6, 5, 12}, {2, 3, 60}, {4, 3, 5, 6}, {60, 6}};
    for (int turn = 0; turn < 1500; ++turn) {
        const Shape &from = shapes[static_cast<std::size_t>(pick(7))], &to = shapes[static_cast<std::size_t>(pick(7))];
        Shape chunk;
        for (const auto extent : from) chunk.push_back(1 + pick(extent));
        const auto [file, source] = reshaped(from, chunk, to, 4 * (1 + pick(400)));
        Ranges ranges;
        for (const auto extent : to) {
            AxisRange range{pick(extent), 1 + pick(3), 1, nullptr, 0, false};
            range.count = 1 + pick((extent - 1 - range.start) / range.step + 1);
            if (pick(4) == 0) {
                std::vector<std::int64_t> list;
                for (std::int64_t i = 0; i < range.count + 2; ++i) list.push_back(pick(extent));
                range = {0, 1,    range.count, std::make_shared<const std::vector<std::int64_t>>(std::move(list)),
                         2, false};
            }
            ranges.push_back(range);
        }
        auto order = c_order(to.rank());
        std::shuffle(order.begin(), order.end(), random);
        ASSERT_EQ(filled(*source, ranges, order), judged(to, ranges, order))
            << to_string(from) << " as " << to_string(to);
    }
}

TEST(ScratchNeeds, CountWhatListsTake) {
    const TempDir folder;
    const auto path = (folder / "x.h5").string();
    Engine engine(EngineOptions{.threads = 1});
    const NamedArray named[] = {{"x", arange(0, 100).astype(DType::int32)}};
    write_hdf5(engine, path, named, {});
    const auto node = open_dataset(path, "/x").node();
    const std::set<const array::Node*> none;
    const auto plain = array::make_staging(node, none, false, {1 << 16, 1 << 16}).source->need();
    const auto listed = array::make_staging(node, none, true, {1 << 16, 1 << 16}).source->need();
    EXPECT_EQ(plain.per_dense_element, 0);
    EXPECT_EQ(plain.per_element, 4);
    // The values in ascending order, the list, and its sorted copy.
    EXPECT_EQ(listed.per_dense_element, 4 + 8 + 8);
    EXPECT_EQ(listed.per_element, 4 + 4 + 8 + 8);
    const auto joined = concatenate({Array(node), Array(node) + 1}).node();
    EXPECT_GE(array::make_staging(joined, none, true, {1 << 16, 1 << 16}).source->need().per_dense_element, 4 + 20 + 8);
}

}  // namespace
}  // namespace heddle::test
