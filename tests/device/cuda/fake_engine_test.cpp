// Tasks with GPU bodies, from submission to result, on the CUDA device over the stand-in for the runtime: the bodies
// put host functions into its streams.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "heddle/heddle.hpp"
#include "tests/device/cuda/fake_runtime.hpp"

namespace heddle {
namespace {

cudaStream_t native(const GpuStream& where) { return static_cast<cudaStream_t>(where.native); }

// to = 2 * from + 1 on either side; counts which one ran.
struct Counts {
    std::atomic<int> cpu{0}, gpu{0};
};

auto twice_plus_one(Counts& counts) {
    return bodies(
        [&counts](View<float> to, View<const float> from) {
            ++counts.cpu;
            for (std::int64_t i = 0; i < to.size(); ++i) to[i] = 2 * from[i] + 1;
        },
        [&counts](const GpuStream& where, View<float> to, View<const float> from) {
            EXPECT_NE(where.native, nullptr);
            EXPECT_EQ(where.architecture, 90);
            ++counts.gpu;
            fake_cuda::enqueue(native(where), [to = to.data(), from = from.data(), n = to.size()] {
                for (std::int64_t i = 0; i < n; ++i) to[i] = 2 * from[i] + 1;
            });
        });
}

Buffer<float> iota(Engine& engine, std::int64_t n) {
    Buffer<float> buffer(engine, {n});
    const auto view = buffer.host_view_for_update();
    std::iota(view.begin(), view.end(), 0.0f);
    return buffer;
}

TEST(FakeEngine, RunsGpuBodiesOnTheDeviceAndBringsTheirResults) {
    Engine engine({.threads = 2, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}});
    EXPECT_EQ(engine.device(), "cuda");
    Counts counts;
    auto a = iota(engine, 1000);
    Buffer<float> b(engine, {1000}), c(engine, {1000});
    engine.submit("first", twice_plus_one(counts), write(b), read(a));
    engine.submit("second", twice_plus_one(counts), write(c), read(b));
    engine.wait();
    EXPECT_EQ(counts.gpu, 2);
    EXPECT_EQ(counts.cpu, 0);
    const auto view = c.host_view();
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(view[i], 4.0f * static_cast<float>(i) + 3) << i;
}

TEST(FakeEngine, MixesBothLanes) {
    Engine engine({.threads = 2, .device = "cuda"});
    Counts counts;
    std::vector<Buffer<float>> buffers;
    buffers.push_back(iota(engine, 4096));
    for (int i = 0; i < 20; ++i) {
        buffers.emplace_back(engine, Shape{4096});
        const auto place = i % 3 == 0 ? Place::cpu : i % 3 == 1 ? Place::gpu : Place::automatic;
        engine.submit({.name = "step", .place = place}, twice_plus_one(counts), write(buffers[i + 1]),
                      read(buffers[i]));
    }
    engine.wait();
    EXPECT_GE(counts.gpu, 6);
    EXPECT_GE(counts.cpu, 7);
    std::vector<float> expected(4096);
    std::iota(expected.begin(), expected.end(), 0.0f);
    for (int i = 0; i < 20; ++i)
        for (float& value : expected) value = 2 * value + 1;
    const auto view = buffers.back().host_view();
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), view.begin()));
}

TEST(FakeEngine, BodiesWithoutAGpuFormStayOnTheCpu) {
    Engine engine({.threads = 1, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}});
    Counts counts;
    auto a = iota(engine, 100);
    Buffer<float> b(engine, {100});
    engine.submit("gpu", twice_plus_one(counts), write(b), read(a));
    float sum = 0;
    engine.submit(
        "cpu", [&](View<const float> view) { sum = std::accumulate(view.begin(), view.end(), 0.0f); }, read(b));
    engine.wait();
    EXPECT_EQ(counts.gpu, 1);
    EXPECT_EQ(sum, 100.0f * 100);
}

