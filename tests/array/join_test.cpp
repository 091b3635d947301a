// Joined, reshaped, padded, repeated arrays against index arithmetic, element by element.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "heddle/error.hpp"
#include "heddle/heddle.hpp"
#include "host/array/plan.hpp"
#include "tests/array/array_values.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

// The slow judge: elements of any width beside a shape, and what makes new ones index by index.
struct Block {
    Shape shape;
    std::size_t width = 1;
    Bytes bytes;

    const std::byte* at(const Shape& index) const {
        std::int64_t offset = 0;
        for (int axis = 0; axis < shape.rank(); ++axis) offset = offset * shape[axis] + index[axis];
        return &bytes[static_cast<std::size_t>(offset) * width];
    }
};

template <class Source>
Block made(const Shape& shape, std::size_t width, Source source) {
    Block block{shape, width, {}};
    Shape index = Shape::filled(shape.rank(), 0);
    for (std::int64_t n = 0; n < shape.count(); ++n) {
        const std::byte* element = source(index);
        block.bytes.insert(block.bytes.end(), element, element + width);
        for (int axis = shape.rank() - 1; axis >= 0 && ++index[axis] == shape[axis]; --axis) index[axis] = 0;
    }
    return block;
}

Shape with(const Shape& shape, int axis, std::int64_t extent) {
    Shape changed = shape;
    changed[axis] = extent;
    return changed;
}

Block judged_join(const std::vector<Block>& blocks, int axis) {
    std::int64_t extent = 0;
    for (const auto& block : blocks) extent += block.shape[axis];
    return made(with(blocks[0].shape, axis, extent), blocks[0].width, [&](Shape index) {
        std::size_t i = 0;
        for (; index[axis] >= blocks[i].shape[axis]; ++i) index[axis] -= blocks[i].shape[axis];
        return blocks[i].at(index);
    });
}

Block judged_take(const Block& block, int axis, const std::vector<std::int64_t>& list) {
    return made(with(block.shape, axis, static_cast<std::int64_t>(list.size())), block.width, [&](Shape index) {
        index[axis] = list[static_cast<std::size_t>(index[axis])];
        return block.at(index);
    });
}

// Where numpy.pad takes position `at` of an axis of n elements from: step by step, as its documentation draws it.
std::int64_t judged_place(PadMode mode, std::int64_t at, std::int64_t n) {
    if (mode == PadMode::edge || n == 1) return std::clamp<std::int64_t>(at, 0, n - 1);
    while (at < 0 || at >= n) {
        if (mode == PadMode::wrap)
            at += at < 0 ? n : -n;
        else if (mode == PadMode::symmetric)
            at = at < 0 ? -1 - at : 2 * n - 1 - at;
        else
            at = at < 0 ? -at : 2 * n - 2 - at;
    }
    return at;
}

Block judged_pad(Block block, const std::vector<Padding>& widths, PadMode mode, const Bytes& value) {
    for (int axis = 0; axis < block.shape.rank(); ++axis) {
        const auto width = widths[widths.size() == 1 ? 0 : static_cast<std::size_t>(axis)];
        const auto n = block.shape[axis];
        block = made(with(block.shape, axis, width.before + n + width.after), block.width, [&](Shape index) {
            index[axis] -= width.before;
            const bool outside = index[axis] < 0 || index[axis] >= n;
            if (mode == PadMode::constant && outside) return value.data();
            index[axis] = outside ? judged_place(mode, index[axis], n) : index[axis];
            return block.at(index);
        });
    }
    return block;
}

// An array beside what it must be.
struct Pair {
    Array array;
    Block block;
};

Pair pair_of(DType dtype, const Shape& shape, unsigned seed) {
    Bytes bytes;
    if (shape.count() > 0) bytes = mixed_bytes(dtype, static_cast<std::size_t>(shape.count()), seed);
    bytes.resize(static_cast<std::size_t>(shape.count()) * size_of(dtype));
    return {detail::array_from_bytes(dtype, bytes.data(), static_cast<std::size_t>(shape.count()), shape, true),
            {shape, size_of(dtype), bytes}};
}

void expect_pair(Engine& engine, const Array& array, const Block& block, const std::string& what) {
    ASSERT_EQ(array.shape(), block.shape) << what;
    ASSERT_EQ(bytes_of(engine, array), block.bytes) << what;
}

const std::vector<DType> kTypes{DType::boolean, DType::int16, DType::float32, DType::float64, DType::complex128};
const std::vector<Shape> kShapes{{0},    {1},       {7},       {1000},    {3, 5},       {4, 0},      {1, 6},
                                 {2, 3}, {2, 3, 4}, {5, 1, 3}, {0, 2, 3}, {3, 2, 4, 5}, {1, 1, 1, 2}};

class Joins : public testing::Test {
protected:
    Engine engine{EngineOptions{.threads = 2}};
};

