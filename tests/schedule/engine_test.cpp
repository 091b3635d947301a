// Caps, lanes, pieces, cancellation, time limits.

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

class Engines : public testing::TestWithParam<Setup> {};
class EnginesOnATeam : public testing::TestWithParam<Setup> {};  // what the reference device cannot show

TEST_P(Engines, EveryPieceRunsOnceWithAWorkerOfItsOwn) {
    Engine engine(GetParam().options());
    std::vector<std::atomic<int>> runs(1000), busy(static_cast<std::size_t>(engine.workers()));
    std::atomic<bool> clash{false};
    Scope scope(engine);
    for (int t = 0; t < 20; ++t)
        scope.submit({.name = "pieces", .pieces = 1000}, [&](const Piece& piece) {
            auto& mine = busy[static_cast<std::size_t>(piece.worker)];
            if (mine.fetch_add(1) != 0) clash = true;
            ++runs[static_cast<std::size_t>(piece.index)];
            if (piece.count != 1000) clash = true;
            mine.fetch_sub(1);
        });
    scope.wait();
    EXPECT_FALSE(clash);
    for (auto& count : runs) EXPECT_EQ(count, 20);
}

// Run by a process of its own, since the OpenMP runtime reads the limit when it starts.
[[noreturn]] void use_fewer_threads_than_asked_for() {
    Engine engine({.threads = 8, .device = "omp"});
    int worker = -1;
    engine.submit({.name = "io", .lane = Lane::io}, [&](const Piece& piece) { worker = piece.worker; });
    engine.wait();
    std::fprintf(stderr, "%d threads, %d workers, the I/O lane's is %d\n", engine.threads(), engine.workers(), worker);
    std::_Exit(0);
}

TEST(EnginesAtAThreadLimit, TheIoWorkerIsTheLastWorker) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    setenv("OMP_THREAD_LIMIT", "2", 1);
    EXPECT_EXIT(use_fewer_threads_than_asked_for(), testing::ExitedWithCode(0),
                "2 threads, 3 workers, the I/O lane's is 2");
    unsetenv("OMP_THREAD_LIMIT");
}

TEST_P(Engines, TheIoLaneRunsInOrderOnOneThread) {
    Engine engine(GetParam().options());
    std::vector<int> order;
    std::set<std::thread::id> threads;
    Scope scope(engine);
    for (int i = 0; i < 200; ++i)
        scope.submit({.name = "io", .lane = Lane::io}, [&, i] {
            order.push_back(i);
            threads.insert(std::this_thread::get_id());
        });
    scope.wait();
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    EXPECT_EQ(order.size(), 200u);
    EXPECT_EQ(threads.size(), 1u);
}

TEST_P(Engines, LanesFeedEachOther) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{1});
    Scope scope(engine);
    scope.submit(
        "zero", [](View<int> v) { v[0] = 0; }, write(a));
    for (int i = 0; i < 300; ++i)
        scope.submit(
            {.name = "step", .lane = i % 2 == 0 ? Lane::io : Lane::cpu},
            [i](View<int> v) {
                if (v[0] == i) ++v[0];
            },
            update(a));
    scope.wait();
    EXPECT_EQ(a.host_view()[0], 300);
}

TEST_P(EnginesOnATeam, TheCapOnTasksBlocksTheSubmitter) {
    auto options = GetParam().options();
    options.max_tasks = 8;
    Engine engine(options);
    std::promise<void> gate;
    std::shared_future<void> open = gate.get_future().share();
    std::atomic<int> submitted{0};
    Buffer<int> a(engine, Shape{1});
    Scope scope(engine);
    std::thread submitter([&] {
        scope.submit(
            "gate", [open](View<int>) { open.wait(); }, write(a));
        for (int i = 0; i < 100; ++i) {
            scope.submit(
                "after", [](View<int>) {}, update(a));
            ++submitted;
        }
    });
    while (submitted < 7) std::this_thread::yield();
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(submitted, 7);
    gate.set_value();
    submitter.join();
    scope.wait();
}

// A body that waits for the submitter, with no more tasks unfinished than the cap allows, while tasks that are done
// have not been handed back.
TEST_P(EnginesOnATeam, FewerTasksThanTheCapNeverWaitForRoom) {
    constexpr int kCap = 1024, kDone = 40;
    auto options = GetParam().options();
    options.threads = 1;
    options.max_tasks = kCap;
    Engine engine(options);
    std::promise<void> start, gate;
    std::shared_future<void> started = start.get_future().share(), open = gate.get_future().share();
    std::atomic<bool> opened{false};
    Buffer<int> a(engine, Shape{1});
    Scope scope(engine);
    scope.submit("start", [started] { started.wait(); });
    for (int i = 0; i < kDone; ++i) scope.submit("done", [] {});
    scope.submit(
        "gate", [&opened, open](View<int>) { opened = open.wait_for(20s) == std::future_status::ready; }, write(a));
    start.set_value();
    for (int i = 0; i < kCap - 1; ++i)
        scope.submit(
            "after", [](View<const int>) {}, read(a));
    gate.set_value();
    scope.wait();
    EXPECT_TRUE(opened);
}

