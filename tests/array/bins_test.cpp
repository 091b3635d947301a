// Histograms with weights, given edges, as densities, and of pairs.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

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

using Exact = long double;  // holds each float64 and each integer of 64 bits
static_assert(std::numeric_limits<Exact>::digits >= 64);

template <class T>
void expect_exact(Engine& engine, const std::vector<T>& x, const HistogramBins& bins, const std::vector<Exact>& edges,
                  const std::string& what) {
    const auto n = static_cast<std::int64_t>(x.size()), count = static_cast<std::int64_t>(edges.size()) - 1;
    std::vector<std::int64_t> want(static_cast<std::size_t>(count));
    for (const T value : x)
        for (std::int64_t i = count - 1; i >= 0; --i) {
            const auto at = static_cast<std::size_t>(i);
            if (value < edges[at] || value > edges[at + 1] || (i + 1 < count && value == edges[at + 1])) continue;
            ++want[at];
            break;
        }
    const Array a = from_values(x, {n});
    EXPECT_EQ(values<std::int64_t>(engine, histogram(a, bins, {}).counts), want) << what;
    // By the other way.
    EXPECT_EQ(values<std::int64_t>(engine, histogram(a, bins, {.weights = full<std::int64_t>({n}, 1)}).counts), want)
        << what << ", weighted";
}

std::vector<Exact> exact(const Doubles& edges) { return {edges.begin(), edges.end()}; }

// NumPy rounds integers to float64 first, which moves those next to an edge into its bin.
template <class T>
void check_wide_integers(Engine& engine, const std::string& what) {
    const double top = std::is_signed_v<T> ? 0x1p62 : 0x1p63;
    std::vector<T> x{0, 1, std::numeric_limits<T>::max(), std::numeric_limits<T>::min()};
    for (int k = 0; k <= 16; ++k)
        for (const int off : {-600, -1, 0, 1, 600})
            x.push_back(static_cast<T>(static_cast<T>(top / 16) * static_cast<T>(k) + static_cast<T>(off)));
    const HistogramRange range{0, top};
    const Array a = from_values(x, {static_cast<std::int64_t>(x.size())});
    for (const std::int64_t count : {1, 3, 16, 1000}) {
        const HistogramBins bins{.count = count, .range = range};
        expect_exact(engine, x, bins, exact(values<double>(engine, histogram(a, bins, {}).edges)), what);
    }
    // All values lie between the smallest and the largest, whichever way those are rounded.
    const auto own = values<std::int64_t>(engine, histogram(a, 7).counts);
    EXPECT_EQ(std::accumulate(own.begin(), own.end(), std::int64_t{0}), a.size()) << what;
    const T far = static_cast<T>((T{1} << 60) + 1);
    const Array near = from_values(std::vector<T>{far, static_cast<T>(far + 4096), static_cast<T>(far + 4095)}, {3});
    EXPECT_EQ(values<std::int64_t>(engine, histogram(near, 2).counts), (std::vector<std::int64_t>{1, 2})) << what;
    const std::vector<T> edges{1, static_cast<T>(far - 1), far, static_cast<T>(far + 1), static_cast<T>(far + 9)};
    std::vector<T> around(edges);
    for (const T edge : edges) around.insert(around.end(), {static_cast<T>(edge - 1), static_cast<T>(edge + 1)});
    expect_exact(engine, around, {.edges = from_values(edges, {5})}, {edges.begin(), edges.end()}, what + " own edges");
    const Doubles reals{0.5, 0x1p60, 0x1p60 + 256, 0x1.8p60};
    std::vector<T> close;
    for (const double edge : reals)
        for (const int off : {-1, 0, 1}) close.push_back(static_cast<T>(static_cast<T>(edge) + static_cast<T>(off)));
    expect_exact(engine, close, {.edges = from_values(reals, {4})}, exact(reals), what + " between reals");
}

TEST_F(Bins, OfIntegersOf64BitsAreExact) {
    for (const char* device : {"omp", "reference"})
        for (const int threads : {1, 2, 7}) {
            Engine other({.threads = threads, .device = device});
            check_wide_integers<std::int64_t>(other, "int64");
            check_wide_integers<std::uint64_t>(other, "uint64");
        }
    const std::vector<std::int64_t> falling{1, (std::int64_t{1} << 60) + 1, std::int64_t{1} << 60};
    const Array a = from_values(falling, {3});
    EXPECT_THROW(of(histogram(a, {.edges = a}, {}).counts), ArgumentError);
}

// numpy.histogram([0.1f, 0.7f, 0.3f], 10, (0, 1)) and so on: edges are float32 there, and so are the range's ends.
TEST_F(Bins, OfNarrowFloatsHaveEdgesOfTheirType) {
    const Array a = from_values(std::vector<float>{0.1f, 0.2f, 0.3f, 0.6f, 0.7f, 0.9f}, {6});
    for (const DType dtype : {DType::float32, DType::float16}) {
        const Array x = a.astype(dtype);
        const auto tenths = histogram(x, 10, {0, 1});
        expect_same(of(tenths.counts), {0, 1, 1, 1, 0, 0, 1, 1, 0, 1}, std::string(name_of(dtype)));
        EXPECT_EQ(of(tenths.edges)[7], of(x)[4]);
        EXPECT_EQ(tenths.edges.dtype(), DType::float64);
        expect_same(of(histogram(x, {.count = 10, .range = HistogramRange{0, 1}}, {.weights = full({6}, 1.0)}).counts),
                    of(tenths.counts), "weighted");
        expect_same(of(histogram(x, 2, {0.3, 0.7}).counts), {1, 2}, "ends");
        expect_same(of(histogram(x, 2, {0.1, 0.1}).counts), {0, 4}, "no range" + std::string(name_of(dtype)));
    }
    expect_same(of(histogram(a.astype(DType::float64), 1, {0.3, 0.65}).counts), {2}, "float64 is not rounded");
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
