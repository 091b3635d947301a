#include "host/expr/cuda_reduce.hpp"

#include <gtest/gtest.h>

#include <random>

#include "heddle/error.hpp"
#include "host/array/reduce_tree.hpp"
#include "tests/expr/cuda_support.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::expr {
namespace {

using array::Bytes;
using kernels::Reduce;
using kernels::Reducer;

// One kernel: a reduction, or several of the same elements.
struct Way {
    std::vector<Reduction> reductions;
    std::vector<Reducer> reducers;
    Program program;
    bool strided = false;  // the second input repeats along the first axis
    ReduceForm rows{}, columns{};
    std::size_t number = 0;
    std::vector<CudaKernel> kernels;

    DType element() const { return reductions[0].element; }
    std::string entry(const std::string& kind) const { return "reduce_" + std::to_string(number) + "_" + kind; }
    std::string name() const {
        std::string text;
        for (const Reduction& each : reductions)
            text += std::string(name_of(each.reduce)) + (each.skip_nan ? " skipping " : " ");
        return text + std::string(name_of(element()));
    }
};

// x, or max(x, y) where the type has an order: something to fuse.
Program make_program(DType t, const std::vector<Reducer>& reducers) {
    ProgramBuilder b;
    const int x = b.input(t), y = b.input(t), value = b.apply_promoted(Op::maximum, x, y);
    // Of several, every second one takes something else of the same elements.
    for (std::size_t k = 0; k < reducers.size(); ++k) b.output(k % 2 == 0 ? value : x, reducers[k].input);
    return b.build();
}

// Floats of so many sizes that every sum rounds, hence shows its order; `wild`: edge values.
Bytes values_of(DType t, std::size_t n, unsigned seed, bool wild) {
    if (wild) return test::mixed_bytes(t, n, seed);
    Bytes bytes(n * size_of(t) + 1);
    std::mt19937_64 random(seed);
    const int spread = is_integer(t) || is_bool(t) ? 1 : t == DType::float16 ? 12 : 60;
    const auto number = [&] {
        const double x = static_cast<double>(random() % 2000001) / 1e6 - (is_unsigned(t) ? 0 : 1);
        return std::ldexp(spread == 1 ? 50 * x : x,
                          static_cast<int>(random() % static_cast<unsigned>(spread)) - spread / 2);
    };
    for (std::size_t i = 0; i < n; ++i) {
        const bool nan = spread > 1 && random() % 60 == 0;
        const double re = nan ? NAN : number(), im = is_complex(t) ? number() : 0;
        Scalar::of_complex({re, im}, t).store(&bytes[i * size_of(t)]);
    }
    return bytes;
}

// x[a][b][r] and y[b][r], or y[r] where it repeats along a.
struct Space {
    Shape extents;
    Bytes x, y;
    std::array<StridedInput, 2> inputs;

    Space(const Way& way, std::int64_t a, std::int64_t b, std::int64_t r, unsigned seed, bool wild) : extents{a, b, r} {
        const DType t = way.element();
        const auto w = static_cast<std::int64_t>(size_of(t));
        x = values_of(t, static_cast<std::size_t>(a * b * r), seed, wild);
        y = values_of(t, static_cast<std::size_t>(a * b * r), seed + 1, wild);
        const Shape dense{b * r * w, r * w, w};
        inputs[0] = {x.data(), dense};
        inputs[1] = {y.data(), way.strided ? Shape{0, r * w, w} : dense};
    }
    // The values that are reduced, in C order, of each output.
    std::vector<Bytes> values(const Program& program) const {
        std::vector<Bytes> out;
        std::vector<Target> targets(static_cast<std::size_t>(program.outputs()));
        for (int o = 0; o < program.outputs(); ++o) {
            out.emplace_back(static_cast<std::size_t>(extents.count()) * size_of(program.output_dtype(o)) + 1);
            targets[static_cast<std::size_t>(o)].dense = out.back().data();
        }
        Evaluator().run(program, extents, inputs, 0, extents.count(), {targets});
        return out;
    }
};

// Where the states of each reduction go.
struct States {
    std::vector<Bytes> bytes;
    std::vector<void*> places;
    States(const Way& way, std::int64_t count) {
        for (const Reducer& reducer : way.reducers) {
            bytes.emplace_back(static_cast<std::size_t>(count) * reducer.state_size, std::byte{0xee});
            places.push_back(bytes.back().data());
        }
    }
};

// Equal words, or NaN in both.
void expect_states(const Bytes& got, const Bytes& want, const std::string& what) {
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t at = 0; at < got.size(); at += 8) {
        std::uint64_t x, y;
        std::memcpy(&x, &got[at], 8);
        std::memcpy(&y, &want[at], 8);
        const bool nan = std::isnan(std::bit_cast<double>(x)) && std::isnan(std::bit_cast<double>(y));
        ASSERT_TRUE(x == y || nan) << what << ", word " << at / 8 << ": " << std::bit_cast<double>(x) << " and "
                                   << std::bit_cast<double>(y);
    }
}

