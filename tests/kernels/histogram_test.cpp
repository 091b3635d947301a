#include "kernels/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "heddle/error.hpp"

namespace heddle::kernels {
namespace {

using Counts = std::vector<std::int64_t>;

Counts count(const std::vector<double>& values, double lo, double hi, std::int64_t bins) {
    Counts counts(static_cast<std::size_t>(bins));
    count_bins(make_bins(lo, hi, bins), DType::float64, values.data(), static_cast<std::int64_t>(values.size()),
               counts.data());
    return counts;
}

// numpy.linspace(lo, hi, bins + 1), as NumPy's source has it.
std::vector<double> linspace(double lo, double hi, std::int64_t bins) {
    std::vector<double> edges;
    const double step = (hi - lo) / static_cast<double>(bins);
    for (std::int64_t i = 0; i < bins; ++i) edges.push_back(static_cast<double>(i) * step + lo);
    edges.push_back(hi);
    return edges;
}

TEST(Histogram, SmallOnesByHand) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(count({1, 2, 1}, 0, 3, 3), (Counts{0, 2, 1}));
    // The last bin is closed; outside values and NaN are dropped.
    EXPECT_EQ(count({0, 1, 2, 3, 4, -1, 5, nan}, 0, 4, 4), (Counts{1, 1, 1, 2}));
    EXPECT_EQ(count({2, 2}, 2, 2, 2), (Counts{0, 2}));
    EXPECT_EQ(count({}, 0, 1, 1), (Counts{0}));
}

TEST(Histogram, TheEdgesDecide) {
    std::mt19937_64 random(3);
    for (std::int64_t bins : {1, 7, 10, 100, 1000}) {
        for (auto [lo, hi] : {std::pair{0.0, 1.0}, {-0.3, 0.7}, {1e10, 1e10 + 1}, {-1e-3, 2e5}}) {
            const auto edges = linspace(lo, hi, bins);
            std::vector<double> values(edges);
            for (double edge : edges) {
                values.push_back(std::nextafter(edge, -1e300));
                values.push_back(std::nextafter(edge, 1e300));
            }
            for (int i = 0; i < 1000; ++i)
                values.push_back(lo + (hi - lo) * static_cast<double>(random() >> 11) / 9e15);
            Counts want(static_cast<std::size_t>(bins));
            for (double v : values) {
                if (v < lo || v > hi) continue;
                const auto place = std::upper_bound(edges.begin(), edges.end(), v) - edges.begin() - 1;
                ++want[static_cast<std::size_t>(std::min<std::ptrdiff_t>(place, bins - 1))];
            }
            EXPECT_EQ(count(values, lo, hi, bins), want) << bins << " bins over " << lo << " " << hi;
        }
    }
}

TEST(Histogram, EdgesAreLinspace) {
    const Bins quarters = make_bins(0, 1, 4), tenths = make_bins(0, 0.3, 3);
    for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(quarters.edge(i), 0.25 * static_cast<double>(i));
    for (std::int64_t i = 0; i < 3; ++i) EXPECT_EQ(tenths.edge(i), static_cast<double>(i) * (0.3 / 3));
    EXPECT_EQ(tenths.hi, 0.3);
}

TEST(Histogram, RejectsWhatHasNoBins) {
    EXPECT_THROW(make_bins(0, 1, 0), ArgumentError);
    EXPECT_THROW(make_bins(1, 0, 5), ArgumentError);
    EXPECT_THROW(make_bins(0, std::numeric_limits<double>::infinity(), 5), ArgumentError);
    EXPECT_THROW(make_bins(std::nan(""), 1, 5), ArgumentError);
    EXPECT_THROW(make_bins(0, 5e-324, 5), ArgumentError);
}

}  // namespace
}  // namespace heddle::kernels
