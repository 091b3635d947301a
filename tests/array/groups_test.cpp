#include "heddle/groups.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "heddle/error.hpp"
#include "heddle/heddle.hpp"
#include "host/array/plan.hpp"
#include "host/array/whole.hpp"
#include "kernels/group_ref.hpp"
#include "kernels/reduce.hpp"
#include "tests/array/array_values.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

using kernels::Group;

Array labels_of(const Shape& shape, std::int64_t groups, unsigned seed = 3) {
    std::mt19937_64 random(seed);
    std::vector<std::int32_t> labels(static_cast<std::size_t>(shape.count()));
    for (auto& label : labels) label = static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(groups));
    return from_values(labels, shape);
}

struct Operation {
    const char* name;
    Group group;
    Array (*apply)(const Array&, const Array&, std::int64_t, Axis);
};
const std::vector<Operation> kOperations{
    {"sum", Group::sum, group_sum},
    {"mean", Group::mean, group_mean},
    {"min", Group::min, group_min},
    {"max", Group::max, group_max},
    {"count", Group::count,
     [](const Array& a, const Array& labels, std::int64_t groups, Axis axis) {
         // A row of labels is repeated for all lines.
         if (labels.rank() == 1 && axis && a.rank() > 1) {
             std::vector<Index> index(static_cast<std::size_t>(a.rank()), Index(newaxis));
             index[static_cast<std::size_t>((*axis + a.rank()) % a.rank())] = Index(Slice{});
             return group_count(labels.subscript(index).broadcast_to(a.shape()), groups, axis);
         }
         return group_count(labels.broadcast_to(a.shape()), groups, axis);
     }},
};

// Line after line, by the judge of the kernels. Lines of fewer than 2 * 65536 elements are one run.
Array judged(Engine& engine, Group group, const Array& a, const Array& labels, std::int64_t groups, Axis axis,
             std::int64_t runs = 1) {
    const int along = axis ? (*axis + a.rank()) % a.rank() : -1;
    const array::Lines lines(a.shape(), along);
    const DType output = kernels::make_grouper(group, a.dtype()).output;
    const std::size_t width = size_of(a.dtype()), out_width = size_of(output);
    const Bytes in = bytes_of(engine, a);
    const auto all = values<std::int64_t>(engine, labels);
    const bool row = axis && labels.rank() == 1 && a.rank() > 1;
    Shape shape{groups};
    if (axis) (shape = a.shape())[along] = groups;
    const auto n = static_cast<std::size_t>(lines.n);
    Bytes out(static_cast<std::size_t>(shape.count()) * out_width), line(n * width),
        result(static_cast<std::size_t>(groups) * out_width);
    std::vector<std::int64_t> places(n);
    for (std::int64_t l = 0; l < lines.count(); ++l) {
        const auto at = [&](std::int64_t i, std::int64_t extent) {
            return static_cast<std::size_t>((l / lines.inner * extent + i) * lines.inner + l % lines.inner);
        };
        for (std::size_t i = 0; i < n; ++i) {
            const auto from = at(static_cast<std::int64_t>(i), lines.n);
            std::memcpy(&line[i * width], &in[from * width], width);
            places[i] = all[row ? i : from];
        }
        EXPECT_TRUE(
            kernels::group_ref(group, a.dtype(), line.data(), places.data(), lines.n, groups, runs, result.data()));
        for (std::int64_t g = 0; g < groups; ++g)
            std::memcpy(&out[at(g, groups) * out_width], &result[static_cast<std::size_t>(g) * out_width], out_width);
    }
    return from_bytes(output, out, shape);
}

// Of integers, extremes of no values are errors.
bool has_nan(const Operation& operation, DType dtype) {
    return (operation.group != Group::min && operation.group != Group::max) || is_float(dtype) || is_complex(dtype);
}

void expect_judged(Engine& engine, const Array& a, const std::string& what) {
    std::vector<Axis> axes{std::nullopt};
    for (int axis = -1; axis < a.rank() - 1; ++axis) axes.emplace_back(axis);
    for (const auto& operation : kOperations) {
        const std::int64_t groups = has_nan(operation, a.dtype()) ? 5 : 1;
        for (const Axis axis : axes) {
            const auto where = std::string(operation.name) + " of " + std::string(name_of(a.dtype())) + " " +
                               to_string(a.shape()) + " along " + (axis ? std::to_string(*axis) : "all") + ", " + what;
            const Array labels = labels_of(a.shape(), groups);
            expect_same(engine, operation.apply(a, labels, groups, axis),
                        judged(engine, operation.group, a, labels, groups, axis), where);
            if (!axis) continue;
            const Array row = labels_of({a.shape()[(*axis + a.rank()) % a.rank()]}, groups, 8);
            expect_same(engine, operation.apply(a, row, groups, axis),
                        judged(engine, operation.group, a, row, groups, axis), where + ", a row of labels");
        }
    }
}

