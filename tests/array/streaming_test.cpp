// Operations over neighbours far away, in passes over files larger than the memory.

#include <gtest/gtest.h>

#include <functional>

#include "heddle/error.hpp"
#include "heddle/heddle.hpp"
#include "host/array/order.hpp"
#include "tests/array/array_values.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

// Found by counting digits, and by sorting.
TEST(InOrder, AreTheElementsOfSortedLines) {
    Engine reference(EngineOptions{.device = "reference"}), two(EngineOptions{.threads = 2}),
        seven(EngineOptions{.threads = 7});
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        if (is_complex(dtype)) continue;
        for (const std::int64_t n : {1, 2, 4097, 70'001})
            for (const Shape& shape : {Shape{3, n}, Shape{n, 3}}) {
                const int axis = shape[0] == n ? 0 : 1;
                const Array a = mixed(dtype, shape);
                const std::vector<std::int64_t> at =
                    n < 4 ? std::vector<std::int64_t>{n - 1} : std::vector<std::int64_t>{0, n / 3, n / 3 + 1, n - 1};
                const Array sorted = sort(a, axis), all = sort(a, {});
                std::vector<Array> want, of_all;
                for (const auto i : at) {
                    const Slice one{i, i + 1};
                    want.push_back(axis == 0 ? sorted(one) : sorted(Slice{}, one));
                    of_all.push_back(all(one));
                }
                const auto what = std::string(name_of(dtype)) + " " + to_string(shape);
                for (auto* engine : {&reference, &two, &seven}) {
                    expect_same(*engine, array::in_order(a, at, axis), concatenate(want, axis), what);
                    expect_same(*engine, array::in_order(a, at, {}), concatenate(of_all, 0), what + ", all");
                }
            }
    }
}

constexpr std::int64_t kRows = 240, kColumns = 2100;
constexpr std::size_t kLittle = 1'300'000;  // bytes, of which a float64 array takes 4 million

class Streams : public testing::Test {
protected:
    Streams() {
        const Array x = mixed(DType::float64, {kRows, kColumns}), w = mixed(DType::float64, {kRows, kColumns}, 8);
        // Without NaN, which would hide what comes after it.
        const Array tame = where(isfinite(x), fmod(x, 1000.0), 3.25);
        const Array labels = (arange(0, kRows * kColumns) * 7919 % 10'007 % 30).astype(DType::int32);
        const NamedArray named[] = {{"x", x},
                                    {"tame", tame},
                                    {"w", where(isfinite(w), fmod(w, 10.0), 1.5)},
                                    {"labels", reshape(labels, {kRows, kColumns})}};
        write_hdf5(engine, path(), named, {.chunks = Shape{13, 700}});
    }
    std::string path() const { return (folder / "in.h5").string(); }
    Array file(const char* name) const { return open_dataset(path(), std::string("/") + name); }

    static std::vector<EngineOptions> little_ones() {
        return {{.threads = 1, .memory = kLittle},
                {.threads = 2, .memory = kLittle},
                {.threads = 7, .memory = kLittle},
                {.threads = 1, .device = "reference", .memory = kLittle},
                {.threads = 2, .device = "sim:devices=3,memory=1M", .memory = kLittle}};
    }

    // The values in memory, where all fits; `passes` over files at least.
    void expect_streams(const std::string& name, const Array& wanted, std::size_t passes = 1) {
        const auto expected = bytes_of(engine, wanted);
        for (const auto& options : little_ones()) {
            Engine little(options);
            const auto what = name + " by " + std::to_string(options.threads) + " " + options.device;
            try {
                array::Plan plan(little, {{wanted, "wanted"}});
                EXPECT_GE(plan.report().passes.size(), passes) << what;
                Scope scope(little);
                const auto result = plan.submit(scope);
                scope.wait();
                EXPECT_LE(little.memory_peak(), kLittle) << what;
                expect_same(wanted.dtype(), bytes_of(little, result[0]), expected, what);
            } catch (const Error& error) {
                ADD_FAILURE() << what << ": " << error.what();
            }
        }
    }
    // The same into a file.
    void expect_streams_to_file(const std::string& name, const Array& wanted) {
        const auto expected = bytes_of(engine, wanted);
        for (const auto& options : little_ones()) {
            Engine little(options);
            const auto what = name + " by " + std::to_string(options.threads) + " " + options.device;
            const auto out = (folder / "out.h5").string();
            const NamedArray named[] = {{"y", wanted}};
            try {
                write_hdf5(little, out, named, {.chunks = Shape{16, 500}, .overwrite = Overwrite::replace});
                EXPECT_LE(little.memory_peak(), kLittle) << what;
                expect_same(wanted.dtype(), bytes_of(engine, open_dataset(out, "/y")), expected, what);
            } catch (const Error& error) {
                ADD_FAILURE() << what << ": " << error.what();
            }
        }
    }

    TempDir folder;
    Engine engine{EngineOptions{.threads = 2}};
};

TEST_F(Streams, QuantilesOfAll) {
    const Array x = file("x"), tame = file("tame");
    expect_streams("median", median(tame), 4);
    expect_streams("quantile of NaN", quantile(x, 0.25), 4);
    expect_streams("of float32", quantile(tame.astype(DType::float32), 0.1, {}, KeepDims::yes), 2);
    expect_streams("of an expression", median(tame * 2.0 - file("w")), 4);
    for (const DType dtype : {DType::int16, DType::uint8, DType::int64, DType::float16, DType::boolean})
        expect_streams(std::string(name_of(dtype)), quantile(tame.astype(dtype), 1.0 / 3));
    // Those of one array share their passes, of 8 bits each in so little memory.
    Engine little(EngineOptions{.threads = 2, .memory = kLittle});
    array::Plan plan(little, {{median(tame), "a"}, {quantile(tame, 0.9), "b"}, {max(tame), "c"}});
    EXPECT_EQ(plan.report().bytes_read, 8 * tame.size() * 8);
}

TEST_F(Streams, QuantilesOfLines) {
    const Array x = file("x"), tame = file("tame");
    expect_streams("along the columns", median(tame, 0));
    expect_streams("along the rows", quantile(x, 0.3, 1, KeepDims::yes));
    expect_streams("of narrow ones", quantile(tame.astype(DType::uint8), 0.7, 0));
}

TEST_F(Streams, RunningValues) {
    const Array x = file("x"), tame = file("tame");
    for (const Axis axis : {Axis(0), Axis(1)}) {
        const auto along = std::to_string(*axis);
        expect_streams_to_file("cumsum " + along, cumsum(tame, axis));
        expect_streams_to_file("cumprod " + along, cumprod(tame / 300.0, axis));
        expect_streams_to_file("cummax " + along, cummax(x, axis));
    }
    expect_streams("in memory", cummin(tame.astype(DType::uint8), 0));
    expect_streams("all in memory", cummax(tame.astype(DType::int8)));
    const auto expected = bytes_of(engine, cumsum(tame));
    const auto out = (folder / "sum.h5").string();
    const NamedArray named[] = {{"y", cumsum(tame)}};
    for (const auto& options : little_ones()) {
        Engine little(options);
        write_hdf5(little, out, named, {.overwrite = Overwrite::replace});
        expect_same(DType::float64, bytes_of(engine, open_dataset(out, "/y")), expected, "cumsum of all");
    }
}

TEST_F(Streams, CountsAndGroups) {
    const Array x = file("x"), tame = file("tame"), w = file("w"), labels = file("labels");
    const Array edges = from_values(std::vector<double>{-500, -3, -1, 0, 0.5, 2, 100, 700}, {8});
    expect_streams("edges", histogram(x, {.edges = edges}, {}).counts);
    expect_streams("weights", histogram(tame, {.count = 20, .range = HistogramRange{-50, 60}}, {.weights = w}).counts);
    expect_streams("weights, own range",
                   histogram(tame, {.edges = edges}, {.weights = w, .density = Density::yes}).counts);
    expect_streams("pairs", histogram2d(tame, w, {.count = 9}, {.count = 7}).counts);
    expect_streams("group_sum", group_sum(tame, labels, 30));
    expect_streams("group_mean", group_mean(tame * 0.5, labels, 30));
    expect_streams("group_max", group_max(x, labels, 30));
    expect_streams("group_count", group_count(labels, 30));
    const Array rows = (arange(0, kRows) % 5).astype(DType::int64), columns = arange(0, kColumns) % 4;
    expect_streams("rows by label", group_sum(tame, rows, 5, 0));
    expect_streams("columns by label", group_sum(tame, columns, 4, 1));
    expect_streams("by labels of each, 0", group_min(tame, labels % 3, 3, 0));
    expect_streams("by labels of each, 1", group_sum(tame, labels % 3, 3, 1));
    expect_streams("bincount", bincount(reshape(labels, {kRows * kColumns}), reshape(tame, {kRows * kColumns}), 40));
}

TEST_F(Streams, Places) {
    const Array x = file("x");
    const Array sorted = from_values(std::vector<double>{-700, -3, -1, 0, 0, 2, 100, 700}, {8});
    expect_streams_to_file("searchsorted", searchsorted(sorted, x, Side::right));
    expect_streams_to_file("digitize", digitize(x, sorted(Slice{{}, {}, -1})));
    expect_streams("their counts", count(searchsorted(sorted, x(Slice{0, 40}))));
}

TEST_F(Streams, NamesWhatIsWrong) {
    const Array tame = file("tame"), labels = file("labels");
    const auto error_of = [](Engine& by, const Array& array) {
        try {
            bytes_of(by, array);
        } catch (const ArgumentError& error) {
            return error.problem() + error.reason();
        }
        return std::string("nothing");
    };
    Engine little(EngineOptions{.threads = 2, .memory = kLittle});
    for (const Array& wrong : {group_sum(tame, labels, 29), group_sum(tame, labels, 29, 1),
                               histogram(tame, {.edges = from_values(std::vector<double>{1, 3, 2}, {3})}, {}).counts}) {
        EXPECT_EQ(error_of(little, wrong), error_of(engine, wrong));
        EXPECT_NE(error_of(little, wrong), "nothing");
    }
    EXPECT_THROW(evaluate(little, cumsum(tame)), OutOfMemory);  // the result is as large
}

}  // namespace
}  // namespace heddle::test
