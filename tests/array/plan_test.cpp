#include "host/array/plan.hpp"

#include <gtest/gtest.h>

#include <mutex>

#include "heddle/error.hpp"
#include "tests/array/judge.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

using array::Plan;
using array::Target;

// Collects what arrives, and checks that the tiles fit.
class Collector : public array::Sink {
public:
    explicit Collector(const Shape& shape) : shape_(shape), values_(static_cast<std::size_t>(shape.count()), NAN) {}
    void write(const Box& box, const void* values) override {
        ASSERT_EQ(box.rank(), shape_.rank());
        const auto* next = static_cast<const float*>(values);
        const Shape strides = dense_strides(shape_);
        Shape at = box.lo;
        for (std::int64_t n = 0; n < box.count(); ++n) {
            std::int64_t offset = 0;
            for (int axis = 0; axis < at.rank(); ++axis) offset += at[axis] * strides[axis];
            values_[static_cast<std::size_t>(offset)] = *next++;
            for (int axis = at.rank() - 1; axis >= 0 && ++at[axis] == box.hi[axis]; --axis) at[axis] = box.lo[axis];
        }
        ++tiles;
    }
    const std::vector<double> values() const { return {values_.begin(), values_.end()}; }
    int tiles = 0;

private:
    Shape shape_;
    std::vector<float> values_;
};

class Plans : public testing::Test {
protected:
    Plans() {
        std::vector<float> data(40 * 30 * 500);
        for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<float>(i % 1013);
        const NamedArray named[] = {{"raw", from_values(data, {40, 30, 500})}};
        write_hdf5(engine, path, named, {.chunks = Shape{4, 7, 90}, .gzip = 1});
        raw.emplace(open_dataset(path, "/raw"));
        host.emplace(named[0].array);
    }
    TempDir folder;
    std::string path = (folder / "in.h5").string();
    Engine engine{EngineOptions{.threads = 2}};
    std::optional<Array> raw, host;
};

TEST_F(Plans, ResultsThatShareInputsTakeOnePass) {
    Plan plan(engine, {{mean(*raw, 0), "m"}, {stddev(*raw, 0), "s"}, {max(*raw), "top"}, {*raw * 2.0f, "d"}});
    ASSERT_EQ(plan.report().passes.size(), 1u);
    EXPECT_EQ(plan.report().bytes_read, 40 * 30 * 500 * 4);
}

TEST_F(Plans, EqualComputationsAreOne) {
    Plan plan(engine, {{(*raw - mean(*raw, 0)) / stddev(*raw - mean(*raw, 0), 0), "z"}});
    EXPECT_EQ(plan.report().passes.size(), 3u);
}

TEST_F(Plans, ResultsWaitForALaterPassOverTheSameInput) {
    Plan plan(engine, {{*raw / mean(*raw * 2.0f, 0), "a"}, {*raw + 1.0f, "b"}});
    EXPECT_EQ(plan.report().bytes_read, 2 * 40 * 30 * 500 * 4);
}

TEST_F(Plans, PassesTakeTurnsWhereTheyDoNotFitTogether) {
    const Array wanted = (*raw - mean(*raw, 0)) / stddev(*raw * 2.0f, 0);
    const auto expected = values<double>(engine, wanted);
    int done = 0;
    for (std::size_t memory = 150'000; memory < 4'000'000; memory += 100'000) {
        Engine small(EngineOptions{.threads = 2, .memory = memory});
        Collector collector({40, 30, 500});
        std::optional<Plan> plan;
        try {
            plan.emplace(small, std::vector<Target>{{wanted.astype(DType::float32), "z", &collector}});
        } catch (const OutOfMemory&) {
            EXPECT_EQ(done, 0) << "less memory was enough";
            continue;
        }
        Scope scope(small);
        plan->submit(scope);
        scope.wait();
        EXPECT_LE(small.memory_peak(), memory);
        ++done;
        const auto found = collector.values();
        for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], static_cast<float>(expected[i])) << i;
    }
    EXPECT_GT(done, 30);
}

TEST_F(Plans, BroadcastOperandsAreComputedOnce) {
    const Array row = exp(arange(0, 500).astype(DType::float64) / 100.0);
    Plan plan(engine, {{*raw + row * row, "r"}});
    ASSERT_EQ(plan.report().passes.size(), 2u);
    EXPECT_EQ(plan.report().passes[0].shape, (Shape{500}));
    EXPECT_EQ(plan.report().passes[1].programs[0].find("exp"), std::string::npos);
}