// Axes 0 and 2 go, axis 1 stays: states[b][a * segments + segment].
void check_rows(const Way& way, const test::Emulation& emulation, std::int64_t a, std::int64_t b, std::int64_t r,
                std::int64_t leaf, bool wild) {
    const Space space(way, a, b, r, static_cast<unsigned>(r + 7 * b), wild);
    const std::int64_t segments = (r + leaf - 1) / leaf, leaves = a * segments;
    const std::string what = way.name() + " of rows " + to_string(space.extents) + (wild ? " wild" : "");
    const States got(way, b * leaves);
    const ReduceLaunch launch = bind_leaves(way.program, space.extents, space.inputs,
                                            {r, leaf, Shape{r, 0}, Shape{segments, leaves}, 5}, got.places);
    ASSERT_EQ(launch.form, way.rows);
    emulation.find(way.entry("leaves"))(launch.parameters.data(), 2, 64);
    const auto values = space.values(way.program);
    for (std::size_t k = 0; k < way.reducers.size(); ++k) {
        const Reducer& reducer = way.reducers[k];
        Bytes want(got.bytes[k].size());
        for (std::int64_t row = 0; row < a * b; ++row) {
            for (std::int64_t s = 0; s < segments; ++s) {
                const auto place = static_cast<std::size_t>(row % b * leaves + row / b * segments + s);
                reducer.fold(&want[place * reducer.state_size],
                             &values[k][static_cast<std::size_t>(row * r + s * leaf) * size_of(reducer.input)],
                             std::min(leaf, r - s * leaf), 5 + row / b * r + s * leaf);
            }
        }
        ASSERT_NO_FATAL_FAILURE(expect_states(got.bytes[k], want, what));
    }
}

// Axis 0 goes; leaves of 256 that begin anew with every `period` elements.
void check_columns(const Way& way, const test::Emulation& emulation, std::int64_t a, std::int64_t b, std::int64_t r,
                   std::int64_t period, bool wild) {
    const Space space(way, a, b, r, static_cast<unsigned>(a + 11), wild);
    const ColumnLeaves columns{b * r, array::kColumnLeaf, period, 1000};
    const std::int64_t leaves = column_leaves(columns, space.extents);
    const std::string what = way.name() + " of columns " + to_string(space.extents);
    const auto outputs = static_cast<std::size_t>(b * r);
    const States got(way, b * r * leaves);
    const ReduceLaunch launch = bind_columns(way.program, space.extents, space.inputs, columns, got.places);
    ASSERT_EQ(launch.form, way.columns);
    emulation.find(way.entry("columns"))(launch.parameters.data(), 2, 32);
    const auto values = space.values(way.program);
    const auto segments = (period + array::kColumnLeaf - 1) / array::kColumnLeaf;
    for (std::size_t k = 0; k < way.reducers.size(); ++k) {
        const Reducer& reducer = way.reducers[k];
        Bytes want(got.bytes[k].size());
        reducer.init(want.data(), b * r * leaves);
        for (std::size_t o = 0; o < outputs; ++o) {
            for (std::int64_t i = 0; i < a; ++i) {
                const auto leaf = static_cast<std::size_t>(i / period * segments + i % period / array::kColumnLeaf);
                const auto at = static_cast<std::size_t>(i) * outputs + o;
                reducer.accumulate(&want[(o * static_cast<std::size_t>(leaves) + leaf) * reducer.state_size],
                                   &values[k][at * size_of(reducer.input)], 1, 1000 + i);
            }
        }
        ASSERT_NO_FATAL_FAILURE(expect_states(got.bytes[k], want, what));
    }
}