TEST_F(Joins, ConcatenateAndStackAlongEveryAxis) {
    for (const DType dtype : kTypes)
        for (const auto& shape : kShapes) {
            const auto a = pair_of(dtype, shape, 1), b = pair_of(dtype, shape, 2);
            const auto what = std::string(name_of(dtype)) + " " + to_string(shape);
            for (int axis = 0; axis < shape.rank(); ++axis) {
                const auto wide = pair_of(dtype, with(shape, axis, 3), 3);
                expect_pair(engine, concatenate({a.array, wide.array, b.array}, axis),
                            judged_join({a.block, wide.block, b.block}, axis), what);
                expect_pair(engine, concatenate({a.array}, axis - shape.rank()), a.block, what);
            }
            for (int axis = 0; axis <= shape.rank(); ++axis) {
                Shape slab;
                for (int i = 0; i <= shape.rank(); ++i) {
                    if (i == axis) slab.push_back(1);
                    if (i < shape.rank()) slab.push_back(shape[i]);
                }
                auto first = a.block, second = b.block;
                first.shape = second.shape = slab;
                expect_pair(engine, stack({a.array, b.array}, axis), judged_join({first, second}, axis), what);
            }
            auto line = a.block, other = b.block;
            line.shape = other.shape = {shape.count()};
            expect_pair(engine, concatenate({a.array, b.array}, std::nullopt), judged_join({line, other}, 0), what);
        }
    EXPECT_EQ(values<double>(engine, concatenate({Array(1), Array(2.5)}, std::nullopt)), (std::vector<double>{1, 2.5}));
    EXPECT_EQ(vstack({arange(0, 3), arange(3, 6)}).shape(), (Shape{2, 3}));
    EXPECT_EQ(hstack({arange(0, 3), Array(7)}).shape(), (Shape{4}));
    EXPECT_EQ(hstack({full({2, 1}, 0), full({2, 4}, 1)}).shape(), (Shape{2, 5}));
}

TEST_F(Joins, TakeTheCommonType) {
    const Array a = from_values(std::vector<std::uint8_t>{1, 255}, {2}), b = from_values(std::vector<float>{0.5f}, {1});
    EXPECT_EQ(concatenate({a, a}).dtype(), DType::uint8);
    EXPECT_EQ(concatenate({a, b}).dtype(), DType::float32);
    EXPECT_EQ(concatenate({a, from_values(std::vector<std::int8_t>{-1}, {1})}).dtype(), DType::int16);
    EXPECT_EQ(values<float>(engine, concatenate({a, b})), (std::vector<float>{1, 255, 0.5f}));
    EXPECT_EQ(stack({Array(1), Array(2)}).dtype(), DType::int64);
}

// All shapes of as many elements.
void each_shape(std::int64_t count, int rank, Shape shape, const std::function<void(const Shape&)>& visit) {
    if (rank == 1) {
        shape.push_back(count);
        return visit(shape);
    }
    for (std::int64_t extent = 1; extent <= count; ++extent) {
        if (count % extent != 0) continue;
        Shape next = shape;
        next.push_back(extent);
        each_shape(count / extent, rank - 1, next, visit);
    }
}

TEST_F(Joins, ReshapeBetweenAllShapes) {
    for (int from_rank = 1; from_rank <= 3; ++from_rank)
        each_shape(24, from_rank, {}, [&](const Shape& from) {
            const auto a = pair_of(DType::int32, from, 9);
            // Views and joins of it are no plain memory.
            const Array flipped = flip(a.array);
            const auto reversed = made(from, 4, [&](Shape index) {
                for (int axis = 0; axis < from.rank(); ++axis) index[axis] = from[axis] - 1 - index[axis];
                return a.block.at(index);
            });
            for (int rank = 1; rank <= 4; ++rank)
                each_shape(24, rank, {}, [&](const Shape& to) {
                    const auto what = to_string(from) + " as " + to_string(to);
                    auto block = a.block;
                    block.shape = to;
                    expect_pair(engine, reshape(a.array, to), block, what);
                    block.bytes = reversed.bytes;
                    expect_pair(engine, reshape(flipped, to), block, what);
                    // Part of it, in steps and backwards.
                    const Array some = reshape(flipped, to)(ellipsis, Slice{{}, {}, -2});
                    std::vector<std::int64_t> list;
                    for (auto i = to.back() - 1; i >= 0; i -= 2) list.push_back(i);
                    expect_pair(engine, some, judged_take(block, to.rank() - 1, list), what + ", steps");
                    expect_pair(
                        engine, reshape(flipped, to)(Slice{{}, {}, 3}),
                        [&] {
                            std::vector<std::int64_t> rows;
                            for (std::int64_t i = 0; i < to[0]; i += 3) rows.push_back(i);
                            return judged_take(block, 0, rows);
                        }(),
                        what + ", rows");
                });
        });
    EXPECT_EQ(reshape(arange(0, 12), {3, -1}).shape(), (Shape{3, 4}));
    EXPECT_EQ(reshape(Array(5), {1, 1}).shape(), (Shape{1, 1}));
    EXPECT_EQ(reshape(full({0, 3}, 1), {3, 0, 2}).shape(), (Shape{3, 0, 2}));
    EXPECT_EQ(values<std::int64_t>(engine, reshape(full({1, 1}, std::int64_t{7}), {})), (std::vector<std::int64_t>{7}));
}

