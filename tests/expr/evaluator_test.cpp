#include "host/expr/evaluator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "heddle/error.hpp"

namespace heddle::expr {
namespace {

using Random = std::mt19937_64;

// A float array with room around it, seen through strides over an iteration space.
struct View {
    std::vector<float> memory;
    Shape strides;  // in bytes
    std::int64_t origin = 0;
    const std::byte* base() const { return reinterpret_cast<const std::byte*>(memory.data() + origin); }
    float at(const Shape& extents, std::int64_t index) const {
        std::int64_t offset = 0;
        for (int a = extents.rank() - 1; a >= 0; --a) {
            offset += index % extents[a] * strides[a] / 4;
            index /= extents[a];
        }
        return memory[static_cast<std::size_t>(origin + offset)];
    }
};

// Dense, permuted, broadcast, reversed and stepped axes at random.
View random_view(const Shape& extents, Random& random) {
    View v;
    const int rank = extents.rank();
    std::vector<int> axes(static_cast<std::size_t>(rank));
    for (int a = 0; a < rank; ++a) axes[static_cast<std::size_t>(a)] = a;
    if (random() % 4 == 0) std::shuffle(axes.begin(), axes.end(), random);
    v.strides = Shape::filled(rank, 0);
    std::int64_t size = 1;
    for (auto it = axes.rbegin(); it != axes.rend(); ++it) {
        const auto kind = random() % 8;
        if (kind == 0) continue;
        const std::int64_t step = kind == 1 ? 2 : 1;
        v.strides[*it] = size * step * 4;
        size *= extents[*it] * step;
        if (kind == 2) {
            v.origin += v.strides[*it] / 4 * (extents[*it] - 1);
            v.strides[*it] = -v.strides[*it];
        }
    }
    v.memory.resize(static_cast<std::size_t>(size + 1));
    for (float& x : v.memory) x = static_cast<float>(random() % 2000) / 64 - 10;
    return v;
}

// A random expression over the inputs, and its value by plain recursion.
struct Tree {
    Op op = Op::add;
    int input = -1;
    float constant = 0;
    std::vector<Tree> arguments;
};

Tree random_tree(int depth, int inputs, Random& random) {
    Tree t;
    if (depth == 0 || random() % 6 == 0) {
        t.input = random() % 4 == 0 ? -2 : static_cast<int>(random() % static_cast<unsigned>(inputs));
        t.constant = static_cast<float>(random() % 9) - 4;
        return t;
    }
    constexpr std::array kBinary{Op::add, Op::subtract, Op::multiply, Op::divide, Op::minimum, Op::maximum};
    constexpr std::array kUnary{Op::negative, Op::abs, Op::square, Op::floor};
    const bool unary = random() % 4 == 0;
    t.op = unary ? kUnary[random() % kUnary.size()] : kBinary[random() % kBinary.size()];
    for (int k = 0; k < (unary ? 1 : 2); ++k) t.arguments.push_back(random_tree(depth - 1, inputs, random));
    return t;
}

int build(const Tree& t, ProgramBuilder& b, const std::vector<int>& inputs) {
    if (t.input == -2) return b.constant(Scalar::of_float(t.constant, DType::float32));
    if (t.input >= 0) return inputs[static_cast<std::size_t>(t.input)];
    const int x = build(t.arguments[0], b, inputs);
    return t.arguments.size() == 1 ? b.apply(t.op, x) : b.apply(t.op, x, build(t.arguments[1], b, inputs));
}

float evaluate(const Tree& t, const std::vector<float>& inputs) {
    if (t.input == -2) return t.constant;
    if (t.input >= 0) return inputs[static_cast<std::size_t>(t.input)];
    const float x = evaluate(t.arguments[0], inputs), y = t.arguments.size() > 1 ? evaluate(t.arguments[1], inputs) : 0;
    switch (t.op) {
        case Op::add:
            return x + y;
        case Op::subtract:
            return x - y;
        case Op::multiply:
            return x * y;
        case Op::divide:
            return x / y;
        case Op::minimum:
            return std::isnan(x) || x <= y ? x : y;
        case Op::maximum:
            return std::isnan(x) || x >= y ? x : y;
        case Op::negative:
            return -x;
        case Op::abs:
            return std::fabs(x);
        case Op::square:
            return x * x;
        default:
            return std::floor(x);
    }
}

bool same(float a, float b) { return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, 4) == 0; }

Shape random_extents(Random& random) {
    Shape extents;
    const auto rank = random() % 5;
    for (std::uint64_t a = 0; a < rank; ++a) {
        constexpr std::array<std::int64_t, 8> kSizes{1, 2, 3, 5, 17, 40, 640, 1100};
        const std::int64_t e = kSizes[random() % kSizes.size()];
        extents.push_back(extents.count() * e > 60000 ? 2 : e);
    }
    return extents;
}

struct Collected {
    std::vector<float> values;
    std::vector<std::pair<std::int64_t, std::int64_t>> blocks;
    std::int64_t first = 0;
};

void collect(void* context, int, const void* values, std::int64_t offset, std::int64_t n) {
    auto& c = *static_cast<Collected*>(context);
    c.blocks.emplace_back(offset, n);
    std::memcpy(&c.values[static_cast<std::size_t>(offset - c.first)], values, static_cast<std::size_t>(n) * 4);
}

TEST(Evaluator, RandomProgramsOverRandomViews) {
    Random random(12);
    Evaluator evaluator;
    for (int round = 0; round < 400; ++round) {
        const Shape extents = random_extents(random);
        const std::int64_t count = extents.count();
        std::vector<View> views;
        ProgramBuilder b;
        std::vector<int> numbers;
        const int inputs = 1 + static_cast<int>(random() % 4);
        for (int i = 0; i < inputs; ++i) {
            views.push_back(random_view(extents, random));
            numbers.push_back(b.input(DType::float32));
        }
        // Three outputs of the same program, one by each way out.
        std::vector<Tree> trees;
        for (int o = 0; o < 3; ++o) {
            trees.push_back(random_tree(static_cast<int>(random() % 5), inputs, random));
            b.output(build(trees.back(), b, numbers), DType::float32);
        }
        const Program program = b.build();
        const auto first = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(count));
        const std::int64_t last =
            random() % 3 == 0
                ? count
                : first + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(count - first + 1));
        const auto n = static_cast<std::size_t>(last - first);
        std::vector<float> dense(n + 1, 7.0f);
        View strided = random_view(extents, random);
        while (std::find(strided.strides.begin(), strided.strides.end(), 0) != strided.strides.end())
            strided = random_view(extents, random);
        Collected collected{std::vector<float>(n), {}, first};
        std::array<Target, 3> targets;
        targets[0].dense = reinterpret_cast<std::byte*>(dense.data());
        targets[1].base = const_cast<std::byte*>(strided.base());
        targets[1].strides = strided.strides;
        targets[2].consumer = collect;
        targets[2].context = &collected;
        std::vector<StridedInput> ins;
        for (const View& v : views) ins.push_back({v.base(), v.strides});
        constexpr std::array<std::int64_t, 6> kAligns{0, 1, 3, 640, 1024, 1500};
        const std::int64_t align = kAligns[random() % kAligns.size()];
        evaluator.run(program, extents, ins, first, last, {targets, align, random() % 2 == 0});

