#include <gtest/gtest.h>

#include <atomic>

#include "tests/schedule/support.hpp"

namespace heddle::test {
namespace {

class Errors : public testing::TestWithParam<Setup> {};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
#define EXPECT_CONTAINS(text, part) EXPECT_TRUE(contains(text, part)) << text

TEST_P(Errors, AForeignExceptionBecomesATaskErrorWithItsCauseAndTask) {
    Engine engine(GetParam().options());
    Buffer<float> a(engine, Shape{181, 2, 640});
    Scope scope(engine);
    const TaskName name = "boom";
    const int line = __LINE__ - 1;
    scope.submit(
        name, [](View<float>) { throw std::runtime_error("the coffee is cold"); }, write(a));
    try {
        scope.wait();
        FAIL();
    } catch (const TaskError& error) {
        ASSERT_NE(error.task(), nullptr);
        EXPECT_EQ(error.task()->task, "boom");
        EXPECT_EQ(error.task()->submitted.line(), static_cast<unsigned>(line));
        EXPECT_EQ(error.task()->accesses, std::vector<std::string>{"write float32 (181, 2, 640)"});
        EXPECT_EQ(error.task()->device, GetParam().device);
        EXPECT_CONTAINS(error.what(), "the coffee is cold");
        EXPECT_CONTAINS(error.what(), "errors_test.cpp");
        EXPECT_THROW(std::rethrow_exception(error.cause()), std::runtime_error);
    }
    EXPECT_NO_THROW(scope.wait());  // thrown once
}

TEST_P(Errors, HeddlesOwnErrorsKeepTheirType) {
    Engine engine(GetParam().options());
    Scope scope(engine);
    scope.submit("io", [] { throw IoError("cannot read", "the disk is gone", "plug it in"); });
    try {
        scope.wait();
        FAIL();
    } catch (const IoError& error) {
        EXPECT_EQ(error.reason(), "the disk is gone");
        ASSERT_NE(error.task(), nullptr);
        EXPECT_EQ(error.task()->task, "io");
    }
}

TEST_P(Errors, SomethingThatIsNoStdException) {
    Engine engine(GetParam().options());
    engine.submit("odd", [] { throw 42; });
    EXPECT_THROW(engine.wait(), TaskError);
}

TEST_P(Errors, DependentsAreSkippedIndependentTasksRunAnOverwriteHeals) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{10}, {.tile = Shape{5}}), b(engine, Shape{10}), c(engine, Shape{10});
    std::atomic<int> ran{0};
    {
        Scope scope(engine);
        scope.submit(
            "fill", [](View<int> v) { std::fill(v.begin(), v.end(), 1); }, write(a));
        scope.submit(
            "fill", [](View<int> v) { std::fill(v.begin(), v.end(), 1); }, write(c));
        scope.submit(
            "bad", [](View<int>) { throw std::runtime_error("bad"); }, update(a, Box{{0}, {5}}));
        scope.submit(
            "skipped", [&](View<const int>, View<int>) { ran += 1; }, read(a), write(b));
        scope.submit(
            "skipped too", [&](View<const int>, View<int>) { ran += 10; }, read(b), update(c));
        scope.submit(
            "other tile", [&](View<const int>) { ran += 100; }, read(a, Box{{5}, {10}}));
        EXPECT_THROW(scope.wait(), TaskError);
        EXPECT_EQ(ran, 100);
        EXPECT_EQ(scope.errors().size(), 0u);
    }
    EXPECT_THROW(a.host_view(), TaskError);
    EXPECT_THROW(b.host_view(), TaskError);
    EXPECT_THROW(c.host_view(), TaskError);
    Scope again(engine);
    again.submit(
        "partial", [](View<int> v) { v[0] = 5; }, write(a, Box{{0}, {2}}));
    again.wait();  // needs nothing of the spoiled values, and does not make the tile sound
    EXPECT_THROW(a.host_view(), TaskError);
    again.submit(
        "tile", [](View<int> v) { std::fill(v.begin(), v.end(), 2); }, write(a, Box{{0}, {5}}));
    again.submit(
        "b", [](View<const int> x, View<int> y) { y[0] = x[0] + x[9]; }, read(a), write(b));
    again.wait();
    EXPECT_EQ(a.host_view()[0], 2);
    EXPECT_EQ(b.host_view()[0], 3);
}

