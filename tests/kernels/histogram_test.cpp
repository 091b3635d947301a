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
    histogram(values.data(), static_cast<std::int64_t>(values.size()), lo, hi, bins, counts.data());
    return counts;
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
            const Histogram h(lo, hi, bins);
            std::vector<double> values(h.edges());
            for (double edge : h.edges()) {
                values.push_back(std::nextafter(edge, -1e300));
                values.push_back(std::nextafter(edge, 1e300));
            }
            for (int i = 0; i < 1000; ++i)
                values.push_back(lo + (hi - lo) * static_cast<double>(random() >> 11) / 9e15);
            Counts want(static_cast<std::size_t>(bins)), got(want);
            for (double v : values) {
                if (v < lo || v > hi) continue;
                const auto place = std::upper_bound(h.edges().begin(), h.edges().end(), v) - h.edges().begin() - 1;
                ++want[static_cast<std::size_t>(std::min<std::ptrdiff_t>(place, bins - 1))];
            }
            h.add(values.data(), static_cast<std::int64_t>(values.size()), got.data());
            EXPECT_EQ(got, want) << bins << " bins over " << lo << " " << hi;
        }
    }
}

TEST(Histogram, EdgesAreLinspace) {
    EXPECT_EQ(Histogram(0, 1, 4).edges(), (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
    std::vector<double> out(4);
    linspace(0, 0.3, 4, out.data());
    EXPECT_EQ(out, (std::vector<double>{0, 0.3 / 3, 2 * (0.3 / 3), 0.3}));
    linspace(5, 9, 1, out.data());
    EXPECT_EQ(out[0], 5);
}

TEST(Histogram, RejectsWhatHasNoBins) {
    EXPECT_THROW(Histogram(0, 1, 0), ArgumentError);
    EXPECT_THROW(Histogram(1, 0, 5), ArgumentError);
    EXPECT_THROW(Histogram(0, std::numeric_limits<double>::infinity(), 5), ArgumentError);
    EXPECT_THROW(Histogram(std::nan(""), 1, 5), ArgumentError);
    EXPECT_THROW(Histogram(0, 5e-324, 5), ArgumentError);
}

}  // namespace
}  // namespace heddle::kernels