TEST_F(Joins, ReshapeOfMemoryCopiesNothing) {
    const Array a = pair_of(DType::float64, {30, 40}, 1).array;
    const array::Plan plan(engine, {{sum(reshape(a * 2.0 + a, {20, 60}), 0), "s"}});
    EXPECT_EQ(plan.report().passes.at(0).memory,
              array::Plan(engine, {{sum(reshape(a, {20, 60}) * 2.0, 0), "s"}}).report().passes.at(0).memory);
}

TEST_F(Joins, PadInEveryMode) {
    const std::vector<std::vector<Padding>> widths{{{0, 0}}, {{1, 0}}, {{0, 2}}, {{3, 1}}, {{9, 14}}, {{70, 81}}};
    for (const DType dtype : {DType::uint8, DType::float32, DType::complex128})
        for (const auto& shape : std::vector<Shape>{{1}, {2}, {5}, {3, 4}, {1, 3}, {2, 1, 3}}) {
            const auto a = pair_of(dtype, shape, 4);
            auto some = widths;
            if (shape.rank() > 2) some.pop_back();
            std::vector<Padding> each;
            for (int axis = 0; axis < shape.rank(); ++axis) each.push_back({axis, 2 - axis % 2});
            some.push_back(each);
            const auto value = bytes_of(engine, Array(3).astype(dtype));
            for (const auto& width : some)
                for (const auto mode :
                     {PadMode::constant, PadMode::edge, PadMode::reflect, PadMode::symmetric, PadMode::wrap})
                    expect_pair(engine, pad(a.array, width, mode, 3), judged_pad(a.block, width, mode, value),
                                to_string(shape) + " by " + std::to_string(width[0].before) + ", mode " +
                                    std::to_string(static_cast<int>(mode)));
        }
    const Array empty = full({0, 2}, 1.0f);
    EXPECT_EQ(values<float>(engine, pad(empty, {{1, 0}, {0, 0}}, PadMode::constant, 2)), (std::vector<float>{2, 2}));
    EXPECT_EQ(pad(empty, {{0, 0}, {1, 1}}, PadMode::edge).shape(), (Shape{0, 4}));
}

TEST_F(Joins, PadByManyRoundsWithoutLists) {
    const std::int64_t far = 1'000'000'000'000;
    for (const std::int64_t n : {2, 3, 1000})
        for (const auto mode : {PadMode::reflect, PadMode::symmetric, PadMode::wrap}) {
            const auto a = pair_of(DType::int16, {n}, 1);
            const Array padded = pad(a.array, {{far, far + 7}}, mode);
            ASSERT_EQ(padded.shape(), (Shape{2 * far + 7 + n}));
            for (const std::int64_t at : {std::int64_t{0}, far - 5, 2 * far}) {
                std::vector<std::int64_t> places;
                for (std::int64_t i = at; i < at + 2500; ++i)
                    if (i < padded.shape()[0]) {
                        // Whole rounds before the array change nothing.
                        const auto round = mode == PadMode::wrap ? n : mode == PadMode::symmetric ? 2 * n : 2 * n - 2;
                        places.push_back(judged_place(mode, ((i - far) % round + round) % round, n));
                    }
                expect_pair(engine, padded(Slice{at, at + 2500}), judged_take(a.block, 0, places),
                            std::to_string(n) + " from " + std::to_string(at));
            }
        }
    const auto deep = pair_of(DType::int16, {1, 2, 1, 2, 3, 1, 1, 2}, 2);
    const std::vector<Padding> widths{{0, 0}, {0, 0}, {0, 0}, {0, 0}, {100, 101}, {0, 0}, {0, 0}, {0, 0}};
    expect_pair(engine, pad(deep.array, widths, PadMode::symmetric),
                judged_pad(deep.block, widths, PadMode::symmetric, {}), "rank 8");
}

TEST_F(Joins, PadWithWhatTheTypeHolds) {
    const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    for (const double value : {nan, inf, -inf}) {
        EXPECT_THROW(pad(arange(0, 3), {{1, 1}}, PadMode::constant, value), ArgumentError);
        EXPECT_THROW(pad(arange(0, 3), {{1, 1}}, PadMode::constant, -Array(value)), ArgumentError);
        EXPECT_EQ(pad(arange(0, 3), {{1, 1}}, PadMode::edge, value).shape(), (Shape{5}));
        EXPECT_EQ(pad(full({2}, 1.0f), {{1, 1}}, PadMode::constant, value).dtype(), DType::float32);
    }
    EXPECT_EQ(values<std::int64_t>(engine, pad(arange(0, 1), {{1, 1}}, PadMode::constant, 2.75)),
              (std::vector<std::int64_t>{2, 0, 2}));
}

