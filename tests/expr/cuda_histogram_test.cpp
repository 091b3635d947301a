#include "host/expr/cuda_histogram.hpp"

#include <gtest/gtest.h>

#include "kernels/histogram.hpp"
#include "tests/expr/cuda_support.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::expr {
namespace {

using Bytes = std::vector<std::byte>;

struct Way {
    DType element;
    std::int64_t bins;
    bool strided, wide;  // rows of every second element; 64-bit indices
    Program program;
    CudaKernel kernel;
};

// x as it is, or |x| / 2: a type of its own on the way.
Program make_program(DType t, bool halves) {
    ProgramBuilder b;
    int x = b.input(t);
    if (halves) x = b.apply_promoted(Op::divide, b.apply_promoted(Op::abs, x), b.weak_constant(Scalar::of_int(2)));
    b.output(x, kernels::binned_type(b.dtype(x)));
    return b.build();
}

StridedInput input_of(const Way& way, const Bytes& values, const Shape& extents) {
    const auto width = static_cast<std::int64_t>(size_of(way.element));
    const std::int64_t step = way.strided ? 2 : 1;
    return {values.data(), Shape{extents[1] * step * width, step * width}};
}

std::vector<Way> all_ways() {
    std::vector<Way> ways;
    for (const DType t : {DType::boolean, DType::int16, DType::uint64, DType::float16, DType::float32, DType::float64})
        for (const std::int64_t bins : {1, 100, 2048, 2049, 8192, 8193}) {
            const auto at = ways.size();
            Way way{t, bins, at % 3 == 1, at % 5 == 2, make_program(t, at % 2 == 1), {}};
            const Shape extents{3, 1003};
            const auto input = input_of(way, {}, extents);
            ReduceForm form = bind_histogram(way.program, extents, {&input, 1}, nullptr, nullptr).form;
            if (way.wide) form.form.index = IndexBits::b64;
            way.kernel = make_cuda_histogram(way.program, form, bins, "histogram_" + std::to_string(at));
            ways.push_back(std::move(way));
        }
    return ways;
}

// Whole numbers and quarters, many of which are edges, among NaN, infinities and what lies outside.
Bytes values_of(DType t, std::size_t n) {
    Bytes bytes = test::mixed_bytes(t, n, static_cast<unsigned>(n));
    for (std::size_t i = 0; i < n; ++i)
        if (i % 5 != 0) Scalar::of_complex(static_cast<double>(i % 1200) / 4 - 20, t).store(&bytes[i * size_of(t)]);
    return bytes;
}

void check(const Way& way, const test::Emulation& emulation, const Shape& extents) {
    const auto n = static_cast<std::size_t>(extents.count());
    const Bytes values = values_of(way.element, 2 * n);
    const auto input = input_of(way, values, extents);
    Bytes reals(8 * n);
    const DType binned = way.program.output_dtype(0);
    Target target;
    target.dense = reals.data();
    Evaluator().run(way.program, extents, {&input, 1}, 0, extents.count(), {std::span(&target, 1)});
    // Whole edges, and ones that are not.
    for (const auto& [lo, hi] : {std::pair{0.0, 128.0}, {-20.3, 251.7}, {5.0, 5.0}}) {
        const kernels::Bins bins = kernels::make_bins(lo, hi, way.bins, way.element);
        // Launches add to what is there.
        std::vector<std::int64_t> want(static_cast<std::size_t>(way.bins), 7), got(want);
        kernels::count_bins(bins, binned, reals.data(), extents.count(), want.data());
        const ReduceLaunch launch = bind_histogram(way.program, extents, {&input, 1}, &bins, got.data());
        EXPECT_GT(launch.work, 0);
        emulation.find(way.kernel.entry)(launch.parameters.data(), 3, 96);
        ASSERT_EQ(got, want) << name_of(way.element) << " " << to_string(extents) << ", " << way.bins << " bins from "
                             << lo << " to " << hi;
    }
}

TEST(CudaHistogram, HasTheCpusCounts) {
    const auto ways = all_ways();
    std::vector<test::EmulatedKernel> kernels;
    for (const Way& way : ways) kernels.push_back({&way.kernel, "kBlock"});
    const auto emulation = test::Emulation::compile(kernels);
    if (!emulation) GTEST_SKIP() << "no compiler at " HEDDLE_TEST_CXX ", or no sources";
    for (const Way& way : ways)
        for (const Shape& extents : {Shape{3, 1003}, {2, 31}, {3, 32}, {5, 33}, {3, 7000}})
            ASSERT_NO_FATAL_FAILURE(check(way, *emulation, extents));
}

TEST(CudaHistogram, OfNothingLaunchesNothing) {
    const Program program = make_program(DType::float32, false);
    const StridedInput input{nullptr, Shape{4}};
    EXPECT_EQ(bind_histogram(program, Shape{0}, {&input, 1}, nullptr, nullptr).work, 0);
}

// Counts within a block take no trip to the device's memory, and those of many bins no shared memory.
TEST(CudaHistogramNvrtc, CountsByAtomicsWhereTheBinsFit) {
    if (const std::string problem = test::why_no_nvrtc(); !problem.empty()) GTEST_SKIP() << problem;
    const Program program = make_program(DType::float32, false);
    const ReduceForm form{{{Reach::dense}, {}, 0, IndexBits::b32}, 0};
    std::string few, many;
    ASSERT_EQ(test::compile_with_nvrtc(make_cuda_histogram(program, form, 100).source, 80, test::Effort::full, &few),
              "");
    ASSERT_EQ(test::compile_with_nvrtc(make_cuda_histogram(program, form, 9000).source, 80, test::Effort::full, &many),
              "");
    const auto has = [](const std::string& text, const char* what) { return text.find(what) != std::string::npos; };
    EXPECT_TRUE(has(few, "ld.global.v4") || has(few, "ld.global.nc.v4")) << few;
    EXPECT_TRUE(has(few, ".shared.add.u32")) << few;
    EXPECT_TRUE(has(few, ".global.add.u64")) << few;
    EXPECT_FALSE(has(many, ".shared.")) << many;
    EXPECT_TRUE(has(many, ".global.add.u64")) << many;
}

TEST(CudaHistogramNvrtc, TakesEveryKernel) {
    if (const std::string problem = test::why_no_nvrtc(); !problem.empty()) GTEST_SKIP() << problem;
    std::vector<CudaKernel> kernels;
    for (const Way& way : all_ways()) kernels.push_back(way.kernel);
    for (int part = 0; part < test::kNvrtcParts; ++part) test::expect_nvrtc_takes(kernels, part);
}

}  // namespace
}  // namespace heddle::expr
