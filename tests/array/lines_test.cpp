#include "heddle/lines.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "heddle/error.hpp"
#include "heddle/heddle.hpp"
#include "host/array/plan.hpp"
#include "host/array/whole.hpp"
#include "kernels/scan_ref.hpp"
#include "kernels/sort_ref.hpp"
#include "tests/array/array_values.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

using array::Plan;
using kernels::Scan;

struct Operation {
    const char* name;
    Array (*apply)(const Array&, Axis);
    std::optional<Scan> scan;
};
const std::vector<Operation> kOperations{{"sort", sort, {}},
                                         {"argsort", argsort, {}},
                                         {"cumsum", cumsum, Scan::sum},
                                         {"cumprod", cumprod, Scan::prod},
                                         {"cummax", cummax, Scan::max},
                                         {"cummin", cummin, Scan::min}};

// In which type the judge works.
DType type_of_work(const Operation& operation, DType dtype) {
    if (!operation.scan) return dtype;
    if (dtype == DType::float16) return DType::float32;
    if (*operation.scan == Scan::max || *operation.scan == Scan::min || is_float(dtype) || is_complex(dtype))
        return dtype;
    return is_unsigned(dtype) ? DType::uint64 : DType::int64;
}

// Line after line, by the judges of the kernels.
Array judged(Engine& engine, const Operation& operation, const Array& a, Axis axis) {
    const DType dtype = type_of_work(operation, a.dtype());
    const bool positions = operation.apply == &argsort;
    const std::size_t width = size_of(dtype), out_width = positions ? 8 : width;
    const array::Lines lines(a.shape(), axis ? (*axis + a.rank()) % a.rank() : -1);
    const Bytes in = bytes_of(engine, a.astype(dtype));
    const auto n = static_cast<std::size_t>(lines.n);
    Bytes out(in.size() / width * out_width), line(n * width), result(n * out_width);
    std::vector<std::int64_t> places(n);
    for (std::int64_t l = 0; n > 0 && l < lines.count(); ++l) {
        const auto at = [&](std::size_t i) {
            return static_cast<std::size_t>(l / lines.inner * lines.n * lines.inner + l % lines.inner) +
                   i * static_cast<std::size_t>(lines.inner);
        };
        for (std::size_t i = 0; i < n; ++i) std::memcpy(&line[i * width], &in[at(i) * width], width);
        if (operation.scan)
            EXPECT_TRUE(kernels::scan_ref(*operation.scan, dtype, line.data(), result.data(), lines.n));
        else if (!positions)
            kernels::sort_ref(dtype, line.data(), result.data(), lines.n);
        else
            kernels::argsort_ref(dtype, line.data(), places.data(), lines.n);
        if (positions) std::memcpy(result.data(), places.data(), result.size());
        for (std::size_t i = 0; i < n; ++i) std::memcpy(&out[at(i) * out_width], &result[i * out_width], out_width);
    }
    const Array made = from_bytes(positions ? DType::int64 : dtype, out, axis ? a.shape() : Shape{a.size()});
    return a.dtype() == DType::float16 ? made.astype(positions ? DType::int64 : a.dtype()) : made;
}

void expect_judged(Engine& engine, const Array& a, const std::string& what) {
    for (const auto& operation : kOperations)
        for (const Axis axis : axes_of(a))
            expect_same(engine, operation.apply(a, axis), judged(engine, operation, a, axis),
                        std::string(operation.name) + " of " + std::string(name_of(a.dtype())) + " " +
                            to_string(a.shape()) + " along " + (axis ? std::to_string(*axis) : "all") + ", " + what,
                        operation.apply == &sort ? Zeros::alike : Zeros::differ);
}

TEST(LinesOperations, AgreeWithTheJudgesForAllTypesAndAxes) {
    Engine engine(EngineOptions{.threads = 2});
    for (std::size_t t = 0; t < kDTypeCount; ++t)
        for (const auto& shape : std::vector<Shape>{{1}, {5}, {9001}, {7, 1, 3}, {4, 65, 3}, {300, 70}, {2, 5000}})
            expect_judged(engine, mixed(static_cast<DType>(t), shape), "as it is");
    EXPECT_EQ(values<double>(engine, sort(Array(2.5), {})), (std::vector<double>{2.5}));
}

