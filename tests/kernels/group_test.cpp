#include "kernels/group.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "kernels/elementwise.hpp"
#include "kernels/group_ref.hpp"
#include "kernels/histogram.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

using test::mixed_bytes;
using test::same_value;
using test::with_type;

constexpr Group kGroups[] = {Group::sum, Group::mean, Group::min, Group::max, Group::count};

// The same bits, but for those of NaN.
template <class T>
bool same(T x, T y) {
    if constexpr (std::is_same_v<T, Half>)
        return x.bits == y.bits || ((x.bits & 0x7fff) > 0x7c00 && (y.bits & 0x7fff) > 0x7c00);
    else
        return same_value(x, y);
}

struct Result {
    std::int64_t without = -1;
    std::vector<std::byte> bytes;
};

// In runs, as a caller would.
Result grouped(Group group, DType dtype, const void* values, const std::vector<std::int64_t>& places,
               std::int64_t groups, std::int64_t runs) {
    const Grouper grouper = make_grouper(group, dtype);
    const auto n = static_cast<std::int64_t>(places.size());
    std::vector<std::uint64_t> wide(places.size() * 2 + 1);
    find_cast(dtype, grouper.input)->variants[0](values, nullptr, nullptr, wide.data(), n);
    const auto* x = reinterpret_cast<const std::byte*>(wide.data());
    const std::size_t row = static_cast<std::size_t>(groups) * grouper.state_size;
    std::vector<std::byte> states(row * static_cast<std::size_t>(runs));
    for (std::int64_t r = 0; r < runs; ++r) {
        const std::int64_t first = n * r / runs, last = n * (r + 1) / runs;
        grouper.init(&states[row * static_cast<std::size_t>(r)], groups);
        grouper.scatter(&states[row * static_cast<std::size_t>(r)],
                        x + first * static_cast<std::int64_t>(size_of(grouper.input)), places.data() + first,
                        last - first);
    }
    for (std::int64_t step = 1; step < runs; step *= 2)
        for (std::int64_t r = 0; r + step < runs; r += 2 * step)
            grouper.combine(&states[row * static_cast<std::size_t>(r)],
                            &states[row * static_cast<std::size_t>(r + step)], groups);
    Result result{-1, std::vector<std::byte>(static_cast<std::size_t>(groups) * size_of(grouper.output))};
    result.without = grouper.finalize(states.data(), result.bytes.data(), groups);
    return result;
}

std::vector<std::int64_t> places_for(std::int64_t n, std::int64_t groups, unsigned seed) {
    std::mt19937_64 random(seed);
    std::vector<std::int64_t> places(static_cast<std::size_t>(n));
    for (auto& place : places) place = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(groups));
    return places;
}

TEST(Grouper, AgreesWithTheSerialJudge) {
    int without = 0;
    for (const Group group : kGroups) {
        for (std::size_t t = 0; t < kDTypeCount; ++t) {
            const auto dtype = static_cast<DType>(t);
            const DType output = make_grouper(group, dtype).output;
            for (const std::int64_t n : {0, 1, 2, 63, 64, 65, 5003}) {
                for (const std::int64_t groups : {1, 7, 40}) {
                    for (const std::int64_t runs : {1, 2, 5}) {
                        const auto places = places_for(n, groups, 3);
                        const auto values = mixed_bytes(dtype, static_cast<std::size_t>(n), 11);
                        const auto got = grouped(group, dtype, values.data(), places, groups, runs);
                        std::vector<std::byte> want(got.bytes.size());
                        const bool has =
                            group_ref(group, dtype, values.data(), places.data(), n, groups, runs, want.data());
                        ASSERT_EQ(got.without < 0, has);
                        without += has ? 0 : 1;
                        if (!has) continue;
                        with_type(output, [&](auto zero) {
                            using T = decltype(zero);
                            for (std::size_t g = 0; g < static_cast<std::size_t>(groups); ++g) {
                                T x, y;
                                std::memcpy(&x, &got.bytes[g * sizeof(T)], sizeof(T));
                                std::memcpy(&y, &want[g * sizeof(T)], sizeof(T));
                                EXPECT_TRUE(same(x, y))
                                    << static_cast<int>(group) << " of " << n << " " << heddle::name_of(dtype) << " in "
                                    << runs << " runs differs at " << g << " of " << groups;
                            }
                        });
                    }
                }
            }
        }
    }
    EXPECT_GT(without, 100);
}