TEST_F(Joins, RollTileRepeatAndMoveAxes) {
    for (const auto& shape : kShapes) {
        const auto a = pair_of(DType::float32, shape, 6);
        const auto n = shape.count();
        for (const std::int64_t shift : {0, 1, -1, 5, -100003}) {
            const auto list = [&](std::int64_t extent) {
                std::vector<std::int64_t> places;
                for (std::int64_t i = 0; i < extent; ++i) places.push_back(((i - shift) % extent + extent) % extent);
                return places;
            };
            for (int axis = 0; axis < shape.rank(); ++axis)
                expect_pair(engine, roll(a.array, shift, axis), judged_take(a.block, axis, list(shape[axis])), "roll");
            auto line = a.block;
            line.shape = {n};
            line = judged_take(line, 0, list(n));
            line.shape = shape;
            expect_pair(engine, roll(a.array, shift), line, "roll of all");
        }
        for (std::int64_t count = 0; count < 4; ++count) {
            Shape counts = Shape::filled(shape.rank(), count);
            if (count > 1) counts[0] = 1;
            auto tiled = a.block;
            for (int axis = 0; axis < shape.rank(); ++axis) {
                std::vector<std::int64_t> places, each;
                for (std::int64_t i = 0; i < shape[axis] * counts[axis]; ++i) places.push_back(i % shape[axis]);
                for (std::int64_t i = 0; i < shape[axis] * count; ++i) each.push_back(i / count);
                tiled = judged_take(tiled, axis, places);
                expect_pair(engine, repeat(a.array, count, axis), judged_take(a.block, axis, each), "repeat");
            }
            expect_pair(engine, tile(a.array, counts), tiled, "tile " + to_string(shape) + " " + to_string(counts));
        }
    }
    const Array a = arange(0, 3);
    EXPECT_EQ(values<std::int64_t>(engine, repeat(a, {2, 0, 3})), (std::vector<std::int64_t>{0, 0, 2, 2, 2}));
    EXPECT_EQ(tile(a, {2, 2}).shape(), (Shape{2, 6}));
    EXPECT_EQ(tile(full({2, 3, 2, 3, 2}, 1.0), {2, 2, 2, 2, 2}).shape(), (Shape{4, 6, 4, 6, 4}));
    const auto wide = pair_of(DType::int16, {2, 1, 2, 1, 3, 1, 2, 2}, 8);
    expect_pair(engine, repeat(wide.array, 2, 4), judged_take(wide.block, 4, {0, 0, 1, 1, 2, 2}), "rank 8");
    EXPECT_EQ(moveaxis(full({2, 3, 4, 5}, 0), {0, 1}, {-1, 0}).shape(), (Shape{3, 4, 5, 2}));
    EXPECT_EQ(swapaxes(full({2, 3, 4}, 0), 0, -1).shape(), (Shape{4, 3, 2}));
}

TEST_F(Joins, DownsampleDiffAndGradient) {
    std::vector<double> data(7 * 9);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<double>(i * i % 97) / 4;
    const Array a = from_values(data, {7, 9});
    std::vector<double> means;
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 2; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < 8; ++k) sum += data[(2 * i + k / 4) * 9 + 4 * j + k % 4];
            means.push_back(sum / 8);
        }
    EXPECT_EQ(values<double>(engine, downsample(a, {2, 4})), means);
    EXPECT_EQ(values<double>(engine, downsample(a, {1})), data);
    EXPECT_EQ(downsample(a, {8, 1}).shape(), (Shape{0, 9}));
    EXPECT_EQ(downsample(arange(0, 5), {1}).dtype(), DType::float64);
    EXPECT_EQ(values<float>(engine, downsample(from_values(std::vector<float>{1, 2, 4, 9, 7}, {5}), {2})),
              (std::vector<float>{1.5f, 6.5f}));

    for (const int axis : {0, 1}) {
        const std::size_t n = axis == 0 ? 7 : 9, step = axis == 0 ? 9 : 1;
        std::vector<double> slopes;
        for (std::size_t i = 0; i < data.size(); ++i) {
            const std::size_t at = i / step % n;
            const double up = data[at + 1 < n ? i + step : i], down = data[at > 0 ? i - step : i];
            slopes.push_back((up - down) / (at > 0 && at + 1 < n ? 2 * 0.3 : 0.3));
        }
        EXPECT_EQ(values<double>(engine, gradient(a, 0.3, axis)), slopes);
    }
    EXPECT_EQ(gradient(arange(0, 2)).dtype(), DType::float64);
    EXPECT_EQ(gradient(from_values(std::vector<float>{1, 2}, {2})).dtype(), DType::float32);
    EXPECT_EQ(values<std::int64_t>(engine, diff(from_values(std::vector<std::int64_t>{1, 4, 9, 16}, {4}), 2)),
              (std::vector<std::int64_t>{2, 2}));
    EXPECT_EQ(diff(a, 12, 1).shape(), (Shape{7, 0}));
    EXPECT_EQ(
        values<std::int64_t>(engine, diff(concatenate({Array(full({1}, std::int64_t{0})), cumsum(arange(0, 9))}))),
        values<std::int64_t>(engine, arange(0, 9)));
}

