// Tasks without a CPU body, on several devices, of which one is lost or too small; over the stand-in for the runtime.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "heddle/heddle.hpp"
#include "tests/device/cuda/fake_runtime.hpp"

namespace heddle {
namespace {

cudaStream_t native(const GpuStream& where) { return static_cast<cudaStream_t>(where.native); }

constexpr int kChains = 6, kSteps = 12;
constexpr std::int64_t kCount = 3000;

void add(float* to, const float* from, float* sum, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[i] + 1, sum[i] += to[i];
}

enum class Form { gpu, both };

// Steps of chains, each value from the one before and from a row that the host changes meanwhile; the device 1 is lost
// at the launch of that number.
std::vector<std::vector<float>> chains(const std::string& device, int lost_at, Form form) {
    Engine engine({.threads = 2, .device = device, .placement = {PlacementOptions::Policy::gpu}});
    std::atomic<int> launches{0};
    const auto gpu = [&](const GpuStream& where, View<float> to, View<const float> from, View<float> sum) {
        if (where.device == 1 && ++launches == lost_at) fake_cuda::enqueue_fault(native(where));
        fake_cuda::enqueue(native(where), [to = to.data(), from = from.data(), sum = sum.data(), n = to.size()] {
            add(to, from, sum, n);
        });
    };
    const auto cpu = [](View<float> to, View<const float> from, View<float> sum) {
        add(to.data(), from.data(), sum.data(), to.size());
    };
    std::vector<std::vector<float>> results(kChains);
    std::vector<Buffer<float>> values, sums;
    Scope scope(engine);
    for (int c = 0; c < kChains; ++c) {
        sums.emplace_back(engine, Shape{kCount}, BufferOptions{.tile = Shape{1000}});
        values.emplace_back(engine, Shape{kCount});
        for (auto* buffer : {&sums.back(), &values.back()})
            scope.submit(
                "zero", [](View<float> v) { std::fill(v.begin(), v.end(), 0.0f); }, write(*buffer));
    }
    for (int s = 0; s < kSteps; ++s)
        for (std::size_t c = 0; c < kChains; ++c) {
            Buffer<float> next(engine, {kCount});
            if (form == Form::gpu)
                scope.submit("step", gpu_body(gpu), write(next), read(values[c]), update(sums[c]));
            else
                scope.submit("step", bodies(cpu, gpu), write(next), read(values[c]), update(sums[c]));
            values[c] = std::move(next);
            if (s % 4 == 3)
                scope.submit(
                    "host", [](View<float> v) { v[0] += 1; }, update(sums[c], Box{{0}, {10}}));
        }
    for (std::size_t c = 0; c < kChains; ++c)
        scope.submit(
            "read", [&results, c](View<const float> v) { results[c].assign(v.begin(), v.end()); }, read(sums[c]));
    scope.wait();
    return results;
}

void compare(Form form, int lost_at) {
    for (const auto& sums : chains("cuda", lost_at, form))
        for (std::int64_t i = 0; i < kCount; ++i)
            ASSERT_EQ(sums[static_cast<std::size_t>(i)], kSteps * (kSteps + 1) / 2 + (i == 0 ? kSteps / 4 : 0)) << i;
}

// In a process of its own: once lost, a device stays so to the process.
#define EXPECT_DONE(call) \
    EXPECT_EXIT((call, std::_Exit(testing::Test::HasFailure() ? 1 : 0)), testing::ExitedWithCode(0), "")

TEST(FakeGpuOnly, LostTasksRunAgainOnAnotherDevice) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    for (const int lost_at : {1, 5, 9, 14, 20, 27}) EXPECT_DONE(compare(Form::gpu, lost_at)) << lost_at;
}

TEST(FakeGpuOnly, ThoseWithACpuBodyRunAgainThere) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    for (const int lost_at : {1, 5, 9, 14, 20, 27}) EXPECT_DONE(compare(Form::both, lost_at)) << lost_at;
}

void lose_the_only_one() {
    try {
        chains("cuda:1", 20, Form::gpu);
        ADD_FAILURE() << "nothing was thrown";
    } catch (const DeviceError& error) {
        EXPECT_EQ(error.device(), "cuda:1");
        EXPECT_FALSE(error.usable());
    }
}

TEST(FakeGpuOnly, WithoutAnotherDeviceTheErrorNamesTheOneThatWasLost) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DONE(lose_the_only_one());
}

TEST(FakeGpuOnly, WhatOneDeviceIsTooSmallForRunsOnAnother) {
    for (const int small : {0, 1}) {
        Engine engine({.threads = 1, .device = "cuda"});
        const fake_cuda::Taken taken(small, fake_cuda::kMemory - (1 << 20));
        Buffer<float> a(engine, {1 << 20});
        int ran_on = -1;
        engine.submit("large", gpu_body([&](const GpuStream& where, View<float> to) {
                          ran_on = where.device;
                          fake_cuda::enqueue(native(where),
                                             [to = to.data(), n = to.size()] { std::fill(to, to + n, 7.0f); });
                      }),
                      write(a));
        EXPECT_EQ(a.host_view()[5], 7.0f);
        EXPECT_EQ(ran_on, 1 - small);
    }
}

TEST(FakeGpuOnly, WhatFitsNoDeviceFailsWithItsBytesAndDevice) {
    Engine engine({.threads = 1, .device = "cuda", .device_memory = 1 << 20});
    Buffer<float> a(engine, {1 << 20});
    engine.submit("large", gpu_body([](const GpuStream&, View<float>) {}), write(a));
    try {
        engine.wait();
        FAIL();
    } catch (const OutOfMemory& error) {
        const std::string what = error.what();
        for (const char* part : {"'large'", "cuda:", "4194304", "1048576"})
            EXPECT_NE(what.find(part), std::string::npos) << what;
    }
}

}  // namespace
}  // namespace heddle
