#include "kernels/reduce.hpp"

#include <gtest/gtest.h>

#include "heddle/error.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/reduce_ref.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

constexpr std::array kAll{Reduce::sum, Reduce::prod,   Reduce::mean,   Reduce::var, Reduce::std, Reduce::min,
                          Reduce::max, Reduce::argmin, Reduce::argmax, Reduce::any, Reduce::all, Reduce::count};

using Bytes = std::vector<std::byte>;

Bytes cast_to(const Bytes& values, DType from, DType to, std::size_t n) {
    Bytes out(n * 16 + 16);
    find_cast(from, to)->variants[0](values.data(), nullptr, nullptr, out.data(), static_cast<std::int64_t>(n));
    return out;
}

// Leaves joined left to right.
Bytes by_leaves(const Reducer& r, const Bytes& values, std::int64_t n, std::int64_t leaf, double ddof) {
    std::vector<std::uint64_t> state(8), next(8);
    r.init(state.data(), 1);
    for (std::int64_t i = 0; i < n; i += leaf) {
        r.fold(next.data(), values.data() + static_cast<std::size_t>(i) * size_of(r.input), std::min(leaf, n - i), i);
        r.combine(state.data(), next.data(), 1);
    }
    Bytes out(16);
    r.finalize(state.data(), out.data(), 1, n, ddof);
    return out;
}

// One value more at a time, as for an outer axis.
Bytes by_accumulating(const Reducer& r, const Bytes& values, std::int64_t n, double ddof) {
    std::vector<std::uint64_t> state(8);
    r.init(state.data(), 1);
    for (std::int64_t i = 0; i < n; ++i) {
        r.accumulate(state.data(), values.data() + static_cast<std::size_t>(i) * size_of(r.input), 1, i);
    }
    Bytes out(16);
    r.finalize(state.data(), out.data(), 1, n, ddof);
    return out;
}

void expect_near(const Bytes& got, const Bytes& want, DType t, double tolerance, const std::string& what) {
    test::with_type(t, [&](auto zero) {
        using T = decltype(zero);
        T x, y;
        std::memcpy(&x, got.data(), sizeof(T));
        std::memcpy(&y, want.data(), sizeof(T));
        if constexpr (std::is_floating_point_v<T>) {
            const bool near = test::same_value(x, y) || x == y ||
                              std::abs(x - y) <= static_cast<T>(tolerance) * std::max(std::abs(y), T(1e-3));
            EXPECT_TRUE(near) << what << ": " << x << " and " << y;
        } else if constexpr (!std::is_same_v<T, Half> && !std::is_integral_v<T>) {
            const bool near = test::same_value(x, y) ||
                              std::abs(x - y) <= static_cast<typename T::value_type>(tolerance) * std::abs(y);
            EXPECT_TRUE(near) << what << ": " << x << " and " << y;
        } else {
            EXPECT_EQ(std::memcmp(&x, &y, sizeof(T)), 0) << what;
        }
    });
}

// Values whose reductions are well conditioned; NaN and infinities only where asked for.
Bytes tame(DType t, std::size_t n, unsigned seed, bool with_nan) {
    Bytes bytes(n * size_of(t) + 1);
    test::with_type(t, [&](auto zero) {
        using T = decltype(zero);
        std::mt19937_64 random(seed);
        for (std::size_t i = 0; i < n; ++i) {
            T v{};
            const double x = 1 + static_cast<double>(random() % 1000) / 1000;
            const bool nan = with_nan && random() % 5 == 0;
            if constexpr (std::is_same_v<T, Half>)
                v.bits = nan ? 0x7e00 : static_cast<std::uint16_t>(0x3c00 + random() % 8);
            else if constexpr (std::is_same_v<T, bool>)
                v = random() % 2 == 0;
            else if constexpr (std::is_integral_v<T>)
                v = static_cast<T>(random() % 100);
            else if constexpr (std::is_floating_point_v<T>)
                v = nan ? static_cast<T>(NAN) : static_cast<T>(x);
            else
                v = {static_cast<typename T::value_type>(nan ? NAN : x), static_cast<typename T::value_type>(0.25)};
            std::memcpy(&bytes[i * sizeof(T)], &v, sizeof(T));
        }
    });
    return bytes;
}

