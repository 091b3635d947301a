#include "kernels/elementwise.hpp"

#include <gtest/gtest.h>

#include "kernels/elementwise_ref.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

using test::mixed_bytes;
using test::same_value;
using test::with_type;

std::vector<Isa> isas() {
    return best_isa() == Isa::avx2 ? std::vector{Isa::baseline, Isa::avx2} : std::vector{Isa::baseline};
}

class WithIsa {
public:
    explicit WithIsa(Isa isa) { use_isa(isa); }
    ~WithIsa() { use_isa(best_isa()); }
};

DType result_type(Op op, DType compute) {
    const auto rule = info_of(op).rule;
    if (rule == TypeRule::comparison || rule == TypeRule::predicate) return DType::boolean;
    return compute;
}

struct Arguments {
    std::array<std::vector<std::byte>, 3> bytes;
    Arguments(Op op, DType t, std::size_t n, unsigned seed) {
        for (unsigned k = 0; k < 3; ++k)
            bytes[k] = mixed_bytes(op == Op::where && k == 0 ? DType::boolean : t, n, seed + k);
        if (op == Op::power && is_integer(t)) {
            // Negative exponents are an error before the kernel; small ones keep the judge quick.
            with_type(t, [&](auto zero) {
                if constexpr (std::is_integral_v<decltype(zero)>) {
                    auto* p = reinterpret_cast<decltype(zero)*>(bytes[1].data());
                    for (std::size_t i = 0; i < n; ++i) p[i] = static_cast<decltype(zero)>(i % 70);
                }
            });
        }
    }
};

// Compares n results; NaNs need not have the same payload.
void expect_same(Op op, DType compute, const std::vector<std::byte>& got, const std::vector<std::byte>& want,
                 std::size_t n, const char* what) {
    with_type(result_type(op, compute), [&](auto zero) {
        using T = decltype(zero);
        for (std::size_t i = 0; i < n; ++i) {
            T x, y;
            std::memcpy(&x, &got[i * sizeof(T)], sizeof(T));
            std::memcpy(&y, &want[i * sizeof(T)], sizeof(T));
            if (!same_value(x, y)) {
                ADD_FAILURE() << name_of(op) << " of " << heddle::name_of(compute) << " " << what << " differs at " << i
                              << " of " << n;
                return;
            }
        }
    });
}

template <class F>
void for_each_kernel(F&& f) {
    for (std::size_t o = 0; o < kOps.size(); ++o) {
        for (std::size_t t = 0; t < kDTypeCount; ++t) {
            const auto op = static_cast<Op>(o);
            const auto type = static_cast<DType>(t);
            if (const KernelSet* set = find_elementwise(op, type)) f(op, type, *set);
        }
    }
}

TEST(Elementwise, AgreesWithTheSerialJudge) {
    for (Isa isa : isas()) {
        WithIsa with(isa);
        int judged = 0;
        for_each_kernel([&](Op op, DType t, const KernelSet& set) {
            for (std::size_t n : {1u, 7u, 8u, 33u, 2049u}) {
                const Arguments x(op, t, n, 11);
                std::vector<std::byte> got(n * 16), want(n * 16);
                const auto count = static_cast<std::int64_t>(n);
                if (!elementwise_ref(op, t, x.bytes[0].data(), x.bytes[1].data(), x.bytes[2].data(), want.data(),
                                     count))
                    return;
                set.variants[0](x.bytes[0].data(), x.bytes[1].data(), x.bytes[2].data(), got.data(), count);
                expect_same(op, t, got, want, n, isa == Isa::avx2 ? "(avx2)" : "(baseline)");
                ++judged;
            }
        });
        EXPECT_GT(judged, 5 * 250);
    }
}

// Everything that one instruction set computes, the other computes to the same bits, wherever in a block it stands.
TEST(Elementwise, InstructionSetsGiveTheSameBits) {
    if (best_isa() == Isa::baseline) GTEST_SKIP() << "this processor has one instruction set only";
    for_each_kernel([&](Op op, DType t, const KernelSet& fast) {
        const KernelSet* slow = nullptr;
        {
            WithIsa with(Isa::baseline);
            slow = find_elementwise(op, t);
        }
        for (std::size_t n : {1u, 9u, 1023u, 1024u, 1025u}) {
            const Arguments x(op, t, n, 5);
            std::vector<std::byte> a(n * 16), b(n * 16);
            const auto count = static_cast<std::int64_t>(n);
            fast.variants[0](x.bytes[0].data(), x.bytes[1].data(), x.bytes[2].data(), a.data(), count);
            slow->variants[0](x.bytes[0].data(), x.bytes[1].data(), x.bytes[2].data(), b.data(), count);
            EXPECT_EQ(a, b) << name_of(op) << " " << heddle::name_of(t) << " " << n;
            // One element at a time: no result may depend on its place.
            std::vector<std::byte> c(n * 16);
            const std::size_t width = size_of(t), out = size_of(result_type(op, t));
            const std::size_t width0 = op == Op::where ? 1 : width;
            const std::size_t step =
                is_complex(t) && (op == Op::abs || op == Op::real || op == Op::imag || op == Op::angle) ? width / 2
                                                                                                        : out;
            for (std::size_t i = 0; i < n; ++i) {
                fast.variants[0](&x.bytes[0][i * width0], &x.bytes[1][i * width], &x.bytes[2][i * width], &c[i * step],
                                 1);
            }
            EXPECT_EQ(a, c) << name_of(op) << " " << heddle::name_of(t) << " one by one";
        }
    });
}