TEST(GroupOperations, AgreeWithTheJudgeForAllTypesAndAxes) {
    Engine engine(EngineOptions{.threads = 2});
    for (std::size_t t = 0; t < kDTypeCount; ++t)
        for (const auto& shape :
             std::vector<Shape>{{1}, {2}, {63}, {64}, {65}, {9001}, {7, 1, 3}, {4, 65, 3}, {300, 7}, {2, 5000}})
            expect_judged(engine, mixed(static_cast<DType>(t), shape), "as it is");
}

TEST(GroupOperations, TakeViewsAndExpressions) {
    Engine engine(EngineOptions{.threads = 2});
    for (const DType dtype : {DType::int16, DType::float32, DType::complex128}) {
        const Array a = mixed(dtype, {6, 40, 9});
        expect_judged(engine, a.transpose(), "transposed");
        expect_judged(engine, a(Slice{{}, {}, -1}, Slice{3, {}, 5}), "steps");
        expect_judged(engine, a(2, Slice{}, newaxis, 4).broadcast_to({2, 40, 5}), "broadcast");
        expect_judged(engine, a + a(0) * a(0), "an expression");
    }
    const Array a = mixed(DType::float64, {50, 20}), labels = labels_of({50, 20}, 6);
    const Array reversed = labels(Slice{{}, {}, -1}, Slice{});
    expect_same(engine, group_sum(a, reversed, 6), judged(engine, Group::sum, a, reversed, 6, {}), "reversed labels");
    expect_same(engine, group_sum(a, labels(0), 6),
                judged(engine, Group::sum, a, labels(0).broadcast_to({50, 20}), 6, {}), "labels that are broadcast");
    for (const DType dtype : {DType::boolean, DType::uint8, DType::int64, DType::uint64})
        expect_same(engine, group_sum(a, (labels % 2).astype(dtype), 2),
                    judged(engine, Group::sum, a, labels % 2, 2, {}), std::string(name_of(dtype)));
    // So wide that columns are shared out.
    const Array wide = mixed(DType::float32, {3, 20000});
    expect_judged(engine, wide, "wide");
}

// A partition that is written down: one line of 2^20 elements is 16 runs for few groups.
TEST(GroupOperations, CutLongLinesByTheirLengthAlone) {
    Engine engine(EngineOptions{.threads = 2});
    const std::int64_t n = 1 << 20;
    std::vector<float> data(static_cast<std::size_t>(n));
    std::mt19937_64 random(2);
    for (auto& x : data) x = static_cast<float>(random() % 100000) / 7 - 5000;
    const Array a = from_values(data, {n}), labels = labels_of({n}, 1000);
    expect_same(engine, group_sum(a, labels, 1000), judged(engine, Group::sum, a, labels, 1000, {}, 16), "16 runs");
    const Array many = labels_of({n}, 32768);
    expect_same(engine, group_mean(a, many, 32768), judged(engine, Group::mean, a, many, 32768, {}, 3), "3 runs");
}

