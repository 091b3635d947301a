#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "heddle/error.hpp"
#include "tests/array/judge.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

const std::vector<Shape> kShapes{{},           {1},         {7},          {1024},       {1025},      {5000},
                                 {3, 5},       {1300, 3},   {3, 1300},    {2, 3, 4},    {1, 300, 1}, {40, 1, 33},
                                 {30, 17, 65}, {600, 2, 2}, {9, 1100, 2}, {2, 2, 2100}, {5, 4, 3, 2}};

std::vector<std::vector<bool>> axis_sets(int rank) {
    std::vector<std::vector<bool>> sets;
    for (int bits = 0; bits < 1 << rank; ++bits) {
        sets.emplace_back();
        for (int axis = 0; axis < rank; ++axis) sets.back().push_back((bits >> axis & 1) != 0);
    }
    return sets;
}

Axes axes_of(const std::vector<bool>& reduced) {
    std::vector<int> axes;
    for (std::size_t axis = 0; axis < reduced.size(); ++axis)
        if (reduced[axis]) axes.push_back(static_cast<int>(axis));
    return axes;
}

long double exact_sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0L); }

long double exact_var(const std::vector<double>& values) {
    const auto mean = exact_sum(values) / static_cast<long double>(values.size());
    long double sum = 0;
    for (const auto value : values) sum += (value - mean) * (value - mean);
    return sum / static_cast<long double>(values.size());
}

TEST(Reduction, AgreesWithTheObviousOnEveryShapeAndAxes) {
    Engine engine(EngineOptions{.threads = 2});
    for (const auto& shape : kShapes) {
        const auto data = random_values(static_cast<std::size_t>(shape.count()), 1);
        const Array a = from_values(data, shape);
        for (const auto& reduced : axis_sets(shape.rank())) {
            const auto groups = groups_of(obvious(data, shape), reduced);
            const auto axes = axes_of(reduced);
            const auto sums = values<double>(engine, sum(a, axes));
            const auto vars = values<double>(engine, var(a, axes, KeepDims::yes));
            const auto tops = values<double>(engine, max(a, axes));
            ASSERT_EQ(sums.size(), groups.size()) << to_string(shape);
            for (std::size_t i = 0; i < groups.size(); ++i) {
                const auto scale = 100.0 * static_cast<double>(groups[i].size());
                EXPECT_NEAR(sums[i], static_cast<double>(exact_sum(groups[i])), 1e-15 * scale) << to_string(shape);
                EXPECT_NEAR(vars[i], static_cast<double>(exact_var(groups[i])), 1e-12) << to_string(shape);
                EXPECT_EQ(tops[i], *std::max_element(groups[i].begin(), groups[i].end())) << to_string(shape);
            }
        }
    }
}

TEST(Reduction, FindsTheFirstExtreme) {
    Engine engine;
    for (const auto& shape : kShapes) {
        auto data = random_values(static_cast<std::size_t>(shape.count()), 2);
        for (auto& value : data) value = std::round(value / 4);
        const Array a = from_values(data, shape);
        for (int axis = 0; axis < shape.rank(); ++axis) {
            std::vector<bool> reduced(static_cast<std::size_t>(shape.rank()));
            reduced[static_cast<std::size_t>(axis)] = true;
            const auto groups = groups_of(obvious(data, shape), reduced);
            const auto found = values<std::int64_t>(engine, argmin(a, axis));
            for (std::size_t i = 0; i < groups.size(); ++i)
                EXPECT_EQ(found[i], std::min_element(groups[i].begin(), groups[i].end()) - groups[i].begin());
        }
        EXPECT_EQ(values<std::int64_t>(engine, argmax(a))[0],
                  std::max_element(data.begin(), data.end()) - data.begin());
    }
}