void add_way(std::vector<Way>& ways, const std::vector<Reduction>& reductions) {
    const DType element = reductions[0].element;
    std::vector<Reducer> reducers;
    for (const Reduction& r : reductions) reducers.push_back(make_reducer(r.reduce, r.skip_nan, r.element));
    Way way{reductions, reducers, make_program(element, reducers), ways.size() % 3 == 1, {}, {}, ways.size(), {}};
    const Space sample(way, 2, 3, 4, 1, false);
    const RowLeaves places{4, 4, Shape{4, 0}, Shape{1, 2}};
    way.rows = bind_leaves(way.program, sample.extents, sample.inputs, places, {}).form;
    way.columns = bind_columns(way.program, sample.extents, sample.inputs, {12, 256, 2}, {}).form;
    ReduceForm rows = way.rows, columns = way.columns;
    // Right for spaces of any size.
    if (ways.size() % 4 >= 2) rows.form.index = columns.form.index = IndexBits::b64;
    way.kernels.push_back(make_cuda_leaves(way.program, rows, reductions, way.entry("leaves")));
    if (ways.size() % 2 == 0 || reductions.size() > 1)
        way.kernels.push_back(make_cuda_columns(way.program, columns, reductions, way.entry("columns")));
    ways.push_back(std::move(way));
}

std::vector<Way> all_ways() {
    std::vector<Way> ways;
    for (std::size_t reduce = 0; reduce < 12; ++reduce) {
        for (const auto& [element, skip] : {std::pair(DType::boolean, false),
                                            {DType::int16, false},
                                            {DType::uint64, false},
                                            {DType::float32, false},
                                            {DType::float32, true},
                                            {DType::float64, false},
                                            {DType::float16, true},
                                            {DType::complex64, false},
                                            {DType::complex64, true}}) {
            const Reduction r{static_cast<Reduce>(reduce), skip, element};
            // The same states as float32's: half of them will do.
            if (element == DType::float16 && reduce % 2 == 1) continue;
            add_way(ways, {r});
        }
    }
    for (const DType t : {DType::int16, DType::float32, DType::float64, DType::complex64}) {
        const bool skip = t != DType::int16;
        add_way(ways, {{Reduce::mean, false, t}, {Reduce::std, false, t}});
        add_way(ways,
                {{Reduce::var, skip, t}, {Reduce::sum, false, t}, {Reduce::var, false, t}, {Reduce::max, skip, t}});
        add_way(ways, {{Reduce::argmin, skip, t}, {Reduce::count, false, t}, {Reduce::min, false, t}});
    }
    return ways;
}

TEST(CudaReduce, LeavesHaveTheCpusBits) {
    const std::vector<Way> ways = all_ways();
    std::vector<test::EmulatedKernel> kernels;
    for (const Way& way : ways)
        for (const CudaKernel& kernel : way.kernels)
            kernels.push_back({&kernel, kernel.entry == way.entry("leaves") ? "kWarp" : "kAlone"});
    const auto emulation = test::Emulation::compile(kernels);
    if (!emulation) GTEST_SKIP() << "no compiler at " HEDDLE_TEST_CXX ", or no sources";
    std::size_t checked = 0;
    for (const Way& way : ways) {
        for (const bool wild : {false, true}) {
            for (const std::int64_t r : {2, 16, 31, 1023, 1024, 1032, 2051}) {
                ASSERT_NO_FATAL_FAILURE(check_rows(way, *emulation, 2, 3, r, std::min<std::int64_t>(r, 1024), wild));
                ++checked;
            }
        }
        // Rows shorter than a leaf of several; many leaves; a leaf that is no multiple of anything.
        ASSERT_NO_FATAL_FAILURE(check_rows(way, *emulation, 33, 2, 48, 37, false));
        ASSERT_NO_FATAL_FAILURE(check_rows(way, *emulation, 2, 2, 1100, 16, false));
        checked += 2;
        if (way.kernels.size() < 2) continue;
        for (const std::int64_t period : {600, 300, 256, 20}) {
            ASSERT_NO_FATAL_FAILURE(check_columns(way, *emulation, 2 * period, 2, 4, period, period == 300));
            ++checked;
        }
        ASSERT_NO_FATAL_FAILURE(check_columns(way, *emulation, 2, 3, 5, 2, false));
        ++checked;
    }
    std::printf("%zu kernels of %zu reductions, %zu spaces\n", kernels.size(), ways.size(), checked);
}

class CudaReduceNvrtc : public testing::TestWithParam<int> {};

TEST_P(CudaReduceNvrtc, TakesEveryKernel) {
    if (const std::string problem = test::why_no_nvrtc(); !problem.empty()) GTEST_SKIP() << problem;
    std::vector<CudaKernel> kernels;
    for (const Way& way : all_ways()) kernels.insert(kernels.end(), way.kernels.begin(), way.kernels.end());
    test::expect_nvrtc_takes(kernels, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Part, CudaReduceNvrtc, testing::Range(0, test::kNvrtcParts));

}  // namespace
}  // namespace heddle::expr