        for (std::int64_t i = first; i < last; ++i) {
            std::vector<float> x;
            for (const View& v : views) x.push_back(v.at(extents, i));
            const auto place = static_cast<std::size_t>(i - first);
            ASSERT_TRUE(same(dense[place], evaluate(trees[0], x)))
                << round << " " << to_string(extents) << " " << i << "\n"
                << program.to_string();
            ASSERT_TRUE(same(strided.at(extents, i), evaluate(trees[1], x)))
                << round << " " << to_string(extents) << " " << i;
            ASSERT_TRUE(same(collected.values[place], evaluate(trees[2], x)))
                << round << " " << to_string(extents) << " " << i;
        }
        ASSERT_EQ(dense[n], 7.0f);
        std::int64_t next = first;
        for (auto [offset, length] : collected.blocks) {
            ASSERT_EQ(offset, next);
            next += length;
            if (align > 0 && next != last) {
                const std::int64_t inside = next % align;
                ASSERT_TRUE(inside == 0 || (align > kBlock && inside % kBlock == 0)) << align << " " << next;
            }
            ASSERT_LE(length, kBlock);
        }
        ASSERT_EQ(next, last);
    }
}

TEST(Evaluator, ResultsDoNotDependOnTheCut) {
    Random random(4);
    constexpr std::int64_t n = 5000;
    std::vector<float> x(n), y(n), whole(n), parts(n);
    for (std::size_t i = 0; i < n; ++i) {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        x[i] = i % 7 == 0 ? nan : static_cast<float>(i % 5);
        y[i] = i % 3 == 0 ? -nan : static_cast<float>(i % 2);
    }
    ProgramBuilder b;
    const int p = b.input(DType::float32), q = b.input(DType::float32);
    b.output(b.apply(Op::divide, b.apply(Op::multiply, p, q), b.apply(Op::add, q, p)), DType::float32);
    const Program program = b.build();
    const std::array inputs{StridedInput{reinterpret_cast<std::byte*>(x.data()), Shape{4}},
                            StridedInput{reinterpret_cast<std::byte*>(y.data()), Shape{4}}};
    Evaluator evaluator;
    Target target;
    target.dense = reinterpret_cast<std::byte*>(whole.data());
    evaluator.run(program, Shape{n}, inputs, 0, n, {std::span(&target, 1)});
    for (std::int64_t at = 0, end; at < n; at = end) {
        end = std::min(n, at + 1 + static_cast<std::int64_t>(random() % 90));
        target.dense = reinterpret_cast<std::byte*>(parts.data() + at);
        evaluator.run(program, Shape{n}, inputs, at, end, {std::span(&target, 1)});
    }
    EXPECT_EQ(std::memcmp(whole.data(), parts.data(), n * 4), 0);
}