// The bits of everything that is reduced over the axes, one after the other.
std::vector<double> all_results(Engine& engine, const Array& a, const Axes& axes) {
    const Array arrays[] = {sum(a, axes), stddev(a, axes), mean(a * a - 0.5, axes), nanmax(a, axes)};
    std::vector<double> bits;
    for (const auto& result : evaluate(engine, arrays)) {
        const auto view = result.view<double>();
        bits.insert(bits.end(), view.begin(), view.end());
    }
    return bits;
}

void expect_same_bits(const std::vector<double>& a, const std::vector<double>& b, const std::string& what) {
    ASSERT_EQ(a.size(), b.size()) << what;
    EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(double)), 0) << what;
}

TEST(Reduction, GivesTheSameBitsForAllThreadsDevicesChunksAndMemory) {
    Engine reference(EngineOptions{.device = "reference"}), one(EngineOptions{.threads = 1}),
        two(EngineOptions{.threads = 2}), seven(EngineOptions{.threads = 7}),
        simulated(EngineOptions{.threads = 2, .device = "sim:devices=2,memory=4M"});
    TempDir folder;
    int file = 0;
    for (const auto& shape : std::vector<Shape>{{70000}, {300, 7, 45}, {3, 2500, 9}, {700, 40, 3}, {20, 9, 1500}}) {
        const Array a = from_values(random_values(static_cast<std::size_t>(shape.count()), 3), shape);
        Shape chunks = shape;
        for (int axis = 0; axis < shape.rank(); ++axis) chunks[axis] = std::max<std::int64_t>(shape[axis] / 3 - 1, 1);
        std::vector<Array> stored;
        for (const auto& options : {WriteOptions{}, WriteOptions{.chunks = chunks, .gzip = 1}}) {
            const auto path = (folder / ("a" + std::to_string(file++) + ".h5")).string();
            const NamedArray named[] = {{"a", a}};
            write_hdf5(two, path, named, options);
            stored.push_back(open_dataset(path, "/a"));
        }
        for (const auto& reduced : axis_sets(shape.rank())) {
            const auto axes = axes_of(reduced);
            const auto expected = all_results(reference, a, axes);
            for (auto* engine : {&one, &two, &seven, &simulated})
                expect_same_bits(expected, all_results(*engine, a, axes), to_string(shape));
            for (const auto& source : stored) {
                for (const std::size_t memory : {std::size_t{2} << 20, std::size_t{64} << 20}) {
                    Engine small(EngineOptions{.threads = 2, .memory = memory});
                    try {
                        expect_same_bits(expected, all_results(small, source, axes), "from a file");
                    } catch (const OutOfMemory&) {
                        EXPECT_LT(memory, std::size_t{3} << 20);
                    }
                }
            }
        }
    }
}