TEST(Elementwise, SingleArgumentsAndInPlaceGiveTheSame) {
    constexpr std::size_t n = 1001;
    for (Isa isa : isas()) {
        WithIsa with(isa);
        for_each_kernel([&](Op op, DType t, const KernelSet& set) {
            for (unsigned mask = 1; mask < 8; ++mask) {
                if (set.variants[mask] == nullptr) continue;
                Arguments x(op, t, n, 77 + mask);
                std::array<const void*, 3> single{x.bytes[0].data(), x.bytes[1].data(), x.bytes[2].data()};
                std::vector<std::byte> got(n * 16), want(n * 16);
                set.variants[mask](single[0], single[1], single[2], got.data(), n);
                for (unsigned k = 0; k < 3; ++k) {
                    const std::size_t width = op == Op::where && k == 0 ? 1 : size_of(t);
                    const std::vector<std::byte> value(x.bytes[k].begin(),
                                                       x.bytes[k].begin() + static_cast<std::ptrdiff_t>(width));
                    if ((mask >> k & 1) != 0) splat(value.data(), width, x.bytes[k].data(), n);
                }
                set.variants[0](x.bytes[0].data(), x.bytes[1].data(), x.bytes[2].data(), want.data(), n);
                EXPECT_EQ(got, want) << name_of(op) << " " << heddle::name_of(t) << " mask " << mask;
            }
            if (size_of(result_type(op, t)) != size_of(t) ||
                (is_complex(t) && info_of(op).rule != TypeRule::arithmetic))
                return;
            Arguments x(op, t, n, 3);
            std::vector<std::byte> want(n * size_of(t) + 1);
            set.variants[0](x.bytes[0].data(), x.bytes[1].data(), x.bytes[2].data(), want.data(), n);
            auto& target = x.bytes[op == Op::where ? 1 : 0];
            set.variants[0](x.bytes[0].data(), x.bytes[1].data(), x.bytes[2].data(), target.data(), n);
            EXPECT_TRUE(std::equal(want.begin(), want.end() - 1, target.begin())) << name_of(op) << " in place";
        });
    }
}

TEST(Elementwise, PairsAreTwoCalls) {
    constexpr std::size_t n = 1001;
    constexpr std::array kOpsOfPairs{Op::add, Op::subtract, Op::multiply, Op::divide};
    for (Isa isa : isas()) {
        WithIsa with(isa);
        for (DType t : {DType::float32, DType::float64}) {
            for (Op first : kOpsOfPairs) {
                for (Op second : kOpsOfPairs) {
                    for (Nesting nesting : {Nesting::left, Nesting::right}) {
                        const KernelSet* pair = find_pair(first, second, nesting, t);
                        ASSERT_NE(pair, nullptr);
                        const Arguments x(first, t, n, 9);
                        const auto *a = x.bytes[0].data(), *b = x.bytes[1].data(), *c = x.bytes[2].data();
                        std::vector<std::byte> inner(n * 8), want(n * 8), got(n * 8);
                        find_elementwise(first, t)->variants[0](a, b, nullptr, inner.data(), n);
                        const bool left = nesting == Nesting::left;
                        find_elementwise(second, t)->variants[0](left ? inner.data() : c, left ? c : inner.data(),
                                                                 nullptr, want.data(), n);
                        pair->variants[0](a, b, c, got.data(), n);
                        expect_same(second, t, got, want, n, "as a pair");
                    }
                }
            }
        }
    }
    EXPECT_EQ(find_pair(Op::add, Op::minimum, Nesting::left, DType::float32), nullptr);
    EXPECT_EQ(find_pair(Op::add, Op::add, Nesting::left, DType::int32), nullptr);
}