TEST(Grouper, OfSomeValuesByHand) {
    const std::vector<float> values{1, 2.5F, 4, -8, 0.5F};
    const std::vector<std::int64_t> places{2, 0, 2, 2, 0};
    const auto floats = [&](Group group) {
        const auto result = grouped(group, DType::float32, values.data(), places, 3, 2);
        EXPECT_EQ(result.without, -1);
        std::vector<float> out(3);
        std::memcpy(out.data(), result.bytes.data(), 12);
        return out;
    };
    EXPECT_EQ(floats(Group::sum), (std::vector<float>{3, 0, -3}));
    const auto mean = floats(Group::mean), least = floats(Group::min), most = floats(Group::max);
    EXPECT_EQ(mean[0], 1.5F);
    EXPECT_TRUE(std::isnan(mean[1]));
    EXPECT_EQ(mean[2], -1);
    EXPECT_EQ(least[2], -8);
    EXPECT_TRUE(std::isnan(least[1]));
    EXPECT_EQ(most[2], 4);
    const std::vector<std::int8_t> small{127, 127, 3, 4, 5};
    const auto wide = grouped(Group::sum, DType::int8, small.data(), {0, 0, 1, 1, 1}, 2, 1);
    std::int64_t sums[2];
    std::memcpy(sums, wide.bytes.data(), 16);
    EXPECT_EQ(sums[0], 254);
    EXPECT_EQ(sums[1], 12);
    EXPECT_EQ(grouped(Group::max, DType::int8, small.data(), {0, 0, 0, 3, 3}, 4, 1).without, 1);
}

TEST(PlacesOfLabels, NameTheFirstThatIsOutside) {
    std::int64_t places[4] = {};
    const std::int16_t labels[] = {3, 0, -1, 4};
    EXPECT_EQ(places_of_labels(DType::int16, labels, 2, 4, places), -1);
    EXPECT_EQ(places[0], 3);
    EXPECT_EQ(places[1], 0);
    EXPECT_EQ(places_of_labels(DType::int16, labels, 4, 4, places), 2);
    EXPECT_EQ(places_of_labels(DType::int16, labels, 4, 3, places), 0);
    const std::uint64_t large[] = {0, std::uint64_t{1} << 63};
    EXPECT_EQ(places_of_labels(DType::uint64, large, 2, std::int64_t{1} << 62, places), 1);
    const bool truths[] = {false, true};
    EXPECT_EQ(places_of_labels(DType::boolean, truths, 2, 2, places), -1);
    EXPECT_EQ(places_of_labels(DType::boolean, truths, 2, 1, places), 1);
    EXPECT_EQ(places_of_labels(DType::int16, labels, 0, 1, places), -1);
}

// The bin that contains x, looked for from the first on: the last one is closed.
std::int64_t bin_ref(const std::vector<double>& edges, double x) {
    const std::size_t count = edges.size() - 1;
    if (x == edges[count]) return static_cast<std::int64_t>(count) - 1;
    for (std::size_t i = 0; i < count; ++i)
        if (edges[i] <= x && x < edges[i + 1]) return static_cast<std::int64_t>(i);
    return -1;
}

TEST(BinsBetweenEdges, AgreeWithALookAtEachOfThem) {
    std::mt19937_64 random(9);
    for (const std::size_t count : {1u, 2u, 3u, 7u, 8u, 9u, 64u, 1001u}) {
        std::vector<double> edges(count + 1);
        for (auto& edge : edges) edge = static_cast<double>(random() % 600) / 8;  // some twice
        std::sort(edges.begin(), edges.end());
        std::vector<double> values{-INFINITY, INFINITY, NAN, -0.0, 0.0};
        for (const double edge : edges) {
            values.push_back(edge);
            values.push_back(std::nextafter(edge, -1e9));
            values.push_back(std::nextafter(edge, 1e9));
        }
        std::vector<std::int64_t> bins(values.size());
        bins_of(DType::float64, edges.data(), static_cast<std::int64_t>(count), DType::float64, values.data(),
                static_cast<std::int64_t>(values.size()), bins.data());
        for (std::size_t i = 0; i < values.size(); ++i)
            EXPECT_EQ(bins[i], bin_ref(edges, values[i])) << values[i] << " in " << count;
    }
}

}  // namespace
}  // namespace heddle::kernels