// Reductions over different axes in one pass, each of which asks for other tiles.
TEST(Reduction, SeveralInOnePassGiveTheBitsOfEachAlone) {
    std::mt19937 random(1);
    const auto any = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const std::vector<std::int64_t> extents{1, 2, 3, 10, 16, 100, 257, 300, 1000, 1500, 20000, 100000};
    Engine reference(EngineOptions{.device = "reference"});
    TempDir folder;
    for (int round = 0; round < 60; ++round) {
        Shape shape;
        while (shape.empty() || shape.count() < 30000 || shape.count() > 300000) {
            shape = {};
            for (int axis = 1 + any(4); axis > 0; --axis)
                shape.push_back(extents[static_cast<std::size_t>(any(static_cast<int>(extents.size())))]);
        }
        const Array a = from_values(random_values(static_cast<std::size_t>(shape.count()), 5), shape);
        WriteOptions options;
        if (any(3) != 0) {
            options.chunks = shape;
            for (int axis = 0; axis < shape.rank(); ++axis)
                (*options.chunks)[axis] = std::max<std::int64_t>(shape[axis] / (1 + any(5)), 1);
        }
        const auto path = (folder / ("s" + std::to_string(round) + ".h5")).string();
        const NamedArray named[] = {{"a", a}};
        write_hdf5(reference, path, named, options);
        const Array stored = open_dataset(path, "/a");
        std::vector<Array> wanted;
        std::vector<std::vector<double>> expected;
        std::size_t results = 0;
        for (int k = 1 + any(4); k > 0; --k) {
            const auto sets = axis_sets(shape.rank());
            const auto axes = axes_of(sets[static_cast<std::size_t>(any(static_cast<int>(sets.size())))]);
            const auto reduced = [&, kind = any(4), more = any(3) == 0](const Array& of) {
                const Array x = more ? of + 1.0 : of;
                return kind == 0 ? sum(x, axes) : kind == 1 ? var(x, axes) : kind == 2 ? max(x, axes) : mean(x, axes);
            };
            wanted.push_back(reduced(stored));
            expected.push_back(values<double>(reference, reduced(a)));
            results += expected.back().size() * 8;
        }
        for (const int threads : {1, 2, 7}) {
            const auto data = static_cast<std::size_t>(shape.count() * 8);
            const auto memory = data * static_cast<std::size_t>(1 + any(8)) / 3;
            Engine small(EngineOptions{.threads = threads, .memory = memory});
            std::vector<Array> found;
            try {
                found = evaluate(small, wanted);
            } catch (const OutOfMemory&) {
                EXPECT_LT(memory, data + 3 * results) << to_string(shape) << " round " << round;  // before any work
                continue;
            }
            for (std::size_t k = 0; k < found.size(); ++k) {
                const auto view = found[k].view<double>();
                expect_same_bits(expected[k], {view.begin(), view.end()},
                                 to_string(shape) + " round " + std::to_string(round));
            }
        }
    }
}

TEST(Reduction, OfNothingHasItsIdentityOrIsAnError) {
    Engine engine;
    const Array nothing = from_values(std::vector<float>{}, {0, 3});
    EXPECT_EQ(values<float>(engine, sum(nothing, 0)), (std::vector<float>{0, 0, 0}));
    EXPECT_EQ(values<float>(engine, sum(nothing)), (std::vector<float>{0}));
    EXPECT_EQ(values<bool>(engine, all(nothing)), (std::vector<bool>{true}));
    EXPECT_EQ(values<float>(engine, sum(nothing, 1)).size(), 0u);
    EXPECT_TRUE(std::isnan(values<float>(engine, mean(nothing))[0]));
    EXPECT_THROW(max(nothing), ShapeError);
}

TEST(Reduction, NamesBadAxes) {
    const Array a = from_values(std::vector<float>(6), {2, 3});
    EXPECT_THROW(sum(a, 2), ShapeError);
    EXPECT_THROW(sum(a, {0, -2}), ShapeError);
    EXPECT_THROW(argmin(a, {0, 1}), ShapeError);
    EXPECT_EQ(sum(a, -1).shape(), (Shape{2}));
    EXPECT_EQ(sum(a, -1, KeepDims::yes).shape(), (Shape{2, 1}));
}

TEST(Histogram, CountsAsNumPyDoes) {
    Engine engine;
    const Array a = from_values(std::vector<float>{0, 1, 1, 2, 3, 10, 10, -1, NAN}, {9});
    const auto fixed = histogram(a, 5, {0, 10});
    EXPECT_EQ(values<std::int64_t>(engine, fixed.counts), (std::vector<std::int64_t>{3, 2, 0, 0, 2}));
    EXPECT_EQ(values<double>(engine, fixed.edges), (std::vector<double>{0, 2, 4, 6, 8, 10}));
    const auto found = histogram(a(Slice{0, 8}), 11);
    EXPECT_EQ(values<std::int64_t>(engine, found.counts), (std::vector<std::int64_t>{1, 1, 2, 1, 1, 0, 0, 0, 0, 0, 2}));
    EXPECT_THROW(values<std::int64_t>(engine, histogram(a, 4).counts), ArgumentError);
    const auto same = histogram(from_values(std::vector<double>{4, 4}, {2}), 2);
    EXPECT_EQ(values<double>(engine, same.edges), (std::vector<double>{3.5, 4, 4.5}));
}

}  // namespace
}  // namespace heddle::test
