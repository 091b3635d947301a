#include "heddle/coroutine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <vector>

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

// Each step's scope ends with its values on the host.
Job steps(Engine& engine, Buffer<int>& state, int& sum) {
    for (int step = 1; step <= 5; ++step) {
        Scope scope(engine);
        Buffer<int> part(engine, Shape{256});
        for (int i = 0; i < 4; ++i) {
            scope.submit(
                "set", [=](View<int> v) { std::fill(v.begin(), v.end(), step + i); }, write(part));
            scope.submit(
                "add", [](View<const int> v, View<int> s) { s[0] += v[255]; }, read(part), update(state));
        }
        scope.submit(
            {.name = "read", .place = Place::cpu}, [&](View<const int> s) { sum = s[0]; }, read(state));
        co_await scope;
    }
}

// A device is lost while scopes end on another, whose values the lost work needs.
void step_beside_a_loss(const std::string& device) {
    Engine engine({.threads = 2, .device = device, .placement = {PlacementOptions::Policy::gpu}});
    constexpr int kJobs = 6;
    std::vector<Buffer<int>> states;
    std::vector<int> sums(kJobs);
    std::vector<Job> jobs;
    for (int i = 0; i < kJobs; ++i) {
        states.emplace_back(engine, Shape{1});
        states.back().host_view_for_update()[0] = 0;
    }
    for (std::size_t i = 0; i < kJobs; ++i) jobs.push_back(steps(engine, states[i], sums[i]));
    for (auto& job : jobs) {
        // Virtual time only passes while somebody waits.
        while (job.end.wait_for(0s) != std::future_status::ready) {
            Scope scope(engine);
            scope.submit({.name = "a millisecond", .flops = 1e6, .place = Place::cpu}, [] {});
            scope.wait();
        }
        job.end.get();
    }
    for (const int sum : sums) EXPECT_EQ(sum, 4 * 15 + 5 * 6);
}

TEST(CoroutinesOnDevices, GoOnWhileLostWorkRunsAgain) {
    for (int at = 1; at <= 60; ++at)
        for (const char* clock : {"real", "virtual"}) {
            const std::string device =
                "sim:devices=3,streams=2,to_host=1G,to_device=1G,launch=5e-6,host_flops=1G,clock=" +
                std::string(clock) + ",fault=launch/later/1/" + std::to_string(at) + ",fault=copy/later/2/" +
                std::to_string(at);
            SCOPED_TRACE(device);
            std::promise<void> ended;
            auto end = ended.get_future();
            std::thread run([device, ended = std::move(ended)]() mutable {
                step_beside_a_loss(device);
                ended.set_value();
            });
            // Far more than it takes: a thread that is stuck cannot be joined.
            if (end.wait_for(60s) != std::future_status::ready) {
                run.detach();
                FAIL() << "a coroutine waits for ever";
            }
            run.join();
        }
}

INSTANTIATE_TEST_SUITE_P(Setups, Coroutines, testing::ValuesIn(kSetups),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace heddle::test