TEST(GroupOperations, GiveTheSameBitsForAllThreadsAndDevices) {
    Engine reference(EngineOptions{.device = "reference"}), one(EngineOptions{.threads = 1}),
        two(EngineOptions{.threads = 2}), seven(EngineOptions{.threads = 7}),
        checked(EngineOptions{.threads = 3, .checks = Checks::on}),
        simulated(EngineOptions{.threads = 2, .device = "sim:devices=2,memory=4M"});
    const auto same = [&](const Array& array, const std::string& what) {
        const Bytes expected = bytes_of(reference, array);
        for (auto* engine : {&one, &two, &seven, &checked, &simulated})
            expect_same(array.dtype(), bytes_of(*engine, array), expected,
                        what + " by " + std::to_string(engine->threads()));
    };
    for (const auto& shape : std::vector<Shape>{{140003}, {3, 70000}, {50001, 3}, {40, 700}, {3, 9000}}) {
        const Array a = mixed(DType::float32, shape), labels = labels_of(shape, 50);
        for (const auto& operation : kOperations)
            for (const Axis axis : {Axis(), Axis(0), Axis(-1)})
                same(operation.apply(a, labels, 50, axis), std::string(operation.name) + " of " + to_string(shape));
        const std::int64_t n = shape[0];
        const Array offsets = from_values(std::vector<std::int64_t>{0, 1, 1, n / 2, n - 2, n}, {6});
        same(segment_sum(a, offsets), "segment_sum of " + to_string(shape));
        same(segment_max(a, offsets), "segment_max of " + to_string(shape));
        same(segment_mean(a.transpose(), offsets, -1), "segment_mean of " + to_string(shape));
        const Array w = mixed(DType::float64, shape, 9);
        same(histogram(a, {.count = 100, .range = HistogramRange{-8, 8}}, {.weights = w}).counts, "weights");
        same(histogram2d(a, w, {.count = 7, .range = HistogramRange{-8, 8}}, {.edges = linspace(-8, 8, 5)},
                         {.weights = w, .density = Density::yes})
                 .counts,
             "pairs");
    }
    same(bincount(labels_of({140003}, 3000), mixed(DType::float32, {140003})), "bincount");
}

TEST(GroupOperations, AddUp) {
    Engine engine(EngineOptions{.threads = 2});
    const Array a = mixed(DType::int32, {700, 33}), labels = labels_of({700, 33}, 12);
    EXPECT_EQ(values<std::int64_t>(engine, sum(group_count(labels, 12))), (std::vector<std::int64_t>{700 * 33}));
    expect_same(engine, sum(group_sum(a, labels, 12)), sum(a), "the sum of sums");
    expect_same(engine, group_sum(a, labels, 12, 0)(Slice{}, 4), group_sum(a(Slice{}, 4), labels(Slice{}, 4), 12),
                "a line");
    expect_same(engine, sum(group_sum(a, labels, 12, 1), 1), sum(a, 1), "along an axis");
    expect_same(engine, group_max(a, labels * 0, 1)(0), max(a), "one group");
    const Array row = labels_of({5000}, 70);
    expect_same(engine, bincount(row), group_count(row, 70), "bincount");
    expect_same(engine, bincount(row, full({5000}, 1)), bincount(row).astype(DType::float64), "weights of one");
    expect_same(engine, bincount(row, 100)(Slice{0, 70}), bincount(row), "minlength");
    EXPECT_EQ(bincount(row, 100).shape(), Shape{100});
    expect_same(engine, group_mean(a, labels, 12) * group_count(labels, 12),
                group_sum(a, labels, 12) / group_count(labels, 12) * group_count(labels, 12), "the mean");
}

// The plain reduction of each slice alone is the judge: the same bits.
void expect_segments(Engine& engine, const Array& a, const std::vector<std::int64_t>& offsets, int axis) {
    struct Pair {
        Array (*segments)(const Array&, const Array&, int);
        Array (*plain)(const Array&, const Axes&, KeepDims);
        bool extreme;
    };
    const bool integers = !is_float(a.dtype()) && !is_complex(a.dtype());
    for (const auto& pair : {Pair{segment_sum, sum, false},
                             {segment_mean, mean, false},
                             {segment_min, min, true},
                             {segment_max, max, true}}) {
        std::vector<std::int64_t> own;
        for (const auto offset : offsets)  // without empty segments where they have no result
            if (!pair.extreme || !integers || own.empty() || offset > own.back()) own.push_back(offset);
        const Array all = pair.segments(a, from_values(own, {static_cast<std::int64_t>(own.size())}), axis);
        for (std::size_t s = 0; s + 1 < own.size(); ++s) {
            std::vector<Index> part(static_cast<std::size_t>(a.rank()), Index(Slice{})), result = part;
            part[static_cast<std::size_t>(axis)] = Slice{own[s], own[s + 1]};
            result[static_cast<std::size_t>(axis)] = Index(static_cast<std::int64_t>(s));
            const Array got = all.subscript(result);
            const bool nothing = pair.extreme && own[s] == own[s + 1];
            const Array want = nothing ? got.astype(a.dtype()) * 0 + full(got.shape(), NAN).astype(a.dtype())
                                       : pair.plain(a.subscript(part), axis, KeepDims::no);
            expect_same(engine, got, want,
                        std::string(name_of(a.dtype())) + " " + to_string(a.shape()) + " segment " + std::to_string(s) +
                            " along " + std::to_string(axis));
        }
    }
}