TEST(Reduce, AgreesWithTheSerialJudge) {
    for (Reduce reduce : kAll) {
        for (std::size_t type = 0; type < kDTypeCount; ++type) {
            for (bool skip : {false, true}) {
                for (std::size_t n : {1u, 2u, 15u, 16u, 17u, 1000u, 3001u}) {
                    const auto t = static_cast<DType>(type);
                    if (reduce == Reduce::prod && n > 20 && !is_integer(t)) continue;
                    const Reducer r = make_reducer(reduce, skip, t);
                    const Bytes values = tame(t, n, 7, skip);
                    const double ddof = n > 2 ? 1 : 0;
                    Bytes want(16);
                    const auto count = static_cast<std::int64_t>(n);
                    if (!reduce_ref(reduce, skip, t, values.data(), count, ddof, want.data())) continue;
                    const Bytes wide = cast_to(values, t, r.input, n);
                    const std::string what = std::string(name_of(reduce)) + (skip ? " skipping " : " ") +
                                             std::string(heddle::name_of(t)) + " n=" + std::to_string(n);
                    const double tolerance = size_of(r.output) == 4 || r.output == DType::complex64 ? 2e-7 : 1e-14;
                    expect_near(by_leaves(r, wide, count, kLeaf, ddof), want, r.output, tolerance, what + " leaves");
                    expect_near(by_leaves(r, wide, count, 100, ddof), want, r.output, tolerance,
                                what + " short leaves");
                    expect_near(by_accumulating(r, wide, count, ddof), want, r.output, 30 * tolerance,
                                what + " accumulated");
                    EXPECT_EQ(r.has_identity, reduce != Reduce::min && reduce != Reduce::max && !r.has_index);
                    EXPECT_LE(r.state_size, is_complex(r.input) ? 32u : 24u);
                }
            }
        }
    }
}

double of(Reduce reduce, bool skip, const std::vector<double>& values, double ddof = 0) {
    const Reducer r = make_reducer(reduce, skip, DType::float64);
    Bytes bytes(values.size() * 8 + 8);
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), values.size() * 8);
    const auto n = static_cast<std::int64_t>(values.size());
    const Bytes input = cast_to(bytes, DType::float64, r.input, values.size());
    const Bytes a = by_leaves(r, input, n, kLeaf, ddof), b = by_accumulating(r, input, n, ddof);
    const Bytes x = cast_to(a, r.output, DType::float64, 1), y = cast_to(b, r.output, DType::float64, 1);
    double left, right;
    std::memcpy(&left, x.data(), 8);
    std::memcpy(&right, y.data(), 8);
    EXPECT_TRUE(test::same_value(left, right) || std::abs(left - right) < 1e-12) << left << " " << right;
    return left;
}

// By hand, from NumPy.
TEST(Reduce, NumPysCornerCases) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    EXPECT_EQ(of(Reduce::sum, false, {}), 0);
    EXPECT_EQ(of(Reduce::prod, false, {}), 1);
    EXPECT_TRUE(std::isnan(of(Reduce::mean, false, {})));
    EXPECT_TRUE(std::isnan(of(Reduce::var, false, {})));
    EXPECT_EQ(of(Reduce::any, false, {}), 0);
    EXPECT_EQ(of(Reduce::all, false, {}), 1);
    EXPECT_TRUE(std::isnan(of(Reduce::sum, false, {1, nan})));
    EXPECT_EQ(of(Reduce::sum, true, {nan, nan}), 0);
    EXPECT_EQ(of(Reduce::prod, true, {nan, 3}), 3);
    EXPECT_TRUE(std::isnan(of(Reduce::mean, true, {nan, nan})));
    EXPECT_EQ(of(Reduce::mean, true, {1, nan, 3}), 2);
    EXPECT_TRUE(std::isnan(of(Reduce::min, false, {1, nan, -inf})));
    EXPECT_EQ(of(Reduce::min, true, {1, nan, -1}), -1);
    EXPECT_EQ(of(Reduce::max, true, {nan, inf}), inf);
    EXPECT_TRUE(std::isnan(of(Reduce::max, true, {nan, nan})));
    EXPECT_EQ(of(Reduce::min, false, {inf, inf}), inf);
    EXPECT_EQ(of(Reduce::argmin, false, {3, 1, 1, 2}), 1);
    EXPECT_EQ(of(Reduce::argmax, false, {3, nan, 9, nan}), 1);
    EXPECT_EQ(of(Reduce::argmax, true, {nan, 3, 9, 9}), 2);
    EXPECT_THROW(of(Reduce::argmin, true, {nan, nan}), ArgumentError);
    EXPECT_EQ(of(Reduce::var, false, {5}), 0);
    EXPECT_TRUE(std::isnan(of(Reduce::var, false, {5}, 1)));
    EXPECT_TRUE(std::isnan(of(Reduce::var, true, {5, nan}, 1)));
    EXPECT_EQ(of(Reduce::var, false, {1, 2, 3, 4}), 1.25);
    EXPECT_EQ(of(Reduce::std, true, {1, nan, 3}), 1);
    EXPECT_TRUE(std::isnan(of(Reduce::var, false, {1, inf})));
    EXPECT_EQ(of(Reduce::count, false, {0, nan, 2, -0.0}), 2);
    EXPECT_EQ(of(Reduce::count, true, {0, nan, 2, -0.0}), 1);
    EXPECT_EQ(of(Reduce::any, false, {0, nan}), 1);
    EXPECT_EQ(of(Reduce::any, true, {0, nan}), 0);
    EXPECT_EQ(of(Reduce::all, true, {1, nan}), 1);
    // Far from zero, the naive formula loses everything.
    EXPECT_NEAR(of(Reduce::var, false, {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}), 22.5, 1e-12);
}