TEST_F(Plans, TilesAreWholeChunksAndStreamIntoTheSink) {
    Engine small(EngineOptions{.threads = 2, .memory = 3u << 20});
    Collector sink({40, 30, 500});
    Plan plan(small, {{*raw + 1.0f, "r", &sink}});
    const auto& pass = plan.report().passes.at(0);
    EXPECT_GT(pass.tiles, 1);
    EXPECT_LE(plan.report().memory_peak, 3 << 20);
    Scope scope(small);
    plan.submit(scope);
    scope.wait();
    EXPECT_EQ(sink.tiles, pass.tiles);
    EXPECT_EQ(sink.values(), values<double>(engine, *host + 1.0f));
    EXPECT_LE(small.memory_peak(), 3u << 20);
    EXPECT_EQ(plan.progress().bytes_done.load(), plan.progress().bytes_total);
}

TEST_F(Plans, SelectionsAndStepsOfFilesAgreeWithMemory) {
    Engine small(EngineOptions{.threads = 2, .memory = 3u << 20});
    const Array key = arange(0, 40) % 3;
    const auto list = from_values(std::vector<int>{5, 5, 0, 29, -2}, {5});
    const auto apply = [&](const Array& a) {
        return std::vector<Array>{a(key == 1) - mean(a(key == 0), 0), a(Slice{35, 2, -3}, 4, Slice{1, {}, 7}) * 2.0f,
                                  a(Slice{}, list, Slice{0, 500, 100}), a.transpose()(3) + 1.0f,
                                  sum(a(Slice{1, {}}) - a(Slice{0, -1}), 0)};
    };
    const auto from_file = apply(*raw), from_memory = apply(*host);
    for (std::size_t i = 0; i < from_file.size(); ++i)
        EXPECT_EQ(values<double>(small, from_file[i]), values<double>(engine, from_memory[i])) << i;
}

TEST_F(Plans, TooLittleMemoryIsAnErrorBeforeAnyWork) {
    Engine tiny(EngineOptions{.threads = 1, .memory = 1000});
    EXPECT_THROW(Plan(tiny, {{*raw + 1.0f, "r"}}), OutOfMemory);
    Collector sink({40, 30, 500});
    EXPECT_NO_THROW(Plan(tiny, {{*raw + 1.0f, "r", &sink}}));
    Engine none(EngineOptions{.threads = 1, .memory = 10});
    EXPECT_THROW(Plan(none, {{*raw + 1.0f, "r", &sink}}), OutOfMemory);
}

TEST_F(Plans, WarnOfWrappingIntegers) {
    const Array u = from_values(std::vector<std::uint16_t>{1, 2}, {2});
    EXPECT_EQ(Plan(engine, {{u - u, "d"}}).report().warnings.size(), 1u);
    EXPECT_EQ(Plan(engine, {{u.astype(DType::float32) - u, "d"}}).report().warnings.size(), 0u);
    EXPECT_EQ(Plan(engine, {{u + u, "d"}}).report().warnings.size(), 1u);
}

TEST_F(Plans, CountNanAndInfinities) {
    const Array a = from_values(std::vector<float>{0, 1, -1, 0}, {4});
    Plan plan(engine, {{a / 0.0f, "q", nullptr, nullptr, array::Statistics::non_finite},
                       {max(1.0f / a), "m", nullptr, nullptr, array::Statistics::non_finite}});
    Scope scope(engine);
    plan.submit(scope);
    scope.wait();
    EXPECT_EQ(plan.stats(0).nan, 2);
    EXPECT_EQ(plan.stats(0).inf, 2);
    EXPECT_EQ(plan.stats(1).inf, 1);
}

TEST_F(Plans, AxesRememberWhereTheyComeFrom) {
    const auto origins = array::axis_origins(mean((*raw * 2.0f)(Slice{10, 2, -2}, ellipsis, newaxis), 1));
    ASSERT_EQ(origins.size(), 3u);
    EXPECT_EQ(origins[0]->axis, 0);
    EXPECT_EQ(origins[0]->start, 10);
    EXPECT_EQ(origins[0]->step, -2);
    EXPECT_EQ(origins[1]->axis, 2);
    EXPECT_FALSE(origins[2]);
}

}  // namespace
}  // namespace heddle::test
