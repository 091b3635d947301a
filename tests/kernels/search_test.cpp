#include "kernels/search.hpp"

#include <gtest/gtest.h>

#include "kernels/search_ref.hpp"
#include "kernels/sort_ref.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

using Places = std::vector<std::int64_t>;

TEST(Search, JudgeByHand) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<double> sorted{-1, 0.0, 0.0, 3, nan, nan}, v{-0.0, 3, 4, nan, -2};
    const auto places = [&](Side side) {
        Places all;
        for (const double& value : v) all.push_back(search_ref(DType::float64, sorted.data(), 6, &value, side));
        return all;
    };
    EXPECT_EQ(places(Side::left), (Places{1, 3, 4, 4, 0}));
    EXPECT_EQ(places(Side::right), (Places{3, 4, 4, 6, 0}));
}

TEST(Search, AgreesWithItsJudgeForAllTypes) {
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        const Search* search = find_search(dtype);
        ASSERT_EQ(search == nullptr, is_bool(dtype) || dtype == DType::float16);
        if (search == nullptr) continue;
        const std::size_t width = size_of(dtype);
        for (const std::int64_t n : {0, 1, 2, 3, 63, 64, 65, 1501}) {
            const auto unsorted = test::mixed_bytes(dtype, static_cast<std::size_t>(n), 3);
            std::vector<std::byte> sorted(unsorted.size());
            sort_ref(dtype, unsorted.data(), sorted.data(), n);
            for (const std::int64_t count : {0, 1, 15, 16, 17, 501}) {
                const auto values = test::mixed_bytes(dtype, static_cast<std::size_t>(count), 8);
                for (const Side side : {Side::left, Side::right}) {
                    Places got(static_cast<std::size_t>(count)), wanted(got);
                    search->find(sorted.data(), n, values.data(), count, side, got.data());
                    for (std::size_t i = 0; i < wanted.size(); ++i)
                        wanted[i] = search_ref(dtype, sorted.data(), n, &values[i * width], side);
                    ASSERT_EQ(got, wanted) << name_of(dtype) << " " << n << " " << count;
                    // What is in no order gives places in range.
                    search->find(unsorted.data(), n, values.data(), count, side, got.data());
                    for (const std::int64_t place : got) ASSERT_TRUE(place >= 0 && place <= n);
                }
            }
        }
    }
}

TEST(Search, TellsTheDirection) {
    const auto direction = [](const std::vector<double>& v) {
        return find_search(DType::float64)->direction(v.data(), static_cast<std::int64_t>(v.size()));
    };
    EXPECT_EQ(direction({}), 1);
    EXPECT_EQ(direction({1}), 1);
    EXPECT_EQ(direction({1, 1}), 1);
    EXPECT_EQ(direction({1, 1, 2, 2, 3}), 1);
    EXPECT_EQ(direction({3, 3, 2, 2, 1}), -1);
    EXPECT_EQ(direction({1, 2, 1}), 0);
    EXPECT_EQ(direction({2, 1, 2}), 0);
    EXPECT_EQ(direction({0.0, -0.0, 5}), 1);
    EXPECT_EQ(find_search(DType::complex64)->direction, nullptr);
}

}  // namespace
}  // namespace heddle::kernels
