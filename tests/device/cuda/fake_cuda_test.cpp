// What only the stand-in for the CUDA runtime can show: which calls are made, and streams that hang.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

#include "heddle/error.hpp"
#include "host/device/cuda.hpp"
#include "tests/device/cuda/fake_runtime.hpp"
#include "tests/device/cuda_work.hpp"

namespace heddle::device {
namespace {

class Counts : public Observer {
public:
    void reached(int, Stream, Mark) override { ++reports; }
    void failed(int, std::exception_ptr) override { ++failures; }
    std::atomic<int> reports{0}, failures{0};
};

void hang(Accelerator& device, Stream stream) {
    const auto run = [](void*, void* native, const detail::Operand*) {
        fake_cuda::enqueue_hang(static_cast<cudaStream_t>(native));
    };
    device.launch(stream, {"hang", run, nullptr, {}});
}

TEST(FakeCuda, SteadyStateMakesNothingAndAsksTheDriverNothing) {
    Counts seen;
    const auto device = make_cuda(0, {});
    device->start(seen, 0);
    auto* in = device->allocate_pinned(64);
    auto* out = device->allocate_pinned(64);
    const auto work = [&](int rounds) {
        Mark end = 0;
        for (int i = 0; i < rounds; ++i) {
            auto* block = device->allocate(64, kToDevice);
            device->copy(kToDevice, block, in, {64});
            const Mark there = device->mark(kToDevice);
            device->wait(kCompute, *device, kToDevice, there);
            test::launch_add(*device, kCompute, block, 16, 1);
            test::launch_add(*device, kCompute, block, 16, 1);
            const Mark computed = device->mark(kCompute);
            device->wait(kToHost, *device, kCompute, computed);
            device->copy(kToHost, out, block, {64});
            device->free(block, kToHost);
            end = device->mark(kToHost);
            if (i % 16 != 0) continue;
            // Each stream's events come back as its own watcher gets round to them.
            device->await(kToDevice, there);
            device->await(kCompute, computed);
            device->await(kToHost, end);
        }
        device->await(kToHost, end);
    };
    work(100);
    fake_cuda::calls();
    work(1000);
    const auto calls = fake_cuda::calls();
    EXPECT_EQ(calls.at("cudaEventRecord"), 3000);
    EXPECT_EQ(calls.at("cudaMemcpyAsync"), 2000);
    EXPECT_EQ(calls.at("cudaMallocFromPoolAsync"), 1000);
    for (const auto& [name, count] : calls)
        EXPECT_TRUE(name == "cudaEventRecord" || name == "cudaMemcpyAsync" || name == "cudaMallocFromPoolAsync" ||
                    name == "cudaFreeAsync" || name == "cudaStreamWaitEvent" || name == "cudaEventQuery" ||
                    name == "cudaEventSynchronize" || name == "cudaStreamQuery")
            << name << " " << count;
    device->free_pinned(in);
    device->free_pinned(out);
    EXPECT_EQ(seen.failures, 0);
}

TEST(FakeCuda, WaitsThatAreAnsweredAreNotEnqueued) {
    Counts seen;
    const auto device = make_cuda(0, {});
    device->start(seen, 0);
    const auto mark = device->mark(kCompute);
    device->wait(kCompute, *device, kCompute, device->mark(kCompute));
    device->await(kCompute, mark);
    device->wait(kToHost, *device, kCompute, mark);
    EXPECT_EQ(fake_cuda::calls().count("cudaStreamWaitEvent"), 0u);
}

TEST(FakeCuda, PeerAccessIsOpenedOnce) {
    const auto first = make_cuda(0, {}), second = make_cuda(1, {});
    auto* from = first->allocate(64, kCompute);
    auto* to = second->allocate(64, kCompute);
    fake_cuda::calls();
    for (int i = 0; i < 5; ++i) second->copy_from_peer(kCompute, to, *first, from, 64);
    const auto calls = fake_cuda::calls();
    EXPECT_EQ(calls.at("cudaMemPoolSetAccess"), 1);
    EXPECT_EQ(calls.at("cudaDeviceCanAccessPeer"), 1);
    EXPECT_EQ(calls.at("cudaMemcpyPeerAsync"), 5);
}

TEST(FakeCuda, ADeviceWhoseStreamHangsIsLeftBehind) {
    Counts seen;
    auto device = make_cuda(0, {});
    device->start(seen, 0);
    hang(*device, kCompute + 1);
    device->mark(kCompute + 1);
    const auto start = std::chrono::steady_clock::now();
    device.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
    EXPECT_EQ(seen.reports, 0);
    fake_cuda::release();
    EXPECT_EQ(seen.failures, 0);
}

void lose_one_of_two() {
    Counts first_seen, second_seen;
    const auto first = make_cuda(0, {});
    const auto second = make_cuda(1, {});
    first->start(first_seen, 0);
    second->start(second_seen, 1);
    auto* block = second->allocate(64, kCompute);
    test::launch_illegal_access(*first, kCompute);
    EXPECT_THROW(first->await(kCompute, first->mark(kCompute)), DeviceError);
    EXPECT_THROW(second->wait(kCompute, *first, kCompute, 1), DeviceError);
    EXPECT_THROW(second->copy_from_peer(kCompute, block, *first, block, 64), DeviceError);
    test::launch_add(*second, kCompute, block, 16, 1);
    second->await(kCompute, second->mark(kCompute));
    EXPECT_EQ(second_seen.failures, 0);
}

// No mark is pending, so that only the failing call can tell.
void lose_between_marks() {
    Counts seen;
    auto device = make_cuda(0, {});
    device->start(seen, 0);
    device->await(kCompute, device->mark(kCompute));
    test::launch_illegal_access(*device, kCompute);
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    bool threw = false;
    while (!threw && std::chrono::steady_clock::now() < limit) {
        try {
            device->free(device->allocate(1, kCompute), kCompute);
        } catch (const DeviceError& error) {
            threw = true;
            EXPECT_FALSE(error.usable());
        }
    }
    EXPECT_TRUE(threw);
    while (seen.failures == 0 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    device.reset();
    EXPECT_EQ(seen.failures, 1);
}

// The other device's stream goes on when the loss happens, which may be before a watcher has heard of it: this device
// has none at all.
void ask_a_lost_device() {
    Counts seen;
    const auto lost = make_cuda(1, {}), other = make_cuda(0, {});
    other->start(seen, 0);
    const auto fault = [](void*, void* native, const detail::Operand*) {
        fake_cuda::enqueue_fault(static_cast<cudaStream_t>(native));
    };
    EXPECT_NO_THROW(lost->check());
    hang(*lost, kCompute);  // until everything is enqueued
    lost->launch(kCompute, {"fault", fault, nullptr, {}});
    other->wait(kToDevice, *lost, kCompute, lost->mark(kCompute));
    fake_cuda::release();
    other->await(kToDevice, other->mark(kToDevice));
    try {
        lost->check();
        ADD_FAILURE() << "nobody knows of the loss";
    } catch (const DeviceError& error) {
        EXPECT_EQ(error.device(), "cuda:1");
        EXPECT_FALSE(error.usable());
    }
}

TEST(FakeCuda, ALossIsKnownBeforeWhatWaitedForItIsDone) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT((ask_a_lost_device(), std::_Exit(testing::Test::HasFailure() ? 1 : 0)), testing::ExitedWithCode(0), "");
}

TEST(FakeCuda, ALossThatACallMeetsIsReportedToo) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT((lose_between_marks(), std::_Exit(testing::Test::HasFailure() ? 1 : 0)), testing::ExitedWithCode(0),
                "");
}

TEST(FakeCuda, TheLossOfOneDeviceLeavesTheOther) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT((lose_one_of_two(), std::_Exit(testing::Test::HasFailure() ? 1 : 0)), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace heddle::device