TEST(FakeEngine, GpuOnlyBodiesRunOnGpusAndNowhereElse) {
    const auto fill = gpu_body([](const GpuStream& where, View<float> to) {
        fake_cuda::enqueue(native(where), [to = to.data(), n = to.size()] { std::fill(to, to + n, 7.0f); });
    });
    {
        Engine engine({.threads = 1, .device = "cuda:0", .placement = {PlacementOptions::Policy::cpu}});
        Buffer<float> a(engine, {10});
        engine.submit("fill", fill, write(a));
        EXPECT_EQ(a.host_view()[9], 7.0f);
        // Changed in place, borrowed memory must be: that only the CPU does.
        std::vector<float> borrowed(10);
        Buffer<float> b(engine, {10}, borrowed.data());
        EXPECT_THROW(engine.submit("fill borrowed", fill, write(b)), ArgumentError);
    }
    for (const char* device : {"omp", "reference", "sim"}) {
        Engine engine({.threads = 1, .device = device});
        Buffer<float> a(engine, {10});
        EXPECT_THROW(engine.submit("fill", fill, write(a)), ArgumentError) << device;
    }
}

TEST(FakeEngine, WhatIsTooLargeForTheDeviceRunsOnTheCpuOrFails) {
    Engine engine(
        {.threads = 1, .device = "cuda:0", .device_memory = 1 << 20, .placement = {PlacementOptions::Policy::gpu}});
    Counts counts;
    auto a = iota(engine, 1 << 19);
    Buffer<float> b(engine, {1 << 19});
    engine.submit("large", twice_plus_one(counts), write(b), read(a));
    EXPECT_EQ(b.host_view()[3], 7.0f);
    EXPECT_EQ(counts.cpu, 1);
    engine.submit("large too", gpu_body([](const GpuStream&, View<float>) {}), write(b));
    try {
        engine.wait();
        FAIL();
    } catch (const OutOfMemory& error) {
        const std::string what = error.what();
        for (const char* part : {"large too", "cuda:0", "2097152"})
            EXPECT_NE(what.find(part), std::string::npos) << what;
    }
}

TEST(FakeEngine, AnErrorOfABodyNamesTheTask) {
    Engine engine({.threads = 1, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}});
    Buffer<float> a(engine, {10});
    const auto cpu = [](View<float>) {};
    engine.submit("throws", bodies(cpu, [](const GpuStream&, View<float>) { throw std::runtime_error("no grid"); }),
                  write(a));
    try {
        engine.wait();
        FAIL();
    } catch (const TaskError& error) {
        ASSERT_NE(error.task(), nullptr);
        EXPECT_EQ(error.task()->task, "throws");
        EXPECT_NE(std::string(error.what()).find("no grid"), std::string::npos);
    }
    EXPECT_THROW(a.host_view(), TaskError);
}

// A launch that CUDA refuses is tried elsewhere, with a device error the last that is left.
TEST(FakeEngine, ALaunchThatIsRefusedEndsOnTheCpu) {
    Engine engine({.threads = 1, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}});
    Buffer<float> a(engine, {10});
    engine.submit(
        "refused",
        bodies([](View<float> to) { std::fill(to.begin(), to.end(), 3.0f); },
               [](const GpuStream&, View<float>) { fake_cuda::set_last_error(cudaErrorInvalidConfiguration); }),
        write(a));
    EXPECT_EQ(a.host_view()[0], 3.0f);
}

// Work that was put into the stream before the launch that CUDA refused goes on: what it changes must not be taken for
// the CPU body's, nor be done twice.
TEST(FakeEngine, WhatWasLaunchedBeforeARefusalIsWaitedFor) {
    Engine engine({.threads = 1, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}});
    std::atomic<bool> done{false};
    const auto half = [&](const GpuStream& where, View<float> to) {
        fake_cuda::enqueue(native(where), [&done, to = to.data(), n = to.size()] {
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            std::fill(to, to + n, -1.0f);
            done = true;
        });
        fake_cuda::set_last_error(cudaErrorInvalidConfiguration);
    };
    Buffer<float> a(engine, {100});
    engine.submit("overwrites",
                  bodies(
                      [&](View<float> to) {
                          EXPECT_TRUE(done);
                          std::fill(to.begin(), to.end(), 3.0f);
                      },
                      half),
                  write(a));
    EXPECT_EQ(a.host_view()[99], 3.0f);
    EXPECT_EQ(engine.fallbacks().refused, 1u);

    int ran = 0;
    engine.submit("updates", bodies([&](View<float>) { ++ran; }, half), update(a));
    EXPECT_THROW(engine.wait(), DeviceError);
    EXPECT_EQ(ran, 0);
    EXPECT_THROW(a.host_view(), DeviceError);
}