TEST(LinesOperations, TakeViewsAndExpressions) {
    Engine engine(EngineOptions{.threads = 2});
    for (const DType dtype : {DType::int16, DType::float32, DType::complex128}) {
        const Array a = mixed(dtype, {6, 40, 9});
        expect_judged(engine, a.transpose(), "transposed");
        expect_judged(engine, a(Slice{{}, {}, -1}, Slice{3, {}, 5}), "steps");
        expect_judged(engine, a(2, Slice{}, newaxis, 4).broadcast_to({2, 40, 5}), "broadcast");
        expect_judged(engine, a + a(0) * a(0), "an expression");
        expect_judged(engine, a(Slice{}, from_values(std::vector<int>{3, 3, 0}, {3})), "listed");
    }
}

TEST(LinesOperations, GiveTheSameBitsForAllThreadsAndDevices) {
    Engine reference(EngineOptions{.device = "reference"}), one(EngineOptions{.threads = 1}),
        two(EngineOptions{.threads = 2}), seven(EngineOptions{.threads = 7}),
        checked(EngineOptions{.threads = 3, .checks = Checks::on}),
        simulated(EngineOptions{.threads = 2, .device = "sim:devices=2,memory=4M"});
    for (const auto& shape : std::vector<Shape>{{200003}, {3, 70000}, {70001, 3}, {40, 700}}) {
        for (const DType dtype : {DType::float32, DType::uint16, DType::float64, DType::complex64}) {
            const Array a = mixed(dtype, shape);
            for (const auto& operation : kOperations) {
                for (const Axis axis : {Axis(), Axis(0), Axis(-1)}) {
                    const Array result = operation.apply(a, axis);
                    const Bytes expected = bytes_of(reference, result);
                    for (auto* engine : {&one, &two, &seven, &checked, &simulated})
                        expect_same(result.dtype(), bytes_of(*engine, result), expected,
                                    std::string(operation.name) + " of " + to_string(shape) + " by " +
                                        std::to_string(engine->threads()));
                }
            }
        }
    }
    expect_same(two, sort(mixed(DType::float32, {200003})),
                judged(two, kOperations[0], mixed(DType::float32, {200003}), -1), "by digits", Zeros::alike);
}

TEST(LinesOperations, AreOperandsThemselves) {
    Engine engine(EngineOptions{.threads = 2});
    std::vector<double> data(6000);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<double>(i * 7919 % 6011) / 8;
    const Array a = from_values(data, {60, 100});
    const auto same = [&](const Array& x, const Array& y) {
        EXPECT_EQ(values<double>(engine, x), values<double>(engine, y));
    };
    same(sum(sort(a)), sum(a));  // multiples of 1/8: exact
    same(sort(a, 0)(0), min(a, 0));
    same(sort(-a, 1)(Slice{}, 0), -max(a, 1));
    same(cumsum(a, 1)(Slice{}, -1), sum(a, 1));
    same(sort(cumsum(sort(a, 0), 1), {}), sort(evaluate(engine, cumsum(evaluate(engine, sort(a, 0)), 1)), {}));
    same(cummax(a, 1)(Slice{}, Slice{50, 51}) - a * 0.0, max(a(Slice{}, Slice{0, 51}), 1, KeepDims::yes) - a * 0.0);
    same(where(a > median(a, 0), sort(a, 0), a),
         where(a > evaluate(engine, median(a, 0)), evaluate(engine, sort(a, 0)), a));
    const Array pending = evaluate(engine, a * 2.0);  // perhaps not there yet
    same(sort(pending, {}), sort(a, {}) * 2.0);
}