TEST_P(Engines, TheCapOnBytesBlocksTheSubmitterButNotATaskAboveIt) {
    auto options = GetParam().options();
    options.max_bytes = 1000;
    Engine engine(options);
    std::atomic<std::int64_t> in_flight{0}, most{0};
    Scope scope(engine);
    for (int i = 0; i < 200; ++i) {
        const std::int64_t bytes = i == 100 ? 5000 : 300;
        scope.submit({.name = "bytes", .bytes = bytes}, [&, bytes] {
            const auto now = in_flight.fetch_add(bytes) + bytes;
            auto old = most.load();
            while (old < now && !most.compare_exchange_weak(old, now)) {
            }
            std::this_thread::sleep_for(20us);
            in_flight.fetch_sub(bytes);
        });
    }
    scope.wait();
    EXPECT_EQ(most, 5000);  // alone: 5300 would mean that another ran beside it
}

TEST_P(Engines, BodiesMaySubmitBeyondTheCap) {
    auto options = GetParam().options();
    options.max_tasks = 2;
    Engine engine(options);
    std::atomic<int> ran{0};
    for (int round = 0; round < 3; ++round) {
        Scope scope(engine);
        scope.submit("many", [&] {
            for (int i = 0; i < 100; ++i) engine.submit("child", [&] { ++ran; });
        });
        scope.wait();
        engine.wait();
    }
    EXPECT_EQ(ran, 300);
}

// What is in a device's stream counts as started, so all of it is kept on the CPU.
TEST_P(Engines, ACancelledScopeSkipsWhatHasNotStarted) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{1});
    std::atomic<int> ran{0};
    Scope scope(engine), other(engine);
    scope.submit(
        {.name = "first", .place = Place::cpu},
        [&](View<int>) {
            ++ran;
            scope.cancel();
        },
        write(a));
    for (int i = 0; i < 10; ++i)
        scope.submit(
            {.name = "later", .place = Place::cpu}, [&](View<int>) { ++ran; }, update(a));
    other.submit("independent", [&] { ran += 100; });
    EXPECT_THROW(scope.wait(), Cancelled);
    EXPECT_TRUE(scope.cancelled());
    other.wait();
    EXPECT_EQ(ran, 101);
    EXPECT_THROW(a.host_view(), Cancelled);
}

TEST_P(Engines, AFailureIsThrownBeforeTheCancellation) {
    Engine engine(GetParam().options());
    Scope scope(engine);
    scope.submit("bad", [] { throw IoError("x", "y", "z"); });
    try {
        scope.wait_for(10s);
    } catch (const IoError&) {
    }
    scope.submit("bad", [&] {
        scope.cancel();
        throw IoError("x", "y", "z");
    });
    while (!scope.done()) std::this_thread::yield();
    scope.submit("late", [] {});
    EXPECT_THROW(scope.wait(), IoError);
}

TEST_P(EnginesOnATeam, AWaitEndsAtItsLimit) {
    Engine engine(GetParam().options());
    std::promise<void> gate;
    std::shared_future<void> open = gate.get_future().share();
    Scope scope(engine);
    scope.submit("gate", [open] { open.wait(); });
    EXPECT_FALSE(scope.done());
    EXPECT_NE(message_of<Timeout>([&] { scope.wait_for(20ms); }).find("1 are left"), std::string::npos);
    EXPECT_THROW(scope.wait_for(-1s), Timeout);
    gate.set_value();
    scope.wait_for(10s);
    EXPECT_TRUE(scope.done());
}

TEST_P(Engines, AVeryLongLimitIsNone) {
    Engine engine(GetParam().options());
    Scope scope(engine);
    const auto wait_for_a_part = [&] {
        Scope inner(engine);
        inner.submit({.name = "part", .lane = Lane::io}, [] { std::this_thread::sleep_for(5ms); });
        inner.wait_for(std::chrono::nanoseconds::max());
    };
    scope.submit("body", wait_for_a_part);
    scope.wait_for(std::chrono::nanoseconds::max());
    wait_for_a_part();
}

TEST_P(Engines, ManyEnginesSideBySide) {
    std::vector<std::unique_ptr<Engine>> engines;
    std::atomic<int> ran{0};
    for (int i = 0; i < 4; ++i) engines.push_back(std::make_unique<Engine>(GetParam().options()));
    for (int i = 0; i < 400; ++i)
        engines[static_cast<std::size_t>(i % 4)]->submit(
            "outer", [&, i] { engines[static_cast<std::size_t>((i + 1) % 4)]->submit("inner", [&] { ++ran; }); });
    for (int round = 0; round < 2; ++round)
        for (auto& engine : engines) engine->wait();
    EXPECT_EQ(ran, 400);
}

INSTANTIATE_TEST_SUITE_P(Setups, EnginesOnATeam, testing::ValuesIn(kTeams),
                         [](const auto& info) { return name_of(info.param); });
INSTANTIATE_TEST_SUITE_P(Setups, Engines, testing::ValuesIn(kSetupsWithDevices),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace heddle::test