// Three calls, one after the other, of what a Kernel4 does at once.
std::vector<std::byte> in_steps(Op op, DType t, const void* a, const void* b, std::size_t n) {
    std::vector<std::byte> out(n * 8);
    find_elementwise(op, t)->variants[0](a, b, nullptr, out.data(), static_cast<std::int64_t>(n));
    return out;
}

TEST(Elementwise, TriplesAreThreeCalls) {
    constexpr std::size_t n = 333;
    constexpr std::array kArithmetic{Op::add, Op::subtract, Op::multiply, Op::divide};
    int found = 0;
    for (Isa isa : isas()) {
        WithIsa with(isa);
        for (std::size_t choice = 0; choice < 2 * 64 * 4; ++choice) {
            const DType t = choice % 2 == 0 ? DType::float32 : DType::float64;
            const Op p = kArithmetic[choice / 2 % 4], q = kArithmetic[choice / 8 % 4], r = kArithmetic[choice / 32 % 4];
            const auto m = static_cast<Nesting>(choice / 128 % 2), o = static_cast<Nesting>(choice / 256);
            const Arguments x(p, t, n, 21);
            const auto d = mixed_bytes(t, n, 99);
            const void *a = x.bytes[0].data(), *b = x.bytes[1].data(), *c = x.bytes[2].data();
            std::vector<std::byte> got(n * 8);
            const auto first = in_steps(p, t, a, b, n);
            if (Kernel4 kernel = find_balanced(p, q, r, t)) {
                kernel(a, b, c, d.data(), got.data(), n);
                expect_same(r, t, got, in_steps(r, t, first.data(), in_steps(q, t, c, d.data(), n).data(), n), n,
                            "balanced");
                ++found;
            }
            if (Kernel4 kernel = find_chain(p, q, m, r, o, t)) {
                kernel(a, b, c, d.data(), got.data(), n);
                const void* f = first.data();
                const auto second = m == Nesting::left ? in_steps(q, t, f, c, n) : in_steps(q, t, c, f, n);
                const void* s = second.data();
                expect_same(r, t, got,
                            o == Nesting::left ? in_steps(r, t, s, d.data(), n) : in_steps(r, t, d.data(), s, n), n,
                            "chain");
                ++found;
            }
        }
        EXPECT_EQ(find_chain(Op::add, Op::divide, Nesting::left, Op::add, Nesting::left, DType::float32), nullptr);
        EXPECT_EQ(find_balanced(Op::add, Op::add, Op::add, DType::int32), nullptr);
    }
    EXPECT_GT(found, 400);
}

template <class T>
T apply(Op op, T a, T b = T{}, T c = T{}) {
    T out{};
    find_elementwise(op, dtype_of<T>)->variants[0](&a, &b, &c, &out, 1);
    return out;
}

// By hand from NumPy's documentation and results.
TEST(Elementwise, NumPysCornerCases) {
    using I = std::int32_t;
    EXPECT_EQ(apply<I>(Op::floor_divide, 7, 0), 0);
    EXPECT_EQ(apply<I>(Op::floor_divide, -7, 2), -4);
    EXPECT_EQ(apply<I>(Op::floor_divide, INT32_MIN, -1), INT32_MIN);
    EXPECT_EQ(apply<I>(Op::remainder, -7, 3), 2);
    EXPECT_EQ(apply<I>(Op::remainder, 7, -3), -2);
    EXPECT_EQ(apply<I>(Op::remainder, INT32_MIN, -1), 0);
    EXPECT_EQ(apply<I>(Op::fmod, -7, 3), -1);
    EXPECT_EQ(apply<I>(Op::power, -3, 3), -27);
    EXPECT_EQ(apply<I>(Op::power, 0, 0), 1);
    EXPECT_EQ(apply<I>(Op::left_shift, 1, 32), 0);
    EXPECT_EQ(apply<I>(Op::right_shift, -8, 40), -1);
    EXPECT_EQ(apply<I>(Op::right_shift, -8, 1), -4);
    EXPECT_EQ(apply<std::uint16_t>(Op::multiply, 65535, 65535), 1);
    EXPECT_EQ(apply<std::int8_t>(Op::abs, -128), -128);
    EXPECT_EQ(apply<I>(Op::reciprocal, 2), 0);
    EXPECT_EQ(apply<I>(Op::reciprocal, 0), INT32_MIN);
    EXPECT_EQ(apply<std::uint8_t>(Op::negative, 1), 255);

    constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(apply(Op::remainder, -7.5, 2.0), 0.5);
    EXPECT_EQ(apply(Op::remainder, 5.0, -inf), -inf);
    EXPECT_TRUE(std::signbit(apply(Op::remainder, 6.0, -3.0)));
    EXPECT_EQ(apply(Op::floor_divide, -7.5, 2.0), -4.0);
    EXPECT_EQ(apply(Op::floor_divide, 1.0, 0.0), inf);
    EXPECT_EQ(apply(Op::floor_divide, 5.0, -inf), -1.0);
    EXPECT_EQ(apply(Op::round, 2.5), 2.0);
    EXPECT_EQ(apply(Op::round, 3.5), 4.0);
    EXPECT_EQ(apply(Op::sign, -0.0), 0.0);
    EXPECT_TRUE(std::isnan(apply(Op::minimum, 1.0, nan)));
    EXPECT_TRUE(std::isnan(apply(Op::maximum, nan, 1.0)));
    EXPECT_EQ(apply(Op::fmin, 1.0, nan), 1.0);
    EXPECT_EQ(apply(Op::fmax, nan, 1.0), 1.0);
    EXPECT_EQ(apply(Op::clip, 5.0, 1.0, 3.0), 3.0);
    EXPECT_EQ(apply(Op::clip, 2.0, 4.0, 3.0), 3.0);
    EXPECT_TRUE(std::isnan(apply(Op::clip, 2.0, nan, 3.0)));
    EXPECT_EQ(apply(Op::angle, -1.0), std::acos(-1.0));
}