TEST(LinesOperations, StandBetweenPassesOnDevices) {
    std::vector<double> data(90'000);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = std::sin(static_cast<double>(i)) * 1000;
    const Array a = from_values(data, {300, 300});
    const Array wanted = cumsum(sort(a * 2.0, 0) - median(exp(a / 1000.0), 1, KeepDims::yes), 1) * a;
    Engine reference(EngineOptions{.device = "reference"});
    const Bytes expected = bytes_of(reference, wanted);
    for (const std::string device : {"sim:devices=2,memory=1M", "sim:devices=1,memory=64M"}) {
        EngineOptions options{.threads = 4, .device = device};
        options.placement.policy = PlacementOptions::Policy::gpu;
        Engine engine(options);
        EXPECT_EQ(bytes_of(engine, wanted), expected) << device;
    }
    std::vector<double> out(data.size());
    evaluate_into(reference, sort(a, {}), std::span(out)).wait();
    std::sort(data.begin(), data.end());
    EXPECT_EQ(out, data);
}

TEST(LinesOperations, AreSharedByTargets) {
    Engine engine(EngineOptions{.threads = 2});
    const Array a = mixed(DType::float64, {30, 50});
    const Plan plan(engine, {{sort(a) * 2.0, "x"}, {max(sort(a), 0), "y"}, {sort(a), "z"}, {median(a, -1), "m"}});
    int sorts = 0;
    for (const auto& pass : plan.report().passes)
        for (const auto& made : pass.produces) sorts += made.starts_with("sort: float64 (30, 50)") ? 1 : 0;
    EXPECT_EQ(sorts, 1);
    EXPECT_TRUE(plan.report().passes[0].produces[0].starts_with("sort:"));  // before what needs it
    const Plan different(engine, {{sort(a), "x"}, {sort(a, 0), "y"}, {argsort(a), "z"}});
    EXPECT_EQ(different.report().passes.size(), 3u);
}

TEST(LinesOperations, OfNothingAreNothing) {
    Engine engine(EngineOptions{.threads = 2});
    for (const DType dtype : {DType::int8, DType::float64, DType::complex64})
        for (const auto& shape : std::vector<Shape>{{0}, {0, 3}, {3, 0}, {2, 0, 3}})
            expect_judged(engine, mixed(dtype, shape), "of nothing");
    const Array nothing = mixed(DType::float64, {0, 3});
    EXPECT_EQ(values<double>(engine, sum(sort(nothing, 0), 0)), (std::vector<double>{0, 0, 0}));
    EXPECT_EQ(values<double>(engine, median(nothing, 1)).size(), 0u);
    EXPECT_THROW(median(nothing, 0), ShapeError);
    EXPECT_THROW(quantile(nothing, 0.5), ShapeError);
}

class Collector : public array::Sink {
public:
    explicit Collector(std::size_t count) : values(count) {}
    void write(const Box& box, const void* from) override {
        ASSERT_EQ(box.rank(), 1);
        std::memcpy(&values[static_cast<std::size_t>(box.lo[0])], from,
                    static_cast<std::size_t>(box.count()) * sizeof(double));
    }
    std::vector<double> values;
};

TEST(LinesOperations, FlowIntoSinksAndAreCounted) {
    Engine engine(EngineOptions{.threads = 2});
    std::vector<double> data(5000);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = i % 1000 == 7 ? NAN : static_cast<double>(i * 31 % 997);
    const Array a = from_values(data, {5000});
    Collector sorted(5000), doubled(5000);
    Plan plan(engine,
              {{sort(a), "s", &sorted, nullptr, array::Statistics::non_finite}, {sort(a) * 2.0, "d", &doubled}});
    Scope scope(engine);
    plan.submit(scope);
    scope.wait();
    EXPECT_EQ(plan.stats(0).nan, 5);
    std::vector<double> want(data.size());
    kernels::sort_ref(DType::float64, data.data(), want.data(), 5000);
    for (std::size_t i = 0; i < want.size(); ++i) {
        EXPECT_TRUE(same_value(sorted.values[i], want[i])) << i;
        EXPECT_TRUE(same_value(doubled.values[i], want[i] * 2)) << i;
    }
}

TEST(LinesOperations, FitTheMemoryOrFailBeforeAnythingRuns) {
    Engine engine(EngineOptions{.threads = 2});
    TempDir folder;
    const auto path = (folder / "a.h5").string();
    const NamedArray named[] = {{"a", mixed(DType::float32, {40, 3000})}};
    write_hdf5(engine, path, named, {.chunks = Shape{4, 500}});
    const Array a = open_dataset(path, "/a");
    const Array wanted = sort(a * 2.0f, 0) - median(a, 1, KeepDims::yes) + cumsum(a, {})(Slice{0, 3000});
    expect_in_any_memory(engine, wanted, 200'000, 6'000'000, "lines");
}

TEST(LinesOperations, NameWhatIsWrong) {
    const Array a = mixed(DType::float32, {3, 4}), c = mixed(DType::complex64, {3, 4});
    for (const auto& operation : kOperations) {
        EXPECT_THROW(operation.apply(a, 2), ShapeError) << operation.name;
        EXPECT_THROW(operation.apply(a, -3), ShapeError) << operation.name;
        EXPECT_THROW(operation.apply(Array(1.0), 0), ShapeError) << operation.name;
    }
    EXPECT_THROW(quantile(a, 1.5), ArgumentError);
    EXPECT_THROW(quantile(a, -0.1), ArgumentError);
    EXPECT_THROW(quantile(a, NAN), ArgumentError);
    EXPECT_THROW(quantile(a, 0.5, 2), ShapeError);
    EXPECT_THROW(quantile(c, 0.5), DTypeError);
    EXPECT_THROW(median(c), DTypeError);
}

}  // namespace
}  // namespace heddle::test
