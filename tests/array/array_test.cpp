#include <gtest/gtest.h>

#include "heddle/coroutine.hpp"
#include "heddle/error.hpp"
#include "tests/array/judge.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

std::vector<double> counting(std::int64_t count) {
    std::vector<double> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
    return values;
}

class Arrays : public testing::Test {
protected:
    Engine engine{EngineOptions{.threads = 2}};
    std::vector<double> of(const Array& a) { return values<double>(engine, a); }
};

TEST_F(Arrays, SliceAsPythonDoes) {
    const Array a = from_values(counting(10), {10});
    using V = std::vector<double>;
    EXPECT_EQ(of(a[Slice{2, 5}]), (V{2, 3, 4}));
    EXPECT_EQ(of(a[Slice{{}, {}, -3}]), (V{9, 6, 3, 0}));
    EXPECT_EQ(of(a[Slice{-3, {}}]), (V{7, 8, 9}));
    EXPECT_EQ(of(a[Slice{8, 1, -4}]), (V{8, 4}));
    EXPECT_EQ(of(a[Slice{5, 2}]), V{});
    EXPECT_EQ(of(a[Slice{-100, 100, 5}]), (V{0, 5}));
    EXPECT_EQ(of(a[-1]), (V{9}));
    EXPECT_EQ(a[-1].rank(), 0);
    EXPECT_THROW(a[10], ShapeError);
    EXPECT_THROW((a[Slice{{}, {}, 0}]), ShapeError);
    EXPECT_THROW(a(1, 1), ShapeError);
}

TEST_F(Arrays, ListsBesidePositionsLieWhereNumPyPutsThem) {
    const Array a = from_values(counting(2 * 3 * 4), {2, 3, 4});
    const Array list = from_values(std::vector<std::int64_t>{3, 1}, {2});
    EXPECT_EQ(a(1, Slice{}, list).shape(), (Shape{2, 3}));
    EXPECT_EQ(of(a(1, Slice{}, list)), (std::vector<double>{15, 19, 23, 13, 17, 21}));
    EXPECT_EQ(a(Slice{}, 1, list).shape(), (Shape{2, 2}));
    EXPECT_EQ(of(a(Slice{}, 1, list)), (std::vector<double>{7, 5, 19, 17}));
    EXPECT_EQ(a(Slice{}, list[Slice{1, 2}], 0).shape(), (Shape{2, 1}));
    EXPECT_THROW(a[full({1}, std::uint64_t{0xffffffffffffffff})], ShapeError);
}

TEST_F(Arrays, ListsOfSeveralAxesReadTheSameFromAFile) {
    TempDir folder;
    const auto path = (folder / "lists.h5").string();
    const NamedArray named[] = {{"a", from_values(counting(5 * 6 * 7), {5, 6, 7})}};
    write_hdf5(engine, path, named, {.chunks = Shape{2, 3, 4}});
    const Array list = from_values(std::vector<std::int64_t>{3, 0, 3}, {3});
    const auto select = [&](const Array& x) { return x[list](Slice{}, list)(Slice{}, Slice{{}, {}, -1}, list); };
    EXPECT_EQ(of(select(open_dataset(path, "/a"))), of(select(named[0].array)));
}

TEST_F(Arrays, TheSameArrayTwiceHasItsValuesTwice) {
    const Array a = from_values(counting(4), {4}), more = a + 1.0;
    const auto found = evaluate(engine, std::vector<Array>{more, a + 1.0, sum(a), more, sum(a)});
    for (const auto k : {0u, 1u, 3u})
        EXPECT_EQ(std::vector<double>(found[k].view<double>().begin(), found[k].view<double>().end()),
                  (std::vector<double>{1, 2, 3, 4}));
    EXPECT_EQ(found[2].item<double>(), 6);
    EXPECT_EQ(found[4].item<double>(), 6);
}