// Random expressions of all that moves elements, beside the judge's.
class Random {
public:
    explicit Random(unsigned seed, std::vector<Pair> leaves) : random_(seed), leaves_(std::move(leaves)) {}

    Pair any(int depth) {
        if (depth == 0) return leaves_[pick(leaves_.size())];
        Pair a = any(depth - 1);
        const int rank = a.block.shape.rank(), axis = static_cast<int>(pick(static_cast<std::size_t>(rank)));
        const auto extent = a.block.shape[axis];
        switch (pick(9)) {
            case 0: {
                const Pair b = any(depth - 1);
                if (b.block.shape.rank() != rank) return flat(a, b);
                const auto same = with(a.block.shape, axis, 1) == with(b.block.shape, axis, 1);
                if (!same) return flat(a, b);
                return {concatenate({a.array, b.array}, axis), judged_join({a.block, b.block}, axis)};
            }
            case 1:
                return reshaped(a);
            case 2: {
                const Padding width{static_cast<std::int64_t>(pick(4)), static_cast<std::int64_t>(pick(9))};
                const auto mode = static_cast<PadMode>(pick(5));
                std::vector<Padding> widths(static_cast<std::size_t>(rank));
                widths[static_cast<std::size_t>(axis)] = width;
                const Bytes zero(a.block.width);
                if (a.block.shape.count() == 0) return a;
                return {pad(a.array, widths, mode), judged_pad(a.block, widths, mode, zero)};
            }
            case 3: {
                std::vector<std::int64_t> list;
                for (std::int64_t i = 0; i < extent; ++i) list.push_back(extent - 1 - i);
                return {flip(a.array, axis), judged_take(a.block, axis, list)};
            }
            case 4: {
                const auto start = static_cast<std::int64_t>(pick(3)), step = 1 + static_cast<std::int64_t>(pick(3));
                std::vector<std::int64_t> list;
                for (auto i = start; i < extent; i += step) list.push_back(i);
                std::vector<Index> items(static_cast<std::size_t>(axis), Index(Slice{}));
                items.emplace_back(Slice{start, {}, step});
                return {a.array.subscript(items), judged_take(a.block, axis, list)};
            }
            case 5: {
                std::vector<std::int64_t> list;
                for (int i = 0; i < 5 && extent > 0; ++i)
                    list.push_back(static_cast<std::int64_t>(pick(static_cast<std::size_t>(extent))));
                std::vector<Index> items(static_cast<std::size_t>(axis), Index(Slice{}));
                items.emplace_back(from_values(list, {static_cast<std::int64_t>(list.size())}));
                return {a.array.subscript(items), judged_take(a.block, axis, list)};
            }
            case 6: {
                Shape turned;
                for (int i = rank - 1; i >= 0; --i) turned.push_back(a.block.shape[i]);
                return {a.array.transpose(), made(turned, a.block.width, [&](const Shape& index) {
                            Shape back;
                            for (int i = rank - 1; i >= 0; --i) back.push_back(index[i]);
                            return a.block.at(back);
                        })};
            }
            case 7:  // computed, and the same
                return {-(-a.array), a.block};
            default: {
                std::vector<std::int64_t> list;
                for (std::int64_t i = 0; i < 2 * extent; ++i) list.push_back(i / 2);
                if (rank > 4) return a;
                return {repeat(a.array, 2, axis), judged_take(a.block, axis, list)};
            }
        }
    }

private:
    std::size_t pick(std::size_t count) { return random_() % count; }
    Pair flat(const Pair& a, const Pair& b) {
        auto first = a.block, second = b.block;
        first.shape = {first.shape.count()};
        second.shape = {second.shape.count()};
        return {concatenate({a.array, b.array}, std::nullopt), judged_join({first, second}, 0)};
    }
    Pair reshaped(const Pair& a) {
        std::vector<Shape> shapes;
        const auto count = a.block.shape.count();
        if (count == 0 || count > 5000) return a;
        each_shape(count, 1 + static_cast<int>(pick(3)), {}, [&](const Shape& shape) { shapes.push_back(shape); });
        auto block = a.block;
        block.shape = shapes[pick(shapes.size())];
        return {reshape(a.array, block.shape), block};
    }

    std::mt19937 random_;
    std::vector<Pair> leaves_;
};

std::vector<Pair> leaves_in_memory(DType dtype) {
    return {pair_of(dtype, {12}, 1), pair_of(dtype, {4, 6}, 2), pair_of(dtype, {2, 3, 4}, 3), pair_of(dtype, {24}, 4),
            pair_of(dtype, {3, 1, 4, 2}, 5)};
}

