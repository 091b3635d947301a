#include <gtest/gtest.h>

#include "kernels/cast.hpp"
#include "kernels/elementwise.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

template <class To, class From>
To convert(From x) {
    To out{};
    find_cast(dtype_of<From>, dtype_of<To>)->variants[0](&x, nullptr, nullptr, &out, 1);
    return out;
}

// By hand, from NumPy 1.24 on x86-64.
TEST(Cast, FloatsToIntegers) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    EXPECT_EQ(convert<std::int32_t>(-1.9), -1);
    EXPECT_EQ(convert<std::uint8_t>(300.7), 44);
    EXPECT_EQ(convert<std::uint8_t>(-1.0), 255);
    EXPECT_EQ(convert<std::int8_t>(200.0f), -56);
    EXPECT_EQ(convert<std::int32_t>(nan), INT32_MIN);
    EXPECT_EQ(convert<std::int16_t>(nan), 0);
    EXPECT_EQ(convert<std::int32_t>(3e9), INT32_MIN);
    EXPECT_EQ(convert<std::uint32_t>(3e9), 3000000000u);
    EXPECT_EQ(convert<std::uint32_t>(-1.0), 0xffffffffu);
    EXPECT_EQ(convert<std::uint32_t>(1e10f), 0u);
    EXPECT_EQ(convert<std::uint32_t>(nan), 0x80000000u);
    EXPECT_EQ(convert<std::int64_t>(inf), INT64_MIN);
    EXPECT_EQ(convert<std::uint64_t>(1e19), 10000000000000000000u);
    EXPECT_EQ(convert<std::uint64_t>(-1.0), ~std::uint64_t{0});
    EXPECT_EQ(convert<std::uint64_t>(nan), std::uint64_t{1} << 63);
    EXPECT_EQ(convert<std::uint64_t>(1e30), 0u);
    EXPECT_TRUE(convert<bool>(nan));
    EXPECT_FALSE(convert<bool>(-0.0));
    EXPECT_TRUE(convert<bool>(std::complex<float>(0, 1)));
    EXPECT_EQ(convert<float>(std::complex<double>(2, 3)), 2.0f);
    EXPECT_EQ(convert<std::complex<float>>(std::int8_t{-3}), std::complex<float>(-3, 0));
}

TEST(Cast, EveryPairGivesTheSameBitsOnEveryInstructionSet) {
    constexpr std::size_t n = 1025;
    for (std::size_t f = 0; f < kDTypeCount; ++f) {
        for (std::size_t t = 0; t < kDTypeCount; ++t) {
            const auto from = static_cast<DType>(f), to = static_cast<DType>(t);
            const auto x = test::mixed_bytes(from, n, 3);
            std::vector<std::byte> fast(n * 16), slow(n * 16), one(n * 16);
            find_cast(from, to)->variants[0](x.data(), nullptr, nullptr, fast.data(), n);
            for (std::size_t i = 0; i < n; ++i) {
                find_cast(from, to)->variants[0](&x[i * size_of(from)], nullptr, nullptr, &one[i * size_of(to)], 1);
            }
            use_isa(Isa::baseline);
            find_cast(from, to)->variants[0](x.data(), nullptr, nullptr, slow.data(), n);
            use_isa(best_isa());
            EXPECT_EQ(fast, slow) << name_of(from) << " to " << name_of(to);
            EXPECT_EQ(fast, one) << name_of(from) << " to " << name_of(to);
        }
    }
}

TEST(Half, EveryValueSurvivesTheWayToFloatAndBack) {
    std::vector<Half> all(65536), back(65536);
    std::vector<float> wide(65536);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].bits = static_cast<std::uint16_t>(i);
    for (Isa isa : {Isa::baseline, best_isa()}) {
        use_isa(isa);
        find_cast(DType::float16, DType::float32)->variants[0](all.data(), nullptr, nullptr, wide.data(), 65536);
        find_cast(DType::float32, DType::float16)->variants[0](wide.data(), nullptr, nullptr, back.data(), 65536);
        for (std::size_t i = 0; i < all.size(); ++i) {
            // A signalling NaN comes back quiet.
            const bool nan = (i & 0x7c00) == 0x7c00 && (i & 0x3ff) != 0;
            ASSERT_EQ(back[i].bits, nan ? i | 0x200 : i);
            const float scalar = half_to_float(all[i]);
            ASSERT_EQ(std::memcmp(&scalar, &wide[i], 4), 0) << i;
        }
    }
    EXPECT_EQ(half_to_float(Half{0x3555}), 0.333251953125f);
    EXPECT_EQ(half_to_float(Half{0x0001}), 5.9604644775390625e-08f);
    EXPECT_EQ(half_to_float(Half{0xfbff}), -65504.0f);
}

TEST(Half, RoundsHalfToEvenOnce) {
    EXPECT_EQ(float_to_half(1.0f + 1.0f / 2048).bits, 0x3c00);
    EXPECT_EQ(float_to_half(1.0f + 3.0f / 2048).bits, 0x3c02);
    EXPECT_EQ(float_to_half(65519.0f).bits, 0x7bff);
    EXPECT_EQ(float_to_half(65520.0f).bits, 0x7c00);
    EXPECT_EQ(float_to_half(2.98e-8f).bits, 0x0000);
    EXPECT_EQ(float_to_half(2.99e-8f).bits, 0x0001);
    // Over float this would round twice, to 0x3c00.
    EXPECT_EQ(double_to_half(1.0 + 1.0 / 2048 + std::ldexp(1.0, -40)).bits, 0x3c01);
}

TEST(Half, TheInstructionsAgreeWithTheSoftware) {
    std::vector<float> x;
    for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 9973) {
        x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    }
    std::vector<Half> y(x.size());
    find_cast(DType::float32, DType::float16)
        ->variants[0](x.data(), nullptr, nullptr, y.data(), static_cast<std::int64_t>(x.size()));
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i].bits, float_to_half(x[i]).bits) << x[i];
}

}  // namespace
}  // namespace heddle::kernels