TEST_F(Arrays, ResultsKeepNothingOfWhatTheyCameFrom) {
    Array x = evaluate(engine, from_values(counting(4), {4}) + 1.0);
    const std::weak_ptr<const array::Node> first = x.node();
    for (int i = 0; i < 3; ++i) {
        x = evaluate(engine, x + 1.0);
        x.wait();
    }
    EXPECT_TRUE(first.expired());
}

TEST_F(Arrays, ShapesTooLargeToCountAreErrors) {
    EXPECT_THROW(full({std::int64_t{1} << 40, std::int64_t{1} << 40}, 1.0), ShapeError);
    EXPECT_EQ(full({std::int64_t{1} << 40, 0, std::int64_t{1} << 40}, 1.0).size(), 0);
}

TEST_F(Arrays, SliceExpressionsInSeveralAxes) {
    const Shape shape{4, 5, 6};
    const auto data = counting(shape.count());
    const Array a = from_values(data, shape) * 2.0;
    const auto judge = obvious(data, shape);
    const Array part = a(Slice{3, {}, -2}, newaxis, ellipsis, Slice{1, 6, 2});
    ASSERT_EQ(part.shape(), (Shape{2, 1, 5, 3}));
    const Obvious expected{part.shape(), [&](const Shape& i) {
                               return 2 * judge.at({3 - 2 * i[0], i[2], 1 + 2 * i[3]});
                           }};
    EXPECT_EQ(of(part), expected.values());
    const Array turned = a.transpose()(Slice{}, 2);
    ASSERT_EQ(turned.shape(), (Shape{6, 4}));
    const Obvious turned_judge{turned.shape(), [&](const Shape& i) { return 2 * judge.at({i[1], 2, i[0]}); }};
    EXPECT_EQ(of(turned), turned_judge.values());
}

TEST_F(Arrays, SelectByMaskAndByList) {
    const Array a = from_values(counting(12), {4, 3});
    const Array key = from_values(std::vector<int>{1, 0, 1, 2}, {4});
    EXPECT_EQ(of(a(key == 1)), (std::vector<double>{0, 1, 2, 6, 7, 8}));
    EXPECT_EQ(of((a + 1)(Slice{}, from_values(std::vector<int>{2, 0, -1}, {3}))),
              (std::vector<double>{3, 1, 3, 6, 4, 6, 9, 7, 9, 12, 10, 12}));
    EXPECT_EQ(of(a(key == 1)(Slice{{}, {}, -1}, 0)), (std::vector<double>{6, 0}));
    EXPECT_EQ(a(key == 7).shape(), (Shape{0, 3}));
    EXPECT_EQ(of(sum(a(key == 7))), (std::vector<double>{0}));
    EXPECT_THROW(a(Slice{}, key == 1), ShapeError);
    EXPECT_THROW(a(from_values(std::vector<int>{4}, {1})), ShapeError);
    EXPECT_THROW(a(key == 1, from_values(std::vector<int>{0}, {1})), ShapeError);
    EXPECT_THROW(a(from_values(std::vector<double>{0}, {1})), ShapeError);
}

TEST_F(Arrays, BroadcastAsNumPyDoes) {
    const Array a = from_values(counting(6), {2, 3}), row = from_values(counting(3), {3});
    EXPECT_EQ(of(a - row), (std::vector<double>{0, 0, 0, 3, 3, 3}));
    EXPECT_EQ((a(Slice{}, newaxis) * row).shape(), (Shape{2, 1, 3}));
    EXPECT_EQ((a(Slice{}, newaxis) * from_values(counting(4), {4, 1})).shape(), (Shape{2, 4, 3}));
    try {
        a + from_values(counting(2), {2});
        FAIL();
    } catch (const ShapeError& error) {
        EXPECT_NE(std::string(error.what()).find("(2, 3) and (2,) differ along axis 1"), std::string::npos);
    }
}

