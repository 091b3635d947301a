// Histograms with weights, given edges, as densities, and of pairs.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "heddle/error.hpp"
#include "heddle/heddle.hpp"
#include "host/array/node.hpp"
#include "kernels/group_ref.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::test {
namespace {

using Doubles = std::vector<double>;

Array mixed(DType dtype, const Shape& shape, unsigned seed = 5) {
    const auto bytes = mixed_bytes(dtype, static_cast<std::size_t>(shape.count()), seed);
    return detail::array_from_bytes(dtype, bytes.data(), static_cast<std::size_t>(shape.count()), shape, true);
}

// The bin that contains x, looked for from the first on; the last one is closed. -1: none.
std::int64_t bin_ref(const Doubles& edges, double x) {
    const std::size_t count = edges.size() - 1;
    if (x == edges[count]) return static_cast<std::int64_t>(count) - 1;
    for (std::size_t i = 0; i < count; ++i)
        if (edges[i] <= x && x < edges[i + 1]) return static_cast<std::int64_t>(i);
    return -1;
}

// The sum of the weights of each bin, or of pairs of them, by the judges; fewer than 2 * 65536 values.
Doubles judged(const std::vector<Doubles>& values, const std::vector<Doubles>& edges, const Doubles& weights) {
    std::int64_t bins = 1;
    for (const auto& list : edges) bins *= static_cast<std::int64_t>(list.size()) - 1;
    std::vector<std::int64_t> places(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i)
        for (std::size_t a = 0; a < values.size(); ++a) {
            const auto bin = bin_ref(edges[a], values[a][i]);
            const auto count = static_cast<std::int64_t>(edges[a].size()) - 1;
            places[i] = bin < 0 || places[i] == bins ? bins : places[i] * count + bin;
        }
    Doubles sums(static_cast<std::size_t>(bins) + 1);
    EXPECT_TRUE(kernels::group_ref(kernels::Group::sum, DType::float64, weights.data(), places.data(),
                                   static_cast<std::int64_t>(weights.size()), bins + 1, 1, sums.data()));
    sums.pop_back();
    return sums;
}

void expect_same(const Doubles& got, const Doubles& want, const std::string& what) {
    ASSERT_EQ(got.size(), want.size()) << what;
    for (std::size_t i = 0; i < got.size(); ++i)
        if (!same_value(got[i], want[i])) {
            ADD_FAILURE() << what << " differs at " << i << ": " << got[i] << ", not " << want[i];
            return;
        }
}

class Bins : public testing::Test {
protected:
    Doubles of(const Array& a) { return values<double>(engine, a); }
    Engine engine{EngineOptions{.threads = 2}};
};

const HistogramRange kRange{-8, 9.5};

TEST_F(Bins, OfAllTypesAgreeWithTheJudge) {
    const Doubles edges{-3, -1, -1, 0, 0.5, 2, 100, 100};
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        if (is_complex(dtype)) continue;
        for (const std::int64_t n : {0, 1, 2, 63, 64, 65, 5003}) {
            const Array a = mixed(dtype, {n}), w = mixed(DType::float64, {n}, 9), e = from_values(edges, {8});
            const Doubles x = of(a), ones(x.size(), 1);
            const auto what = std::to_string(n) + " " + std::string(name_of(dtype));
            const auto given = histogram(a, {.edges = e}, {});
            expect_same(of(given.counts), judged({x}, {edges}, ones), what + " between edges");
            EXPECT_EQ(given.counts.dtype(), DType::int64);
            EXPECT_EQ(of(given.edges), edges);
            expect_same(of(histogram(a, {.edges = e}, {.weights = w}).counts), judged({x}, {edges}, of(w)),
                        what + " between edges, weighted");
            const auto equal = histogram(a, {.count = 13, .range = kRange}, {.weights = w});
            expect_same(of(equal.counts), judged({x}, {of(equal.edges)}, of(w)), what + " in equal bins");
            // What streams, and what does not, count the same.
            const auto plain = histogram(a, 13, kRange);
            expect_same(of(histogram(a, {.edges = plain.edges}, {}).counts), of(plain.counts), what + " streamed");
            expect_same(of(histogram(a, {.count = 13, .range = kRange}, {.weights = full({n}, 1.0)}).counts),
                        of(plain.counts), what + " of weights of one");
            EXPECT_EQ(histogram(a, {.count = 13, .range = kRange}, {}).counts.node()->dtype, DType::int64);
        }
    }
}