// What a body owns lives until what it enqueued is done, also when it throws.
TEST(FakeEngine, ABodyThatThrowsIsKeptUntilItsWorkIsDone) {
    Engine engine({.threads = 1, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}});
    Buffer<float> a(engine, {10});
    std::atomic<bool> kept{false};
    {
        auto owned = std::make_shared<int>(7);
        const std::weak_ptr<int> seen = owned;
        engine.submit("throws", gpu_body([owned = std::move(owned), seen, &kept](const GpuStream& where, View<float>) {
                          fake_cuda::enqueue(native(where), [seen, &kept] {
                              std::this_thread::sleep_for(std::chrono::milliseconds(30));
                              kept = !seen.expired();
                          });
                          throw std::runtime_error("after a launch");
                      }),
                      write(a));
    }
    EXPECT_THROW(engine.wait(), TaskError);
    EXPECT_TRUE(kept);
}

// An error that others left behind on this thread is not the task's.
TEST(FakeEngine, OthersErrorsAreNotTheTasks) {
    Engine engine({.threads = 1, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}});
    Counts counts;
    auto a = iota(engine, 10);
    Buffer<float> b(engine, {10});
    fake_cuda::set_last_error(cudaErrorMemoryAllocation);
    engine.submit("healthy", twice_plus_one(counts), write(b), read(a));
    engine.wait();
    EXPECT_EQ(counts.gpu, 1);
    EXPECT_EQ(counts.cpu, 0);
    EXPECT_EQ(engine.fallbacks().refused, 0u);
}

TEST(FakeEngine, AnIllegalAddressEndsOnTheCpuWithTheRightBytes) {
    Counts counts;
    std::vector<float> result;
    testing::internal::CaptureStderr();
    {
        Engine engine({.threads = 2, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}});
        Scope scope(engine);
        auto a = iota(engine, 1000);
        Buffer<float> b(engine, {1000}), c(engine, {1000}), d(engine, {1000});
        scope.submit("first", twice_plus_one(counts), write(b), read(a));
        scope.submit(
            "faulty",
            bodies([](View<float> to, View<const float> from) { std::copy(from.begin(), from.end(), to.begin()); },
                   [](const GpuStream& where, View<float>, View<const float>) {
                       fake_cuda::enqueue_fault(native(where));
                   }),
            write(c), read(b));
        scope.submit("last", twice_plus_one(counts), write(d), read(c));
        scope.wait();
        const auto view = d.host_view();
        result.assign(view.begin(), view.end());
    }
    const std::string text = testing::internal::GetCapturedStderr();
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(result[static_cast<std::size_t>(i)], 4.0f * static_cast<float>(i) + 3);
    EXPECT_NE(text.find("cuda:0 is lost"), std::string::npos) << text;
    EXPECT_NE(text.find("cudaErrorIllegalAddress"), std::string::npos) << text;
}

// No event, stream or memory is made per task once there are enough, and the driver is asked nothing.
TEST(FakeEngine, TheSteadyStateOfTasksMakesNothing) {
    Engine engine({.threads = 1, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}});
    Counts counts;
    auto a = iota(engine, 64);
    std::vector<Buffer<float>> buffers;
    for (int i = 0; i < 4; ++i) buffers.emplace_back(engine, Shape{64});
    const auto round = [&] {
        Scope scope(engine);
        scope.submit("first", twice_plus_one(counts), write(buffers[0]), read(a));
        for (int i = 0; i < 200; ++i)
            scope.submit("step", twice_plus_one(counts), write(buffers[(i + 1) % 4]), read(buffers[i % 4]));
        scope.wait();
    };
    // There are as many events as marks were ever pending at once, which is the scheduling's affair; that their number
    // ends to grow is what is looked at.
    int quiet = 0;
    for (int i = 0; quiet < 5; ++i) {
        fake_cuda::calls();
        round();
        auto calls = fake_cuda::calls();
        std::string made;
        for (const char* name : {"cudaEventCreateWithFlags", "cudaStreamCreateWithFlags", "cudaMallocFromPoolAsync",
                                 "cudaFreeAsync", "cudaHostAlloc", "cudaMemGetInfo", "cudaDeviceGetAttribute",
                                 "cudaGetDeviceProperties", "cudaMemcpyAsync", "cudaMemcpy2DAsync"})
            if (calls[name] != 0) made += std::string(" ") + name;
        quiet = made.empty() ? quiet + 1 : 0;
        ASSERT_LT(i, 500) << "in each round again:" << made;
    }
    EXPECT_EQ(counts.cpu, 0);
}

