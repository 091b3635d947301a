#include "heddle/coroutine.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/schedule/support.hpp"

namespace heddle::test {
namespace {

using namespace std::chrono_literals;

// The least coroutine: starts at once, tells when it ends and what it threw.
struct Job {
    struct promise_type {
        std::promise<void> ended;
        Job get_return_object() { return {ended.get_future()}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() { ended.set_value(); }
        void unhandled_exception() { ended.set_exception(std::current_exception()); }
    };
    std::future<void> end;
};

class Coroutines : public testing::TestWithParam<Setup> {};

Job pipeline(Engine& engine, Buffer<int>& a, std::atomic<int>& sum) {
    for (int i = 0; i < 50; ++i) {
        Scope scope(engine);
        scope.submit(
            "set", [i](View<int> v) { v[0] = i; }, write(a));
        co_await scope;
        sum += a.host_view()[0];
        Scope blocking(engine);
        blocking.submit("inner", [&sum] { ++sum; });
        blocking.wait();
    }
}

TEST_P(Coroutines, GoOnWhenTheScopeIsDone) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{1}), b(engine, Shape{1}), c(engine, Shape{1});
    std::atomic<int> sum{0};
    Job jobs[] = {pipeline(engine, a, sum), pipeline(engine, b, sum), pipeline(engine, c, sum)};
    for (auto& job : jobs) job.end.get();
    EXPECT_EQ(sum, 3 * (49 * 50 / 2 + 50));
}

Job failing(Engine& engine) {
    Scope scope(engine);
    scope.submit("bad", [] {
        std::this_thread::sleep_for(1ms);
        throw IoError("x", "y", "z");
    });
    co_await scope;
}

TEST_P(Coroutines, GetTheScopesError) {
    Engine engine(GetParam().options());
    EXPECT_THROW(failing(engine).end.get(), IoError);
}

Job waiting(Scope& scope, std::atomic<int>& count) {
    co_await scope;
    ++count;
}

TEST_P(Coroutines, SeveralMayAwaitOneScope) {
    Engine engine(GetParam().options());
    std::atomic<int> count{0};
    Scope scope(engine);
    scope.submit("slow", [] { std::this_thread::sleep_for(5ms); });
    Job jobs[] = {waiting(scope, count), waiting(scope, count), waiting(scope, count)};
    for (auto& job : jobs) job.end.get();
    EXPECT_EQ(count, 3);
}

// Submits to a scope of the body that began it, on another thread once that body is over but for its scopes.
Job part_by_part(Engine& engine, Buffer<int>& a, std::atomic<int>& inside) {
    Scope scope(engine);
    for (int i = 0; i < 4; ++i) {
        scope.submit(
            "part",
            [&inside](View<int> v) {
                ++inside;
                ++v[0];
                std::this_thread::sleep_for(20us);
                --inside;
            },
            update(a));
        co_await scope;
    }
}

TEST_P(Coroutines, WhatABodyBeganAndItsEndDoNotMeet) {
    Engine engine(GetParam().options());
    for (int round = 0; round < 200; ++round) {
        Buffer<int> a(engine, Shape{1});
        a.host_view_for_update()[0] = 0;
        Job job;
        std::atomic<int> inside{0};
        std::atomic<bool> overlap{false};
        Scope scope(engine);
        scope.submit(
            "body", [&](View<int>) { job = part_by_part(engine, a, inside); }, update(a));
        scope.submit(
            "reader", [&](View<const int>) { overlap = inside != 0; }, read(a));
        scope.wait();
        job.end.get();
        EXPECT_FALSE(overlap);
        EXPECT_EQ(a.host_view()[0], 4);
    }
}

INSTANTIATE_TEST_SUITE_P(Setups, Coroutines, testing::ValuesIn(kSetups),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace heddle::test