TEST_F(Bins, OfViewsAndPairs) {
    const Array a = mixed(DType::float32, {6, 40, 9}), b = mixed(DType::int16, {6, 40, 9}, 3) % 50;
    const Doubles edges{-4, 0, 1, 9};
    const std::function<Array(const Array&)> views[] = {[](const Array& x) { return x.transpose(); },
                                                        [](const Array& x) {
                                                            return x(Slice{{}, {}, -1}, Slice{3, {}, 5});
                                                        },
                                                        [](const Array& x) {
                                                            return x(2, Slice{}, newaxis, 4).broadcast_to({2, 40, 5});
                                                        },
                                                        [](const Array& x) { return x + x(0); }};
    for (const auto& view : views) {
        const Array x = view(a), y = view(b);
        const auto one = histogram(x, {.edges = from_values(edges, {4})}, {.weights = y});
        expect_same(of(one.counts), judged({of(x)}, {edges}, of(y)), "weighted by a view");
        EXPECT_EQ(one.counts.dtype(), sum(y).dtype());
        const auto two =
            histogram2d(x, y, {.edges = from_values(edges, {4})}, {.count = 5, .range = HistogramRange{-20, 20}});
        EXPECT_EQ(two.counts.shape(), (Shape{3, 5}));
        EXPECT_EQ(two.counts.dtype(), DType::int64);
        expect_same(of(two.counts), judged({of(x), of(y)}, {edges, of(two.y_edges)}, Doubles(of(x).size(), 1)),
                    "pairs");
        const auto weighted = histogram2d(y, x, {.count = 4, .range = HistogramRange{-30, 30}},
                                          {.edges = from_values(edges, {4})}, {.weights = x});
        expect_same(of(weighted.counts), judged({of(y), of(x)}, {of(weighted.x_edges), edges}, of(x)),
                    "weighted pairs");
        // A histogram of pairs, summed over one axis, is that of the other where that holds all.
        const auto all = histogram2d(y, y * 0, {.count = 9}, {.count = 1});
        expect_same(of(sum(all.counts, 1)), of(histogram(y, 9).counts), "the margin");
        expect_same(of(all.x_edges), of(histogram(y, 9).edges), "the margin's edges");
    }
}

TEST_F(Bins, AsDensities) {
    const Array a = from_values(Doubles{1, 2, 3, 4, 7}, {5}), w = from_values(std::vector<int>{1, 2, 3, 4, 5}, {5});
    // numpy.histogram([1., 2, 3, 4, 7], 4, density=True)[0] and so on, of NumPy 1.24.
    const auto plain = of(histogram(a, {.count = 4}, {.density = Density::yes}).counts);
    expect_same(plain, {0.4 / 1.5, 0.2 / 1.5, 0.2 / 1.5, 0.2 / 1.5}, "plain");
    const Array e = from_values(Doubles{0, 3, 4, 8}, {4});
    expect_same(of(histogram(a, {.edges = e}, {.weights = w, .density = Density::yes}).counts),
                {3.0 / 3 / 15, 3.0 / 1 / 15, 9.0 / 4 / 15}, "weighted");
    const auto pairs =
        histogram2d(a, a * a, {.count = 2}, {.edges = from_values(Doubles{0, 10, 50}, {3})}, {.density = Density::yes});
    expect_same(of(pairs.counts), {3.0 / 3 / 10 / 5, 0, 0, 2.0 / 3 / 40 / 5}, "pairs");
}

TEST_F(Bins, NameWhatIsWrong) {
    const Array a = mixed(DType::float32, {300}), c = a.astype(DType::complex64);
    const auto edges = [](const Doubles& list) {
        return HistogramBins{.edges = from_values(list, {static_cast<std::int64_t>(list.size())})};
    };
    EXPECT_THROW(histogram(a, edges({1}), {}), ShapeError);
    EXPECT_THROW(histogram(a, {.edges = a(Slice{0, 4}, newaxis)}, {}), ShapeError);
    EXPECT_THROW(histogram(c, edges({1, 2}), {}), DTypeError);
    EXPECT_THROW(histogram(a, {.edges = c}, {}), DTypeError);
    EXPECT_THROW(histogram(c, {.count = 3, .range = kRange}, {.weights = a}), DTypeError);
    EXPECT_THROW(histogram(a, edges({1, 2}), {.weights = a(Slice{1, {}})}), ShapeError);
    EXPECT_THROW(histogram(a, {.count = 0}, {.weights = a}), ArgumentError);
    EXPECT_THROW(histogram(a, {.count = 3, .range = HistogramRange{2, 1}}, {.weights = a}), ArgumentError);
    EXPECT_THROW(histogram2d(a, a(Slice{1, {}})), ShapeError);
    EXPECT_THROW(histogram2d(a, c), DTypeError);
    EXPECT_THROW(histogram2d(a, a, {.count = 3, .range = kRange}, {.count = 3, .range = kRange}, {.weights = c}),
                 DTypeError);
    const HistogramBins many{.count = std::int64_t{1} << 40, .range = kRange};
    EXPECT_THROW(histogram2d(a, a, many, many), ArgumentError);
    // What only the values tell.
    EXPECT_THROW(of(histogram(a, edges({1, 2, 1.5}), {}).counts), ArgumentError);
    EXPECT_THROW(of(histogram(a, edges({1, NAN, 2}), {}).counts), ArgumentError);
    EXPECT_THROW(of(histogram(a, {.count = 3}, {.weights = a}).counts), ArgumentError);  // a has NaN and infinities
    try {
        of(histogram(a, edges({1, 2, 1.5}), {}).counts);
    } catch (const ArgumentError& e) {
        EXPECT_NE(e.reason().find("at index 2 1.5"), std::string::npos) << e.what();
    }
}

}  // namespace
}  // namespace heddle::test