TEST(SegmentOperations, HaveTheBitsOfThePlainReductions) {
    Engine engine(EngineOptions{.threads = 2});
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        expect_segments(engine, mixed(dtype, {9001}), {0, 0, 1, 3, 66, 66, 1090, 2114, 4163, 9001, 9001}, 0);
        expect_segments(engine, mixed(dtype, {3, 1100}), {0, 5, 5, 1100}, 1);
        expect_segments(engine, mixed(dtype, {2, 600, 3}), {0, 1, 257, 257, 600}, 1);
        expect_segments(engine, mixed(dtype, {5, 2, 70}), {0, 2, 2, 5}, 0);
    }
    const Array a = mixed(DType::float32, {6, 40, 9});
    expect_segments(engine, a.transpose(), {0, 4, 4, 9}, 0);
    expect_segments(engine, a(Slice{{}, {}, -1}, Slice{3, {}, 5}), {0, 2, 8}, 1);
    expect_segments(engine, a(2, Slice{}, newaxis, 4).broadcast_to({2, 40, 5}), {0, 17, 40}, 1);
    expect_segments(engine, a * 2.0F + a(0), {0, 6}, 0);
    const Array long_one = mixed(DType::float64, {300007});
    expect_same(engine, segment_sum(long_one, from_values(std::vector<int>{0, 300007}, {2}))(0), sum(long_one),
                "one segment");
}

TEST(SegmentOperations, OfNothing) {
    Engine engine(EngineOptions{.threads = 2});
    const Array none = mixed(DType::float64, {0, 3}), no_offsets = from_values(std::vector<int>{0}, {1}),
                two = from_values(std::vector<int>{0, 0, 0}, {3});
    EXPECT_EQ(values<double>(engine, segment_sum(none, two)), std::vector<double>(6, 0));
    EXPECT_EQ(segment_sum(none, no_offsets).shape(), (Shape{0, 3}));
    EXPECT_EQ(values<double>(engine, segment_sum(none, no_offsets)).size(), 0u);
    EXPECT_TRUE(std::isnan(values<double>(engine, segment_max(none, two))[5]));
    EXPECT_EQ(values<double>(engine, group_sum(none, none.astype(DType::int32), 2, 0)), std::vector<double>(6, 0));
    EXPECT_EQ(values<double>(engine, group_sum(none, none.astype(DType::int32), 2)), std::vector<double>(2, 0));
    EXPECT_EQ(values<double>(engine, group_sum(none.transpose(), no_offsets(Slice{0, 0}), 2, 1)),
              std::vector<double>(6, 0));
    EXPECT_EQ(group_sum(mixed(DType::float64, {3, 0}), from_values(std::vector<int>{0, 1, 1}, {3}), 2, 0).shape(),
              (Shape{2, 0}));
    const Array empty = from_values(std::vector<int>{}, {0});
    EXPECT_EQ(bincount(empty).shape(), Shape{0});
    EXPECT_EQ(values<std::int64_t>(engine, bincount(empty)).size(), 0u);
    EXPECT_EQ(values<std::int64_t>(engine, bincount(empty, 3)), std::vector<std::int64_t>(3, 0));
    EXPECT_EQ(values<double>(engine, bincount(empty, empty, 2)), std::vector<double>(2, 0));
    // As NumPy has it, nothing may be of any type.
    EXPECT_EQ(values<std::int64_t>(engine, bincount(empty.astype(DType::float64), 2)), std::vector<std::int64_t>(2, 0));
}