struct Stream {
    cudaStream_t get = nullptr;
    Stream() { cudaStreamCreateWithFlags(&get, cudaStreamNonBlocking); }
    ~Stream() { cudaStreamDestroy(get); }
};

TEST(FakeEngine, AdoptsDeviceMemoryBehindTheCallersStream) {
    Engine engine(
        {.threads = 2, .device = "cuda:0", .device_memory = 64 << 10, .placement = {PlacementOptions::Policy::gpu}});
    Counts counts;
    constexpr std::int64_t kCount = 8000;
    std::vector<float> theirs(kCount);  // the stand-in's device memory is the host's
    Stream stream;
    fake_cuda::enqueue_hang(stream.get);
    fake_cuda::enqueue(stream.get, [&] { std::iota(theirs.begin(), theirs.end(), 0.0f); });
    {
        Scope scope(engine);
        Buffer<float> a(engine, {kCount}, AdoptedMemory{theirs.data(), 0, stream.get}, {.tile = Shape{2000}});
        Buffer<float> b(engine, {kCount});
        scope.submit("reads", twice_plus_one(counts), write(b), read(a));
        EXPECT_THROW(scope.wait_for(std::chrono::milliseconds(20)), Timeout);
        fake_cuda::release();
        EXPECT_EQ(b.host_view()[kCount - 1], 2.0f * (kCount - 1) + 1);
        // Changed where it lies; and, changed by the CPU, brought there.
        scope.submit("writes", twice_plus_one(counts), write(a, Box{{0}, {2000}}), read(b, Box{{0}, {2000}}));
        scope.wait();
        EXPECT_EQ(theirs[1999], 4.0f * 1999 + 3);
        EXPECT_EQ(theirs[2000], 2000.0f);
        scope.submit({.name = "on the CPU", .place = Place::cpu}, twice_plus_one(counts), write(a), read(b));
        // Others need the memory that Heddle may use: what was adopted stays.
        Buffer<float> c(engine, {kCount}), d(engine, {kCount});
        scope.submit("evicts", twice_plus_one(counts), write(c), read(b));
        scope.submit("evicts", twice_plus_one(counts), write(d), read(c));
        scope.submit("reads", twice_plus_one(counts), write(b), read(a));
        scope.wait();
        EXPECT_EQ(theirs[1], 2.0f * 3 + 1);
        EXPECT_EQ(b.host_view()[1], 15.0f);
    }
    EXPECT_EQ(counts.cpu, 1);
    EXPECT_EQ(counts.gpu, 5);
}

TEST(FakeEngine, WhatCannotBeAdoptedIsRefused) {
    std::vector<float> memory(10);
    Stream stream;
    Engine engine({.threads = 1, .device = "cuda:0"});
    EXPECT_THROW(Buffer<float>(engine, {10}, AdoptedMemory{memory.data(), 1, stream.get}), ArgumentError);
    EXPECT_THROW(Buffer<float>(engine, {10}, AdoptedMemory{nullptr, 0, stream.get}), ArgumentError);
    for (const char* device : {"omp", "sim"}) {
        Engine other({.threads = 1, .device = device});
        EXPECT_THROW(Buffer<float>(other, {10}, AdoptedMemory{memory.data(), 0, stream.get}), ArgumentError) << device;
    }
}

