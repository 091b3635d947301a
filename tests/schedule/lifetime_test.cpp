// Memory, buffers, scopes and bodies: how long each lives.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>

#include "tests/schedule/support.hpp"

namespace heddle::test {
namespace {

using namespace std::chrono_literals;

class Lifetimes : public testing::TestWithParam<Setup> {};

TEST_P(Lifetimes, ABufferMayGoBeforeItsTasks) {
    Engine engine(GetParam().options());
    std::atomic<std::int64_t> sum{0};
    Scope scope(engine);
    for (int round = 0; round < 200; ++round) {
        Buffer<int> a(engine, Shape{64}, {.tile = Shape{8}}), b(engine, Shape{64});
        scope.submit(
            "fill", [round](View<int> v) { std::fill(v.begin(), v.end(), round); }, write(a));
        scope.submit(
            "copy", [](View<const int> x, View<int> y) { std::copy(x.begin(), x.end(), y.begin()); }, read(a),
            write(b));
        scope.submit(
            "sum",
            [&sum](View<const int> v) {
                for (int x : v) sum += x;
            },
            read(b));
    }
    scope.wait();
    EXPECT_EQ(sum, 64 * 199 * 200 / 2);
    engine.wait();
}

TEST_P(Lifetimes, AnEmptyBufferMayGoBeforeItsTasks) {
    Engine engine(GetParam().options());
    Buffer<int> gate(engine, Shape{1});
    std::atomic<int> right{0};
    Scope scope(engine);
    scope.submit(
        "gate", [](View<int>) { std::this_thread::sleep_for(20ms); }, write(gate));
    {
        Buffer<int> empty(engine, Shape{0, 7}), full(engine, Shape{1000, 7});
        const auto check = [&](View<const int>, View<const int> v) { right += v.rank() == 2 && v.size() == 0; };
        scope.submit("empty buffer", check, read(gate), read(empty));
        scope.submit("empty box", check, read(gate), read(full, Box{{3, 0}, {3, 7}}));
    }
    scope.wait();
    EXPECT_EQ(right, 2);
}

TEST_P(Lifetimes, ASpoiledBufferIsReleasedToo) {
    testing::internal::CaptureStderr();
    {
        Engine engine(GetParam().options());
        Scope scope(engine);
        for (int i = 0; i < 50; ++i) {
            Buffer<int> a(engine, Shape{1000});
            scope.submit(
                "bad", [](View<int>) { throw 1; }, write(a));
            scope.submit(
                "skipped", [](View<int>) {}, update(a));
        }
        EXPECT_THROW(scope.wait(), TaskError);
        while (engine.memory_used() != 0) std::this_thread::yield();
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_P(Lifetimes, MemoryOfOneBufferServesTheNext) {
    auto options = GetParam().options();
    options.memory = 1 << 20;
    Engine engine(options);
    for (int i = 0; i < 100; ++i) {
        Buffer<std::uint8_t> a(engine, Shape{700'000 + 1000 * i});
        Scope scope(engine);
        scope.submit(
            "fill", [](View<std::uint8_t> v) { v[v.size() - 1] = 1; }, write(a));
        scope.wait();
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.host_data()) % 64, 0u);
    }
    EXPECT_LE(engine.memory_peak(), engine.memory_limit());
}

TEST_P(Lifetimes, BorrowedMemoryIsUsedInPlace) {
    Engine engine(GetParam().options());
    std::vector<double> values(100, 1.5);
    {
        Buffer<double> a(engine, Shape{10, 10}, values.data());
        Scope scope(engine);
        scope.submit(
            "double",
            [](View<double> v) {
                for (auto& x : v) x *= 2;
            },
            update(a));
        scope.wait();
        EXPECT_EQ(a.host_data(), values.data());
    }
    EXPECT_EQ(values[99], 3.0);
    EXPECT_EQ(engine.memory_used(), 0u);
    {
        Buffer<double> empty(engine, Shape{0}, static_cast<double*>(nullptr));
        Scope scope(engine);
        scope.submit(
            "nothing", [](View<double>) {}, write(empty));
        scope.wait();
    }
    while (engine.memory_used() != 0) std::this_thread::yield();
}

TEST_P(Lifetimes, BigAndMoveOnlyBodies) {
    Engine engine(GetParam().options());
    Scope scope(engine);
    std::atomic<int> sum{0};
    std::array<int, 100> big{};
    big[99] = 5;
    auto owned = std::make_unique<int>(7);
    auto shared = std::make_shared<int>(9);
    scope.submit("big", [big, &sum] { sum += big[99]; });
    scope.submit("owned", [p = std::move(owned), &sum] { sum += *p; });
    scope.submit("shared", [shared, &sum] { sum += *shared; });
    scope.submit({.name = "wide", .pieces = 10}, [shared, &sum](const Piece&) { sum += *shared; });
    scope.wait();
    EXPECT_EQ(sum, 5 + 7 + 9 + 90);
    EXPECT_EQ(shared.use_count(), 1);
}

TEST_P(Lifetimes, HostViewsWaitForTheWriters) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{1});
    for (int i = 0; i < 100; ++i) {
        engine.submit(
            "set",
            [i](View<int> v) {
                if (i % 10 == 0) std::this_thread::sleep_for(1ms);
                v[0] = i;
            },
            write(a));
        EXPECT_EQ(a.host_view()[0], i);
        engine.submit(
            "read",
            [i](View<const int> v) {
                if (i % 10 == 0) std::this_thread::sleep_for(1ms);
                if (v[0] != i) throw i;
            },
            read(a));
        a.host_view_for_update()[0] = -1;
    }
    engine.wait();
}

TEST_P(Lifetimes, ScopesAndBuffersMayOutliveTheEngine) {
    auto engine = std::make_unique<Engine>(GetParam().options());
    Buffer<int> a(*engine, Shape{3});
    Scope scope(*engine);
    scope.submit(
        "set", [](View<int> v) { v[2] = 4; }, write(a));
    engine.reset();
    EXPECT_TRUE(scope.done());
    EXPECT_EQ(a.host_view()[2], 4);
}

TEST_P(Lifetimes, TheEndOfAnEngineWaitsForWhatBodiesSubmit) {
    std::atomic<int> quick{0}, last{0};
    testing::internal::CaptureStderr();
    {
        Engine engine(GetParam().options());
        Buffer<int> a(engine, Shape{1});
        engine.submit(
            "first",
            [&](View<int>) {
                std::this_thread::sleep_for(50ms);
                for (int i = 0; i < 200; ++i) engine.submit("quick", [&] { ++quick; });
                std::this_thread::sleep_for(50ms);
            },
            write(a));
        engine.submit(
            {.name = "last", .lane = Lane::io},
            [&](View<const int>) {
                ++last;
                throw IoError("the disk is full", "", "");
            },
            read(a));
    }
    EXPECT_EQ(quick, 200);
    EXPECT_EQ(last, 1);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("the disk is full"), std::string::npos);
}

TEST_P(Lifetimes, ARefusedHostViewKeepsNothingAlive) {
    std::weak_ptr<schedule::EngineCore> core;
    {
        Engine engine(GetParam().options());
        core = engine.core();
        Buffer<int> a(engine, Shape{10});
        Scope scope(engine);
        scope.submit(
            "body", [&](View<int>) { EXPECT_THROW(a.host_view(), AccessError); }, update(a, Box{{0}, {5}}));
        scope.wait();
    }
    EXPECT_TRUE(core.expired());
}

INSTANTIATE_TEST_SUITE_P(Setups, Lifetimes, testing::ValuesIn(kSetups),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace heddle::test
