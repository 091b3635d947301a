#include "host/expr/program.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "heddle/error.hpp"
#include "host/expr/evaluator.hpp"

namespace heddle::expr {
namespace {

Scalar run_one(const Program& program, const std::vector<Scalar>& inputs) {
    std::vector<std::array<std::byte, 16>> bytes(inputs.size());
    std::vector<StridedInput> views(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        inputs[i].store(bytes[i].data());
        views[i] = {bytes[i].data(), Shape{}};
    }
    std::array<std::byte, 16> out{};
    Target target;
    target.dense = out.data();
    Evaluator().run(program, Shape{}, views, 0, 1, {std::span(&target, 1)});
    return Scalar::load(out.data(), program.output_dtype(0));
}

std::string text_of(ProgramBuilder& b, int value) {
    b.output(value, b.dtype(value));
    return b.build().to_string();
}

TEST(Program, FusesOperationsAndReusesRegisters) {
    ProgramBuilder b;
    const int x = b.input(DType::float32), y = b.input(DType::float32), z = b.input(DType::float32);
    const auto times = [&](int l, int r) { return b.apply(Op::multiply, l, r); };
    const auto plus = [&](int l, int r) { return b.apply(Op::add, l, r); };
    EXPECT_EQ(text_of(b, plus(plus(plus(times(x, y), times(y, z)), times(x, z)), x)),
              "r0 = add(multiply(in0, in1), multiply(in1, in2)) -> float32\n"
              "r0 = add(add(r0, multiply(in0, in2)), in0) -> float32\n"
              "out0 = r0\n");
    ProgramBuilder c;
    const int i = c.input(DType::float64), j = c.input(DType::float64);
    const int root = c.apply(Op::sqrt, c.apply(Op::subtract, i, c.apply(Op::divide, i, j)));
    EXPECT_EQ(text_of(c, c.apply(Op::multiply, root, root)),
              "r0 = subtract(in0, divide(in0, in1)) -> float64\n"
              "r0 = sqrt(r0) -> float64\n"
              "r0 = multiply(r0, r0) -> float64\n"
              "out0 = r0\n");
}

TEST(Program, ComputesCommonPartsOnce) {
    ProgramBuilder b;
    const int x = b.input(DType::float64), y = b.input(DType::float64);
    const int s = b.apply(Op::add, x, y);
    EXPECT_EQ(b.apply(Op::add, x, y), s);
    EXPECT_EQ(b.constant(Scalar::of_float(2)), b.constant(Scalar::of_float(2)));
    EXPECT_NE(b.constant(Scalar::of_float(0.0)), b.constant(Scalar::of_float(-0.0)));
    EXPECT_EQ(text_of(b, b.apply(Op::multiply, s, s)),
              "r0 = add(in0, in1) -> float64\nr0 = multiply(r0, r0) -> float64\nout0 = r0\n");
}

TEST(Program, FoldsConstantsAndDropsWhatNobodyNeeds) {
    ProgramBuilder b;
    const int x = b.input(DType::float32), unused = b.input(DType::float32);
    b.apply(Op::exp, unused);
    const int two = b.weak_constant(Scalar::of_int(2)), half = b.weak_constant(Scalar::of_float(0.25));
    const int k = b.apply_promoted(Op::multiply, two, half);
    EXPECT_EQ(text_of(b, b.apply_promoted(Op::multiply, x, b.cast(k, DType::float32))),
              "r0 = multiply(in0, 0.5) -> float32\nout0 = r0\n");
    EXPECT_FALSE(b.build().uses_input(1));
    EXPECT_TRUE(b.build().uses_input(0));
}

TEST(Program, InsertsCastsAndRemovesNeedlessOnes) {
    ProgramBuilder b;
    const int x = b.input(DType::uint16), y = b.input(DType::float32);
    EXPECT_EQ(text_of(b, b.apply_promoted(Op::subtract, x, y)),
              "r0 = cast(in0) -> float32\nr0 = subtract(r0, in1) -> float32\nout0 = r0\n");
    EXPECT_EQ(b.cast(b.cast(x, DType::float64), DType::uint16), x);
    EXPECT_EQ(b.cast(b.cast(x, DType::float32), DType::float64), b.cast(x, DType::float64));
    const int wide = b.input(DType::int64);
    EXPECT_NE(b.cast(b.cast(wide, DType::float64), DType::int64), wide);
    EXPECT_NE(b.cast(b.cast(y, DType::uint16), DType::float32), y);
}

TEST(Program, Float16ComputesInFloat32AndRoundsEachTime) {
    ProgramBuilder b;
    const int x = b.input(DType::float16), one = b.weak_constant(Scalar::of_int(1));
    const int sum = b.apply_promoted(Op::add, b.apply_promoted(Op::add, x, one), b.weak_constant(Scalar::of_float(-1)));
    b.output(sum, DType::float16);
    // 1 + 2^-12 is 1 in float16.
    EXPECT_EQ(run_one(b.build(), {Scalar::of_float(std::ldexp(1.0, -12), DType::float16)}).f, 0.0);
    EXPECT_EQ(run_one(b.build(), {Scalar::of_float(0.5, DType::float16)}).f, 0.5);
}

TEST(Program, PowersOfNumbersAreSimplerOperations) {
    ProgramBuilder b;
    const int x = b.input(DType::float32), i = b.input(DType::int32);
    EXPECT_EQ(b.apply_promoted(Op::power, x, b.weak_constant(Scalar::of_int(2))), b.apply(Op::square, x));
    EXPECT_EQ(b.apply_promoted(Op::power, x, b.weak_constant(Scalar::of_float(0.5))), b.apply(Op::sqrt, x));
    EXPECT_EQ(b.apply_promoted(Op::power, x, b.weak_constant(Scalar::of_int(1))), x);
    EXPECT_EQ(b.apply_promoted(Op::power, x, b.weak_constant(Scalar::of_int(-1))), b.apply(Op::reciprocal, x));
    EXPECT_THROW(b.apply_promoted(Op::power, i, b.weak_constant(Scalar::of_int(-1))), ArgumentError);
    b.output(b.apply_promoted(Op::power, i, i), DType::int32);
    EXPECT_EQ(run_one(b.build(), {Scalar::of_float(0, DType::float32), Scalar::of_int(3, DType::int32)}).i, 27);
    EXPECT_THROW(run_one(b.build(), {Scalar::of_float(0, DType::float32), Scalar::of_int(-3, DType::int32)}),
                 ArgumentError);
}

TEST(Program, SmallPowersOfFloat32AgreeWithPow) {
    for (int n : {3, 4, 5, 7, 8, -2, -3}) {
        ProgramBuilder b;
        const int x = b.input(DType::float32);
        b.output(b.apply_promoted(Op::power, x, b.weak_constant(Scalar::of_int(n))), DType::float32);
        const Program program = b.build();
        for (float v : {0.0f, -0.0f, 1.1f, -1.7f, 3e9f, -3e-9f, INFINITY, -INFINITY, 1e-45f}) {
            const double got = run_one(program, {Scalar::of_float(static_cast<double>(v), DType::float32)}).f;
            const float want = std::pow(v, static_cast<float>(n));
            EXPECT_EQ(got, static_cast<double>(want)) << v << " ** " << n;
            EXPECT_EQ(std::signbit(got), std::signbit(want));
        }
    }
}

TEST(Program, ComparisonsOfIntegersAreExact) {
    const auto compare = [](Op op, std::int64_t s, std::uint64_t u, bool swap) {
        ProgramBuilder b;
        const int x = b.input(DType::int64), y = b.input(DType::uint64);
        b.output(swap ? b.apply_promoted(op, y, x) : b.apply_promoted(op, x, y), DType::boolean);
        return run_one(b.build(), {Scalar::of_int(s), Scalar::of_uint(u)}).b;
    };
    for (std::int64_t s : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{5}, INT64_MAX}) {
        for (std::uint64_t u : {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
            const auto l = static_cast<__int128>(s), r = static_cast<__int128>(u);
            EXPECT_EQ(compare(Op::less, s, u, false), l < r);
            EXPECT_EQ(compare(Op::less, s, u, true), r < l);
            EXPECT_EQ(compare(Op::less_equal, s, u, false), l <= r);
            EXPECT_EQ(compare(Op::greater_equal, s, u, false), l >= r);
            EXPECT_EQ(compare(Op::greater, s, u, true), r > l);
            EXPECT_EQ(compare(Op::equal, s, u, false), l == r);
            EXPECT_EQ(compare(Op::not_equal, s, u, true), l != r);
        }
    }
}

TEST(Program, NumbersOutOfRange) {
    ProgramBuilder b;
    const int x = b.input(DType::uint8);
    const auto number = [&](std::int64_t v) { return b.weak_constant(Scalar::of_int(v)); };
    const auto value = [&](int v) { return b.is_constant(v) && b.constant_value(v).b; };
    EXPECT_THROW(b.apply_promoted(Op::add, x, number(300)), ArgumentError);
    EXPECT_THROW(b.apply_promoted(Op::where, b.input(DType::boolean), x, number(-1)), ArgumentError);
    // A comparison with such a number has an answer.
    EXPECT_TRUE(value(b.apply_promoted(Op::less, x, number(300))));
    EXPECT_FALSE(value(b.apply_promoted(Op::less, x, number(-1))));
    EXPECT_TRUE(value(b.apply_promoted(Op::greater, number(300), x)));
    EXPECT_FALSE(value(b.apply_promoted(Op::equal, x, number(-1))));
    EXPECT_TRUE(value(b.apply_promoted(Op::not_equal, number(-1), x)));
    EXPECT_FALSE(b.is_constant(b.apply_promoted(Op::less, x, number(255))));
}

TEST(Program, RejectsWhatNumPyRejects) {
    ProgramBuilder b;
    const int x = b.input(DType::boolean), f = b.input(DType::float32);
    EXPECT_THROW(b.apply_promoted(Op::subtract, x, x), DTypeError);
    EXPECT_THROW(b.apply_promoted(Op::bitwise_and, f, f), DTypeError);
    EXPECT_THROW(b.apply(Op::add, x, f), DTypeError);
}

// Every operation that typing allows can be built and run, for every type.
TEST(Program, EveryAllowedOperationRuns) {
    int built = 0;
    for (std::size_t o = 0; o < kernels::kOps.size(); ++o) {
        for (std::size_t t = 0; t < kDTypeCount; ++t) {
            const auto op = static_cast<Op>(o);
            const auto type = static_cast<DType>(t);
            ProgramBuilder b;
            const int x = b.input(type);
            const int arity = arity_of(op);
            try {
                const int value = b.apply_promoted(op, x, arity > 1 ? x : -1, arity > 2 ? x : -1);
                b.output(value, b.dtype(value));
            } catch (const DTypeError&) {
                continue;
            }
            const Scalar one = Scalar::of_int(1, type);
            run_one(b.build(), {one});
            // The same folded.
            ProgramBuilder c;
            const int k = c.constant(one);
            const int value = c.apply_promoted(op, k, arity > 1 ? k : -1, arity > 2 ? k : -1);
            c.output(value, c.dtype(value));
            EXPECT_EQ(to_string(run_one(c.build(), {})), to_string(run_one(b.build(), {one})))
                << name_of(op) << " " << name_of(type);
            ++built;
        }
    }
    EXPECT_GT(built, 700);
}

}  // namespace
}  // namespace heddle::expr