TEST(Reduce, ResultTypesAreNumPys) {
    const auto output = [](Reduce r, DType t) { return make_reducer(r, false, t).output; };
    EXPECT_EQ(output(Reduce::sum, DType::int8), DType::int64);
    EXPECT_EQ(output(Reduce::sum, DType::boolean), DType::int64);
    EXPECT_EQ(output(Reduce::prod, DType::uint16), DType::uint64);
    EXPECT_EQ(output(Reduce::sum, DType::float16), DType::float16);
    EXPECT_EQ(output(Reduce::mean, DType::int32), DType::float64);
    EXPECT_EQ(output(Reduce::mean, DType::float32), DType::float32);
    EXPECT_EQ(output(Reduce::var, DType::complex64), DType::float32);
    EXPECT_EQ(output(Reduce::max, DType::uint8), DType::uint8);
    EXPECT_EQ(output(Reduce::argmax, DType::float16), DType::int64);
    EXPECT_EQ(output(Reduce::all, DType::float32), DType::boolean);
    EXPECT_EQ(output(Reduce::count, DType::float32), DType::int64);
}

TEST(Reduce, SumsAreNearlyExact) {
    std::mt19937_64 random(5);
    std::vector<double> values(1 << 20);
    long double exact = 0;
    for (double& v : values) {
        v = std::ldexp(static_cast<double>(random() >> 11), -53);
        exact += v;
    }
    const Reducer r = make_reducer(Reduce::sum, false, DType::float64);
    std::vector<double> states(1024);
    for (std::size_t leaf = 0; leaf < states.size(); ++leaf) {
        r.fold(&states[leaf], values.data() + leaf * kLeaf, kLeaf, static_cast<std::int64_t>(leaf) * kLeaf);
    }
    for (std::size_t step = 1; step < states.size(); step *= 2) {
        for (std::size_t i = 0; i < states.size(); i += 2 * step) r.combine(&states[i], &states[i + step], 1);
    }
    EXPECT_NEAR(states[0] / static_cast<double>(exact), 1, 3e-16);
}

TEST(Reduce, AccumulatesAcrossOutputs) {
    constexpr std::int64_t kOutputs = 37;
    const Reducer r = make_reducer(Reduce::max, false, DType::int16);
    std::vector<std::int64_t> states(kOutputs), values(kOutputs);
    r.init(states.data(), kOutputs);
    for (std::int64_t index = 0; index < 5; ++index) {
        for (std::int64_t i = 0; i < kOutputs; ++i)
            values[static_cast<std::size_t>(i)] = (i * 7 + index * 11) % 23 - 11;
        r.accumulate(states.data(), values.data(), kOutputs, index);
    }
    std::vector<std::int16_t> out(kOutputs);
    r.finalize(states.data(), out.data(), kOutputs, 5, 0);
    for (std::int64_t i = 0; i < kOutputs; ++i) {
        std::int64_t want = -100;
        for (std::int64_t index = 0; index < 5; ++index) want = std::max(want, (i * 7 + index * 11) % 23 - 11);
        EXPECT_EQ(out[static_cast<std::size_t>(i)], want);
    }
}

}  // namespace
}  // namespace heddle::kernels