TEST_P(Errors, WriteAfterReadIsNoNeed) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{1}), b(engine, Shape{1});
    Scope scope(engine);
    scope.submit(
        "fill", [](View<int> v) { v[0] = 1; }, write(a));
    scope.submit(
        "bad reader", [](View<const int>, View<int>) { throw 1; }, read(a), write(b));
    scope.submit(
        "writer", [](View<int> v) { v[0] = 2; }, update(a));
    EXPECT_THROW(scope.wait(), TaskError);
    EXPECT_EQ(a.host_view()[0], 2);
}

TEST_P(Errors, TheEarliestSubmittedIsThrownTheOthersComeAlong) {
    Engine engine(GetParam().options());
    Scope scope(engine);
    std::atomic<int> started{0};
    for (int i = 0; i < 20; ++i)
        scope.submit(std::string("task ") + std::to_string(i), [&started, i] {
            ++started;
            if (i % 2 == 1) throw std::runtime_error("number " + std::to_string(i));
        });
    try {
        scope.wait();
        FAIL();
    } catch (const Error& error) {
        EXPECT_CONTAINS(error.what(), "number 1;");
        EXPECT_EQ(error.task()->task, "task 1");
        EXPECT_EQ(error.others().size(), 9u);
    }
    EXPECT_EQ(started, 20);
}

TEST_P(Errors, APieceThatThrowsFailsItsTask) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{100});
    Scope scope(engine);
    scope.submit(
        {.name = "pieces", .pieces = 100},
        [](const Piece& piece, View<int> v) {
            if (piece.index == 37) throw ArgumentError("37", "is bad", "");
            v[piece.index] = 1;
        },
        write(a));
    EXPECT_THROW(scope.wait(), ArgumentError);
    EXPECT_THROW(a.host_view(), ArgumentError);
}

TEST_P(Errors, AnErrorThatNobodySawIsPrinted) {
    testing::internal::CaptureStderr();
    {
        Engine engine(GetParam().options());
        {
            Scope scope(engine);
            scope.submit("quiet", [] { throw std::runtime_error("unseen in a scope"); });
        }
        engine.submit("quiet", [] { throw std::runtime_error("unseen in the engine"); });
        {
            Scope scope(engine);
            scope.submit("loud", [] { throw std::runtime_error("seen"); });
            EXPECT_THROW(scope.wait(), TaskError);
        }
    }
    const auto text = testing::internal::GetCapturedStderr();
    EXPECT_CONTAINS(text, "unseen in a scope");
    EXPECT_CONTAINS(text, "unseen in the engine");
    EXPECT_FALSE(contains(text, ": seen")) << text;
}

TEST_P(Errors, BadSubmissionsAreRefused) {
    Engine engine(GetParam().options()), other(GetParam().options());
    Buffer<int> a(engine, Shape{4}), foreign(other, Shape{4});
    Scope scope(engine);
    const auto nothing = [](auto...) {};
    EXPECT_CONTAINS(message_of<ShapeError>([&] {
                        scope.submit("t", nothing, read(a, Box{{2}, {5}}));
                    }),
                    "the region from (2,) to (5,) is not in the buffer");
    EXPECT_CONTAINS(message_of<ShapeError>([&] { scope.submit("t", nothing, read(a, Box{{0, 0}, {1, 1}})); }), "rank");
    EXPECT_CONTAINS(message_of<ArgumentError>([&] { scope.submit("t", nothing, read(foreign)); }), "another engine");
    EXPECT_CONTAINS(message_of<ArgumentError>([&] { scope.submit({.name = "t", .pieces = 0}, nothing, read(a)); }),
                    "0 pieces");
    EXPECT_CONTAINS(message_of<ArgumentError>([&] { scope.submit({.name = "t", .bytes = -1}, nothing, read(a)); }),
                    "negative");
    EXPECT_CONTAINS(message_of<ShapeError>([&] { Buffer<int>(engine, Shape{-1}); }), "negative");
    EXPECT_CONTAINS(message_of<ShapeError>([&] { Buffer<int>(engine, Shape{4}, {.tile = Shape{0}}); }), "positive");
    EXPECT_CONTAINS(message_of<ShapeError>([&] { Buffer<int>(engine, Shape{4}, {.tile = Shape{2, 2}}); }), "per axis");
    EXPECT_CONTAINS(message_of<ShapeError>([&] { Buffer<int>(engine, Shape{1LL << 40, 1LL << 40}); }), "64 bits");
    scope.wait();
    EXPECT_NO_THROW(a.host_view());
}