TEST_F(Joins, NestInAnyOrder) {
    Engine seven(EngineOptions{.threads = 7}), reference(EngineOptions{.device = "reference"}),
        checked(EngineOptions{.threads = 3, .checks = Checks::on}),
        tight(EngineOptions{.threads = 2, .memory = 1 << 20});
    const std::vector<Engine*> engines{&engine, &seven, &reference, &checked, &tight};
    for (unsigned seed = 0; seed < 600; ++seed) {
        const DType dtype = seed % 2 == 0 ? DType::int32 : DType::int64;
        Random random(seed, leaves_in_memory(dtype));
        const auto pair = random.any(2 + static_cast<int>(seed % 4));
        expect_pair(*engines[seed % engines.size()], pair.array, pair.block, "seed " + std::to_string(seed));
        if (HasFatalFailure()) return;
        EXPECT_EQ(values<std::int64_t>(engine, sum(pair.array)),
                  values<std::int64_t>(engine, sum(evaluate(engine, pair.array))));
    }
}

// Leaves in a file, with chunks that no shape follows.
class JoinsOfFiles : public Joins {
protected:
    std::vector<Pair> leaves_in_file(DType dtype) {
        auto leaves = leaves_in_memory(dtype);
        std::vector<NamedArray> named;
        for (std::size_t i = 0; i < leaves.size(); ++i) named.push_back({"x" + std::to_string(i), leaves[i].array});
        const auto path = (folder / (std::string(name_of(dtype)) + ".h5")).string();
        write_hdf5(engine, path, named, {});
        for (std::size_t i = 0; i + 1 < leaves.size(); ++i) leaves[i].array = open_dataset(path, "/" + named[i].name);
        return leaves;
    }
    // a: (600, 500) float32 in gzip chunks, b: (200, 500) int16.
    void make_large() {
        const auto path = (folder / "large.h5").string();
        for (const auto& [name, pair] : {std::pair("a", &memory_a), std::pair("b", &memory_b)}) {
            const NamedArray named[] = {{name, pair->array}};
            write_hdf5(engine, path + name, named, {.chunks = Shape{70, 90}, .gzip = 1});
        }
        a = open_dataset(path + "a", "/a");
        b = open_dataset(path + "b", "/b");
    }
    TempDir folder;
    Pair memory_a = pair_of(DType::int32, {600, 500}, 1), memory_b = pair_of(DType::int32, {200, 500}, 2);
    Array a = 0, b = 0;
};

TEST_F(JoinsOfFiles, NestInAnyOrder) {
    const auto leaves32 = leaves_in_file(DType::int32), leaves64 = leaves_in_file(DType::int64);
    Engine tight(EngineOptions{.threads = 3, .memory = 1 << 20});
    for (unsigned seed = 1000; seed < 1400; ++seed) {
        Random random(seed, seed % 2 == 0 ? leaves32 : leaves64);
        const auto pair = random.any(2 + static_cast<int>(seed % 4));
        expect_pair(seed % 3 == 0 ? tight : engine, pair.array, pair.block, "seed " + std::to_string(seed));
        if (HasFatalFailure()) return;
    }
}