TEST(Elementwise, ComplexNumbers) {
    using C = std::complex<double>;
    constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(apply(Op::multiply, C(1, 2), C(3, 4)), C(-5, 10));
    EXPECT_EQ(apply(Op::divide, C(-5, 10), C(3, 4)), C(1, 2));
    EXPECT_EQ(apply(Op::divide, C(1e300, 1e300), C(1e300, 1e300)), C(1, 0));
    EXPECT_EQ(apply(Op::reciprocal, C(0, 2)), C(0, -0.5));
    EXPECT_EQ(apply(Op::square, C(1, 2)), C(-3, 4));
    EXPECT_EQ(apply(Op::power, C(1, 2), C(2, 0)), C(-3, 4));
    EXPECT_EQ(apply(Op::power, C(0, 1), C(5, 0)), C(0, 1));
    EXPECT_EQ(apply(Op::power, C(0, 0), C(0, 0)), C(1, 0));
    EXPECT_TRUE(std::isnan(apply(Op::power, C(0, 0), C(-1, 0)).real()));
    EXPECT_EQ(apply(Op::conj, C(1, 2)), C(1, -2));
    EXPECT_EQ(apply(Op::sign, C(3, -4)), C(0.6, -0.8));
    EXPECT_EQ(apply(Op::sign, C(inf, 1)), C(1, 0));
    EXPECT_EQ(apply(Op::sqrt, C(-4, 0)), C(0, 2));
    EXPECT_EQ(apply(Op::round, C(2.5, -3.5)), C(2, -4));
    EXPECT_NEAR(std::abs(apply(Op::exp, C(0, std::acos(-1.0))) - C(-1, 0)), 0, 1e-15);
    EXPECT_NEAR(std::abs(apply(Op::log10, C(100, 0)) - C(2, 0)), 0, 1e-15);
    EXPECT_NEAR(std::abs(apply(Op::expm1, C(1e-12, 1e-12)) - C(1e-12, 1e-12)), 0, 1e-23);
    double size = 0;
    const C z(3, 4), other(3, 5), bad(0, nan);
    find_elementwise(Op::abs, DType::complex128)->variants[0](&z, nullptr, nullptr, &size, 1);
    EXPECT_EQ(size, 5);
    bool less = false;
    find_elementwise(Op::less, DType::complex128)->variants[0](&z, &other, nullptr, &less, 1);
    EXPECT_TRUE(less);
    find_elementwise(Op::less, DType::complex128)->variants[0](&bad, &other, nullptr, &less, 1);
    EXPECT_FALSE(less);
    EXPECT_TRUE(std::isnan(apply(Op::minimum, C(1, 0), C(0, nan)).imag()));
}

TEST(StreamCopy, CopiesAnyLengthToAnyAddress) {
    std::vector<char> from(1000), to(1100);
    for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<char>(i * 7);
    for (std::size_t shift = 0; shift < 20; ++shift) {
        for (std::size_t n : {0u, 1u, 15u, 64u, 65u, 200u, 1000u}) {
            std::fill(to.begin(), to.end(), 'x');
            stream_copy(from.data(), to.data() + shift, static_cast<std::int64_t>(n));
            stream_fence();
            EXPECT_TRUE(std::equal(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(n),
                                   to.begin() + static_cast<std::ptrdiff_t>(shift)));
            EXPECT_EQ(to[shift + n], 'x');
        }
    }
}

}  // namespace
}  // namespace heddle::kernels