TEST(EngineOptions, BadOnesAreRefused) {
    EXPECT_CONTAINS(message_of<ArgumentError>([] { Engine({.device = "abacus"}); }), "unknown device 'abacus'");
    EXPECT_CONTAINS(message_of<ArgumentError>([] { Engine({.threads = -1}); }), "-1 threads");
    EXPECT_CONTAINS(message_of<ArgumentError>([] { Engine({.max_tasks = 0}); }), "max_tasks");
}

TEST(EngineOptions, TheEnvironmentChoosesTheDevice) {
    setenv("HEDDLE_DEVICE", "reference", 1);
    EXPECT_EQ(Engine().device(), "reference");
    EXPECT_EQ(Engine({.device = "omp"}).device(), "omp");
    unsetenv("HEDDLE_DEVICE");
    EXPECT_EQ(Engine({.threads = 3}).threads(), 3);
}

TEST_P(Errors, MemoryBeyondTheBudgetIsAnErrorOfTheTask) {
    auto options = GetParam().options();
    options.memory = 1 << 20;
    Engine engine(options);
    Buffer<float> small(engine, Shape{1000}), big(engine, Shape{1 << 20}, {.name = "big one"});
    Scope scope(engine);
    scope.submit(
        "small", [](View<float> v) { v[0] = 1; }, write(small));
    scope.submit(
        "big", [](View<float> v) { v[0] = 1; }, write(big));
    EXPECT_CONTAINS(message_of<OutOfMemory>([&] { scope.wait(); }), "buffer 'big one' of float32 (1048576,)");
    EXPECT_EQ(small.host_view()[0], 1);
    EXPECT_LE(engine.memory_peak(), engine.memory_limit());
}

TEST_P(Errors, ACancelledInputDoesNotHideAnError) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{1}), b(engine, Shape{1});
    Scope cancelled(engine), failed(engine), both(engine);
    cancelled.cancel();
    cancelled.submit(
        "never runs", [](View<int>) {}, write(a));
    failed.submit(
        "bad", [](View<int>) { throw IoError("x", "y", "z"); }, write(b));
    both.submit(
        "sum", [](View<const int>, View<const int>) {}, read(a), read(b));
    EXPECT_THROW(both.wait(), IoError);
    EXPECT_THROW(failed.wait(), IoError);
    EXPECT_THROW(cancelled.wait(), Cancelled);
}

TEST_P(Errors, AnEmptyBoxSpoilsNothingAnEmptyBufferIsSpoiled) {
    Engine engine(GetParam().options());
    Buffer<int> empty(engine, Shape{0}), full(engine, Shape{4, 2});
    full.host_view_for_update()(0, 0) = 3;
    Scope scope(engine);
    scope.submit(
        "bad", [](View<int>, View<int>) { throw 1; }, write(empty), write(full, Box{{0, 0}, {0, 2}}));
    EXPECT_THROW(scope.wait(), TaskError);
    EXPECT_EQ(full.host_view()(0, 0), 3);
    EXPECT_THROW(empty.host_view(), TaskError);
    scope.submit(
        "bad", [](View<int>) { throw 1; }, write(full));
    EXPECT_THROW(scope.wait(), TaskError);
    scope.submit(
        "nothing", [](View<const int>) {}, read(full, Box{{4, 0}, {4, 2}}));
    scope.wait();
}

INSTANTIATE_TEST_SUITE_P(Setups, Errors, testing::ValuesIn(kSetups),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace heddle::test