TEST_F(JoinsOfFiles, StreamWithinTheMemory) {
    make_large();
    const Array x = memory_a.array, y = memory_b.array;
    const auto large = [](const Array& p, const Array& q) {
        return std::vector<Array>{concatenate({p, q}),
                                  concatenate({p, q + 1, p * 2})(Slice{100, 900}, Slice{{}, {}, 3}),
                                  reshape(p, {500, 600}) + 1,
                                  pad(p, {{50, 1}, {3, 700}}, PadMode::reflect),
                                  roll(p, 12345),
                                  tile(q, {2, 3}),
                                  repeat(q, 3, 1),
                                  gradient(p, 0.5, 0),
                                  stack({p, p - 1}, 2)};
    };
    const auto arrays = large(a, b), expected = large(x, y);
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        const auto file = (folder / ("out" + std::to_string(i) + ".h5")).string();
        const Array wanted = evaluate(engine, expected[i]);
        for (const std::size_t memory : {600'000, 1'200'000}) {
            Engine small(EngineOptions{.threads = 2, .memory = memory});
            const NamedArray named[] = {{"x", arrays[i]}};
            write_hdf5(small, file, named, {.overwrite = Overwrite::replace});
            EXPECT_LE(small.memory_peak(), memory) << i;
            EXPECT_EQ(bytes_of(engine, open_dataset(file, "/x")), bytes_of(engine, wanted)) << i << " in " << memory;
        }
        Engine small(EngineOptions{.threads = 2, .memory = 900'000});
        const Array means = stack({mean(arrays[i], 0), max(arrays[i], 0).astype(DType::float64)});
        const Array want = stack({mean(wanted, 0), max(wanted, 0).astype(DType::float64)});
        EXPECT_EQ(bytes_of(small, means), bytes_of(engine, want)) << i;
    }
}

TEST_F(JoinsOfFiles, TellWhatTheyReadAndMake) {
    make_large();
    const Array joined = concatenate({a, b * 2});
    const array::Plan plan(engine, {{joined, "x"}, {sum(reshape(a, {30, -1}), 1), "s"}});
    const auto& report = plan.report();
    EXPECT_EQ(report.bytes_read, (600 + 600 + 200) * 500 * 4);
    ASSERT_EQ(report.passes.size(), 2u);
    EXPECT_EQ(report.passes[0].reads.size() + report.passes[1].reads.size(), 3u);
    EXPECT_EQ(array::axis_origins(joined)[1]->axis, 1);
    EXPECT_FALSE(array::axis_origins(joined)[0]);
}

TEST_F(Joins, SeeThroughToWhatIsComputedBefore) {
    const Pair a = pair_of(DType::int64, {40, 30}, 3);
    const auto tops = [](const Array& x) {
        return concatenate({max(x, 0), min(x, 0), sum(x, 1), reshape(sort(x, 0)(Slice{0, 2}), {-1}), cumsum(x)});
    };
    const Array at_once = evaluate(engine, a.array);
    std::vector<Array> each;
    for (const auto& part : {max(at_once, 0), min(at_once, 0), sum(at_once, 1),
                             ravel(evaluate(engine, sort(at_once, 0))(Slice{0, 2})), cumsum(at_once)})
        each.push_back(evaluate(engine, part));
    const auto wanted = bytes_of(engine, evaluate(engine, concatenate(each)));
    EXPECT_EQ(bytes_of(engine, tops(a.array)), wanted);
    EXPECT_EQ(bytes_of(engine, concatenate({mean(a.array), Array(1.0)}, std::nullopt)),
              bytes_of(engine, stack({evaluate(engine, mean(a.array)), Array(1.0)})));
    // Sorted, and a reduction's operand.
    EXPECT_EQ(bytes_of(engine, sort(tops(a.array))), bytes_of(engine, sort(evaluate(engine, concatenate(each)))));
    for (const std::string device : {"reference", "sim:devices=3,memory=1M"}) {
        Engine other(EngineOptions{.threads = 3, .device = device});
        EXPECT_EQ(bytes_of(other, tops(a.array)), wanted) << device;
    }
}

TEST_F(Joins, GiveReductionsTheSameBits) {
    std::vector<float> data(300'000);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = std::sin(static_cast<float>(i)) * 1000;
    const Array a = from_values(data, {300, 1000});
    Engine seven(EngineOptions{.threads = 7}),
        simulated(EngineOptions{.threads = 2, .device = "sim:devices=2,memory=1M"});
    for (const auto& made :
         {concatenate({a, flip(a, 1) * 0.3f}), reshape(roll(a, 77), {1000, 300}), pad(a, {{10, 7}}, PadMode::wrap)}) {
        const Array whole = evaluate(engine, made);
        const auto reductions = [](const Array& x) {
            return std::vector<Array>{
                sum(x), mean(x, 0), var(x, 1), argmax(x, 0), histogram(x, 20).counts, downsample(x, {3, 7})};
        };
        const auto want = reductions(whole), lazy = reductions(made);
        for (std::size_t i = 0; i < want.size(); ++i)
            for (auto* each : {&engine, &seven, &simulated})
                EXPECT_EQ(bytes_of(*each, lazy[i]), bytes_of(engine, want[i])) << i;
    }
}

TEST_F(Joins, NestOnDevices) {
    for (const auto policy : {PlacementOptions::Policy::gpu, PlacementOptions::Policy::cpu}) {
        EngineOptions options{.threads = 3, .device = "sim:devices=3,memory=1M"};
        options.placement.policy = policy;
        Engine devices(options);
        for (unsigned seed = 2000; seed < 2100; ++seed) {
            Random random(seed, leaves_in_memory(DType::int64));
            const auto pair = random.any(4);
            expect_pair(devices, pair.array, pair.block, "seed " + std::to_string(seed));
            if (HasFatalFailure()) return;
        }
    }
}

TEST_F(Joins, RoundsOnRoundsTakeLinearTime) {
    std::vector<std::int64_t> values_now(1000), before;
    for (std::size_t i = 0; i < values_now.size(); ++i) values_now[i] = static_cast<std::int64_t>(i * i % 83);
    Array x = from_values(values_now, {1000});
    for (int round = 0; round < 40; ++round) {
        x = (roll(x, 1) + roll(x, -1) - x) % 1009;
        before = values_now;
        for (std::size_t i = 0; i < 1000; ++i)
            values_now[i] = ((before[(i + 999) % 1000] + before[(i + 1) % 1000] - before[i]) % 1009 + 1009) % 1009;
    }
    EXPECT_EQ(values<std::int64_t>(engine, x), values_now);
    Array doubled = arange(0, 3), few = doubled;
    for (int round = 0; round < 12; ++round) doubled = concatenate({doubled, doubled + 1});
    EXPECT_EQ(values<std::int64_t>(engine, sum(doubled)), (std::vector<std::int64_t>{4096 * 3 + 3 * 12 * 2048}));
    EXPECT_EQ(values<std::int64_t>(engine, doubled(Slice{-4, {}})), (std::vector<std::int64_t>{13, 12, 13, 14}));
    for (int round = 0; round < 50; ++round) few = concatenate({few, few});
    EXPECT_EQ(values<std::int64_t>(engine, few(Slice{-4, {}})), (std::vector<std::int64_t>{2, 0, 1, 2}));
}

// What is kept for speed alone must not take the memory that the work needs.
TEST_F(Joins, RunInAnyMemoryThatIsEnough) {
    const Array x = pair_of(DType::int64, {60, 50}, 5).array, row = x(0);
    const auto rounds = [](Array y, int count) {
        for (int round = 0; round < count; ++round) y = roll(y, 1) + y;
        return y;
    };
    const std::vector<Array> arrays{sum(rounds(x, 3), 0),
                                    max(reshape(rounds(x, 2) * 3, {50, 60}) - rounds(row, 2)(Slice{0, 1}), 1),
                                    sum(concatenate({rounds(x, 2), x * 2, roll(x * x, 5, 1)}), 1),
                                    sum((row * row + 1) * x + pad(row * 3, {{0, 0}}), 0),
                                    downsample(rounds(x, 2), {6, 5}),
                                    sum(sort(rounds(x, 2), 1) - rounds(x, 2), 0),
                                    tile(roll(rounds(x, 5), 3, 1), {6, 1})};
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        const auto wanted = bytes_of(engine, arrays[i]);
        bool fits = false;
        for (double memory = 2000; memory < 4e5; memory *= 1.13) {
            const auto limit = static_cast<std::size_t>(memory);
            Engine small(EngineOptions{.threads = 1, .memory = limit});
            try {
                ASSERT_EQ(bytes_of(small, arrays[i]), wanted) << i << " in " << limit;
                fits = true;
            } catch (const OutOfMemory& error) {
                ASSERT_FALSE(fits) << i << " in " << limit << ", where less was enough: " << error.what();
            }
            EXPECT_LE(small.memory_peak(), limit) << i;
        }
        EXPECT_TRUE(fits) << i;
    }
}

TEST_F(Joins, NameWhatIsWrong) {
    const Array a = full({2, 3}, 1.0f), b = full({2, 4}, 1.0f);
    EXPECT_THROW(concatenate({}), ArgumentError);
    EXPECT_THROW(concatenate({a, b}), ShapeError);
    EXPECT_THROW(concatenate({a, full({3}, 1)}), ShapeError);
    EXPECT_THROW(concatenate({a, a}, 2), ShapeError);
    EXPECT_THROW(concatenate({Array(1)}), ShapeError);
    EXPECT_THROW(stack({a, b}), ShapeError);
    EXPECT_THROW(stack({a, a}, 3), ShapeError);
    EXPECT_THROW(reshape(a, {4, 2}), ShapeError);
    EXPECT_THROW(reshape(a, {-1, -1}), ShapeError);
    EXPECT_THROW(reshape(a, {-2, -3}), ShapeError);
    EXPECT_THROW(reshape(a, {4, -1}), ShapeError);
    EXPECT_THROW(reshape(full({0}, 1), {0, -1}), ShapeError);
    EXPECT_THROW(pad(a, {{1, -1}}), ArgumentError);
    EXPECT_THROW(pad(a, {{1, 1}, {1, 1}, {1, 1}}), ShapeError);
    EXPECT_THROW(pad(full({0}, 1), {{1, 1}}, PadMode::wrap), ArgumentError);
    EXPECT_THROW(pad(a, {{1, 1}}, PadMode::constant, a), ShapeError);
    EXPECT_THROW(tile(a, {-1}), ArgumentError);
    EXPECT_THROW(repeat(a, -1, 0), ArgumentError);
    EXPECT_THROW(repeat(a, {1, 2, 3}, 0), ShapeError);
    EXPECT_THROW(downsample(a, {0}), ArgumentError);
    EXPECT_THROW(downsample(a, {1, 2, 3}), ShapeError);
    EXPECT_THROW(gradient(full({1}, 1.0)), ShapeError);
    EXPECT_THROW(diff(a, -1), ArgumentError);
    EXPECT_THROW(moveaxis(a, {0, 1}, {0}), ShapeError);
    EXPECT_THROW(moveaxis(a, {0, 0}, {0, 1}), ShapeError);
    EXPECT_THROW(flip(a, 2), ShapeError);
    const Array bad =
        concatenate({pow(arange(0, 3), from_values(std::vector<std::int64_t>{1, -1, 1}, {3})), arange(0, 2)});
    EXPECT_THROW(evaluate(engine, bad).wait(), ArgumentError);
}

}  // namespace
}  // namespace heddle::test