TEST(GroupOperations, FitTheMemoryOrFailBeforeAnythingRuns) {
    Engine engine(EngineOptions{.threads = 2});
    TempDir folder;
    const auto path = (folder / "a.h5").string();
    const NamedArray named[] = {{"a", mixed(DType::float32, {40, 3000})}, {"l", labels_of({40, 3000}, 30)}};
    write_hdf5(engine, path, named, {.chunks = Shape{4, 500}});
    const Array a = open_dataset(path, "/a"), labels = open_dataset(path, "/l");
    const Array wanted = group_sum(a, labels, 30) + bincount(labels(0), a(0), 30) +
                         sum(segment_max(a, from_values(std::vector<int>{0, 17, 40}, {3})), 1)(0);
    expect_in_any_memory(engine, wanted, 100'000, 4'000'000, "counting and grouping");
}

// What an error says, whichever engine and however many pieces.
template <class E, class F>
void expect_error(F&& work, const std::string& part) {
    for (const EngineOptions& options : {EngineOptions{.threads = 7}, EngineOptions{.device = "reference"}}) {
        Engine engine(options);
        try {
            evaluate(engine, work()).wait();
            ADD_FAILURE() << "no error with " << part;
        } catch (const E& e) {
            EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
            EXPECT_FALSE(e.remedy().empty());
        }
    }
}

TEST(GroupOperations, NameWhatIsWrong) {
    const Array a = mixed(DType::float32, {300, 2000});
    std::vector<std::int32_t> bad(600000);
    bad[451 * 1000 + 7] = 9;
    bad[451 * 1000 + 8] = -3;
    bad[599999] = 77;
    const Array labels = from_values(bad, {300, 2000});
    expect_error<ArgumentError>([&] { return group_sum(a, labels, 5); }, "the label 9 at index (225, 1007)");
    expect_error<ArgumentError>([&] { return group_sum(a, labels, 10, 0); }, "the label -3 at index (225, 1008)");
    expect_error<ArgumentError>([&] { return group_sum(a, labels, 10, 1); }, "the label -3 at index (225, 1008)");
    expect_error<ArgumentError>([&] { return group_count(labels.astype(DType::uint64), 10); },
                                "the label 18446744073709551613 at index (225, 1008)");
    expect_error<ArgumentError>([&] { return group_sum(a, labels(225), 5, 1); }, "the label 9 at index 1007");
    expect_error<ArgumentError>([&] { return group_min(labels * 0, labels * 0 + 2, 5, 1); }, "group 0 has no smallest");
    expect_error<ArgumentError>([&] { return group_max(labels(0), labels(0) % 2 * 0, 2); }, "group 1 has no largest");
    expect_error<ShapeError>([&] { return group_sum(a, labels(0), 5, 0); }, "2000 labels for 300");
    expect_error<ShapeError>([&] { return group_sum(a, labels(Slice{}, 0), 5); }, "broadcast");
    expect_error<ShapeError>([&] { return group_sum(a, labels, 5, 2); }, "axis");
    expect_error<DTypeError>([&] { return group_sum(a, a, 5); }, "needs integers");
    expect_error<ArgumentError>([&] { return group_sum(a, labels, 0); }, "at least one group");
    expect_error<ArgumentError>([&] { return group_sum(a, labels, std::int64_t{1} << 60, 0); }, "too many results");
    const auto offsets = [&](std::vector<std::int64_t> list) {
        return segment_sum(a, from_values(list, {static_cast<std::int64_t>(list.size())}));
    };
    expect_error<ArgumentError>([&] { return offsets({1, 300}); }, "index 0: the first is 1");
    expect_error<ArgumentError>([&] { return offsets({0, 200, 199, 300}); }, "index 2: 199 is less than 200");
    expect_error<ArgumentError>([&] { return offsets({0, 301}); }, "the last is 301, the axis has 300");
    expect_error<ArgumentError>([&] { return offsets({0, std::int64_t{1} << 62, 300}); }, "index 2");
    expect_error<ArgumentError>(
        [&] {
            return segment_min(labels, from_values(std::vector<int>{0, 3, 3, 300}, {4}));
        },
        "segment 1 of");
    expect_error<ShapeError>([&] { return offsets({}); }, "at least one");
    expect_error<DTypeError>([&] { return segment_sum(a, a(0)); }, "must be integers");
    expect_error<ArgumentError>([&] { return bincount(from_values(bad, {600000})); }, "the negative value -3");
    expect_error<ArgumentError>([&] { return bincount(from_values(bad, {600000})); }, "index 451008");
    expect_error<ArgumentError>([&] { return bincount(full<std::uint64_t>({3}, ~std::uint64_t{0})); }, "too many");
    expect_error<ShapeError>([&] { return bincount(labels); }, "a row");
    expect_error<ShapeError>([&] { return bincount(labels(0), a(Slice{}, 0)); }, "a weight for each");
    expect_error<DTypeError>([&] { return bincount(labels(0), a(0).astype(DType::complex64)); }, "real");
    expect_error<DTypeError>([&] { return bincount(a(0)); }, "integers");
    expect_error<ArgumentError>([&] { return bincount(labels(0), -1); }, "negative");
}

}  // namespace
}  // namespace heddle::test
