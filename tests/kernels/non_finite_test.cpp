#include "kernels/non_finite.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

namespace heddle::kernels {
namespace {

template <class T>
void expect_counts(DType dtype) {
    constexpr auto kInf = std::numeric_limits<T>::infinity();
    std::vector<T> values(40001, std::numeric_limits<T>::max());
    values[0] = kInf;
    values[20000] = -kInf;
    for (std::size_t i = 1; i < 18000; ++i) values[i] = i % 2 == 0 ? NAN : -std::numeric_limits<T>::denorm_min();
    const auto found = count_non_finite(dtype, values.data(), 40001);
    EXPECT_EQ(found.nan, 8999);
    EXPECT_EQ(found.inf, 2);
    EXPECT_EQ(count_non_finite(dtype, values.data(), 0).nan, 0);
}

TEST(NonFinite, CountsByType) {
    expect_counts<float>(DType::float32);
    expect_counts<double>(DType::float64);
    const std::complex<float> pair{NAN, INFINITY};
    EXPECT_EQ(count_non_finite(DType::complex64, &pair, 1).nan, 1);
    EXPECT_EQ(count_non_finite(DType::complex64, &pair, 1).inf, 1);
    const std::vector<std::uint16_t> halves(70000, 0x7c01);
    EXPECT_EQ(count_non_finite(DType::float16, halves.data(), 70000).nan, 70000);
    EXPECT_EQ(count_non_finite(DType::uint16, halves.data(), 70000).nan, 0);
}

}  // namespace
}  // namespace heddle::kernels