TEST_F(Arrays, PromoteNumbersAsPythonScalars) {
    const Array f = from_values(std::vector<float>{1, 2}, {2});
    const Array u = from_values(std::vector<std::uint8_t>{200, 100}, {2});
    EXPECT_EQ((f * 2.0).dtype(), DType::float32);
    EXPECT_EQ((u + 1).dtype(), DType::uint8);
    EXPECT_EQ((u * 1.5).dtype(), DType::float64);
    EXPECT_EQ((f + full({}, 2.0)).dtype(), DType::float64);
    EXPECT_EQ(of(u + u), (std::vector<double>{144, 200}));
    EXPECT_THROW(u + 300, ArgumentError);
    EXPECT_THROW(u + -1, ArgumentError);
}

TEST_F(Arrays, MakeRanges) {
    EXPECT_EQ(of(arange(2, 11, 3)), (std::vector<double>{2, 5, 8}));
    EXPECT_EQ(of(arange(0.0, 1.0, 0.25)), (std::vector<double>{0, 0.25, 0.5, 0.75}));
    EXPECT_EQ(of(linspace(0, 1, 5)), (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
    EXPECT_EQ(of(linspace(0, 0.3, 4)[-1]), (std::vector<double>{0.3}));
    EXPECT_EQ(of(full({2, 2}, 7)), (std::vector<double>{7, 7, 7, 7}));
    EXPECT_EQ(arange(5, 2).size(), 0);
    EXPECT_THROW(arange(0, 5, 0), ArgumentError);
    EXPECT_THROW(arange(0.0, 1.0, 0.0), ArgumentError);
}

TEST_F(Arrays, BorrowWithoutCopying) {
    std::vector<double> data{1, 2, 3};
    const Array a = borrow(std::span<const double>(data), {3});
    EXPECT_EQ(a.view<double>().data(), data.data());
    EXPECT_EQ(of(a + 1), (std::vector<double>{2, 3, 4}));
    EXPECT_THROW(borrow(std::span<const double>(data), {2, 2}), ShapeError);
}

TEST_F(Arrays, ViewsNeedValuesOfTheirType) {
    const Array a = from_values(counting(3), {3});
    EXPECT_THROW((a + 1).view<double>(), ArgumentError);
    EXPECT_THROW(a.view<float>(), DTypeError);
    EXPECT_THROW(evaluate(engine, a).item<double>(), ShapeError);
    EXPECT_EQ(evaluate(engine, sum(a)).item<double>(), 3);
}

TEST_F(Arrays, ResultsFeedFurtherEvaluations) {
    Array a = from_values(counting(100000), {100000});
    for (int i = 0; i < 5; ++i) a = evaluate(engine, a + 1);
    EXPECT_EQ(of(a[-1]), (std::vector<double>{100004}));
    EXPECT_EQ(of(a - mean(a))[0], -49999.5);
}

TEST_F(Arrays, TasksErrorsComeBackAtEachWait) {
    const Array negative = from_values(std::vector<std::int64_t>{1, -1}, {2});
    const Array bad = evaluate(engine, pow(from_values(std::vector<std::int64_t>{2, 2}, {2}), negative));
    for (int i = 0; i < 2; ++i) {
        try {
            bad.view<std::int64_t>();
            FAIL();
        } catch (const ArgumentError& error) {
            ASSERT_NE(error.task(), nullptr);
            EXPECT_EQ(error.task()->task, "compute");
        }
    }
    EXPECT_EQ(of(full({2}, 1.0)), (std::vector<double>{1, 1}));
}

struct Job {
    struct promise_type {
        Job get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

Job sum_in_a_coroutine(Engine& engine, double& result, std::atomic<bool>& done) {
    const Array total = co_await evaluate(engine, sum(arange(0, 1000000)));
    result = static_cast<double>(total.item<std::int64_t>());
    done = true;
    done.notify_all();
}

TEST_F(Arrays, AreAwaitedByCoroutines) {
    double result = 0;
    std::atomic<bool> done = false;
    sum_in_a_coroutine(engine, result, done);
    done.wait(false);
    EXPECT_EQ(result, 499999500000.0);
}

}  // namespace
}  // namespace heddle::test