TEST(FakeEngine, TheCallersDeviceStaysCurrent) {
    const auto current = [] {
        int device = -1;
        cudaGetDevice(&device);
        return device;
    };
    ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
    Counts counts;
    {
        Engine engine({.threads = 1, .device = "cuda:1", .placement = {PlacementOptions::Policy::gpu}});
        EXPECT_EQ(current(), 0);
        auto a = iota(engine, 1000);
        Buffer<float> b(engine, {1000});
        EXPECT_EQ(current(), 0);
        engine.submit("step", twice_plus_one(counts), write(b), read(a));
        EXPECT_EQ(current(), 0);
        EXPECT_EQ(b.host_view()[1], 3.0f);
        EXPECT_EQ(current(), 0);
        engine.wait();
    }
    EXPECT_EQ(current(), 0);
    EXPECT_EQ(counts.gpu, 1);
}

// On a thread whose device it is, and on the engine's own, none is made current again and again.
TEST(FakeEngine, TheSteadyStateMakesNoDeviceCurrent) {
    ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
    Engine engine({.threads = 1, .device = "cuda:1", .placement = {PlacementOptions::Policy::gpu}});
    Counts counts;
    Buffer<float> a(engine, {64}), b(engine, {64});
    const auto round = [&] {
        Scope scope(engine);
        for (int i = 0; i < 50; ++i) {
            scope.submit(
                {.name = "cpu", .place = Place::cpu}, [](View<float> v) { v[0] = 1; }, write(a));
            scope.submit("gpu", twice_plus_one(counts), write(b), read(a));
        }
        scope.wait();
    };
    round();
    fake_cuda::calls();
    round();
    EXPECT_EQ(fake_cuda::calls()["cudaSetDevice"], 0);
}

// A context is made when a device is opened, so what CUDA found may be in use by another process alone.
TEST(FakeEngine, AutoGoesOnWithoutADeviceThatCannotBeOpened) {
    testing::internal::CaptureStderr();
    for (const int busy : {0, 1}) {
        fake_cuda::set_available(busy, false);
        Engine one({.threads = 1, .device = "auto"});
        EXPECT_EQ(one.device(), "cuda");
        ASSERT_EQ(one.fallbacks().unopened.size(), 1u);
        EXPECT_NE(one.fallbacks().unopened[0].find("cuda:" + std::to_string(busy)), std::string::npos);
        EXPECT_THROW(Engine({.threads = 1, .device = "cuda:" + std::to_string(busy)}), DeviceError);
        fake_cuda::set_available(1 - busy, false);
        for (int again = 0; again < 2; ++again) {
            Engine none({.threads = 1, .device = "auto"});
            EXPECT_EQ(none.device(), "omp");
            EXPECT_EQ(none.fallbacks().unopened.size(), 2u);
        }
        EXPECT_THROW(Engine({.threads = 1, .device = "cuda"}), DeviceError);
        fake_cuda::set_available(0, true);
        fake_cuda::set_available(1, true);
    }
    const std::string told = testing::internal::GetCapturedStderr();
    for (const char* device : {"failed on cuda:0", "failed on cuda:1"}) {
        const auto at = told.find(device);
        ASSERT_NE(at, std::string::npos) << told;
        EXPECT_EQ(told.find(device, at + 1), std::string::npos) << "each once: " << told;
    }
}

TEST(FakeEngine, DevicesAreLookedForOnce) {
    fake_cuda::calls();
    const Engine engine({.threads = 1, .device = "cuda"});
    EXPECT_EQ(fake_cuda::calls()["cudaGetDeviceCount"], 1);
}

TEST(FakeEngine, AutoTakesTheDevicesThatThereAre) {
    EXPECT_EQ(Engine({.threads = 1, .device = "auto"}).device(), "cuda");
    for (const char* bad : {"cuda:", "cuda:x", "cuda0", "cuda:0,", "cuda:0,0", "cuda:-1"})
        EXPECT_THROW(Engine({.threads = 1, .device = bad}), ArgumentError) << bad;
    EXPECT_THROW(Engine({.threads = 1, .device = "cuda:9"}), DeviceError);
}

}  // namespace
}  // namespace heddle