TEST(Evaluator, MixedTypesAndSelections) {
    ProgramBuilder b;
    const int raw = b.input(DType::uint16), dark = b.input(DType::float64), keep = b.input(DType::boolean);
    const int difference = b.apply_promoted(Op::subtract, raw, dark);
    const int chosen = b.apply_promoted(Op::where, keep, difference, b.weak_constant(Scalar::of_int(-1)));
    b.output(chosen, DType::float32);
    b.output(b.apply_promoted(Op::greater, raw, b.weak_constant(Scalar::of_int(3))), DType::boolean);
    b.output(raw, DType::uint16);
    const Program program = b.build();
    constexpr std::int64_t rows = 700, columns = 3;
    std::vector<std::uint16_t> r(rows * columns), copy(r.size());
    std::vector<double> d{0.5, 1.5, 2.5};
    std::vector<std::uint8_t> k(rows);
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = static_cast<std::uint16_t>(i % 11);
    for (std::size_t i = 0; i < k.size(); ++i) k[i] = i % 2;
    std::vector<float> out(r.size());
    std::vector<std::uint8_t> greater(r.size());
    const auto bytes = [](auto& v) { return reinterpret_cast<std::byte*>(v.data()); };
    const std::array inputs{StridedInput{bytes(r), Shape{6, 2}}, StridedInput{bytes(d), Shape{0, 8}},
                            StridedInput{bytes(k), Shape{1, 0}}};
    std::array<Target, 3> targets;
    targets[0].dense = bytes(out);
    targets[1].dense = bytes(greater);
    targets[2].dense = bytes(copy);
    Evaluator().run(program, Shape{rows, columns}, inputs, 0, rows * columns, {targets});
    EXPECT_EQ(copy, r);
    for (std::size_t i = 0; i < r.size(); ++i) {
        ASSERT_EQ(out[i], k[i / 3] != 0 ? static_cast<float>(r[i] - d[i % 3]) : -1.0f) << i;
        ASSERT_EQ(greater[i] != 0, r[i] > 3) << i;
    }
}

TEST(Evaluator, NothingToDoAndWrongCounts) {
    ProgramBuilder b;
    b.output(b.input(DType::float64), DType::float64);
    const Program program = b.build();
    Target target;
    const StridedInput input{nullptr, Shape{8}};
    Evaluator evaluator;
    evaluator.run(program, Shape{0}, std::span(&input, 1), 0, 0, {std::span(&target, 1)});
    EXPECT_THROW(evaluator.run(program, Shape{1}, {}, 0, 1, {std::span(&target, 1)}), ArgumentError);
    EXPECT_THROW(evaluator.run(program, Shape{1}, std::span(&input, 1), 0, 1, {}), ArgumentError);
}

TEST(Evaluator, AConsumersExceptionComesOut) {
    ProgramBuilder b;
    b.output(b.constant(Scalar::of_float(1)), DType::float64);
    const Program program = b.build();
    Target target;
    target.consumer = [](void*, int, const void*, std::int64_t, std::int64_t) { throw ArgumentError("a", "b", "c"); };
    EXPECT_THROW(Evaluator().run(program, Shape{10}, {}, 0, 10, {std::span(&target, 1)}), ArgumentError);
}

}  // namespace
}  // namespace heddle::expr
