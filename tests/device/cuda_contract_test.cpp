// The boundary's contract (host/device/accelerator.hpp), asked of the CUDA device: of a GPU in test_device, and of a
// stand-in for the CUDA runtime, on any machine, in test_device_cuda.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "heddle/error.hpp"
#include "host/device/cuda.hpp"
#include "tests/device/cuda_work.hpp"
#include "tests/support/gpu.hpp"

namespace heddle::device {
namespace {

using test::launch_add;

class Seen : public Observer {
public:
    void reached(int device, Stream stream, Mark mark) override {
        const std::lock_guard lock(mutex_);
        EXPECT_EQ(device, 7);
        auto& last = last_[static_cast<std::size_t>(stream)];
        EXPECT_GT(mark, last);
        last = mark;
        ++reports_;
        changed_.notify_all();
    }
    void failed(int device, std::exception_ptr error) override {
        const std::lock_guard lock(mutex_);
        EXPECT_EQ(device, 7);
        ++failures_;
        error_ = error;
        changed_.notify_all();
    }
    Mark last(Stream stream) {
        const std::lock_guard lock(mutex_);
        return last_[static_cast<std::size_t>(stream)];
    }
    int reports() {
        const std::lock_guard lock(mutex_);
        return reports_;
    }
    int failures() {
        const std::lock_guard lock(mutex_);
        return failures_;
    }
    bool hears_of(Stream stream, Mark mark) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20),
                                 [&] { return last_[static_cast<std::size_t>(stream)] >= mark; });
    }
    std::exception_ptr failure() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return failures_ > 0; });
        return error_;
    }

private:
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::vector<Mark> last_ = std::vector<Mark>(64);
    int reports_ = 0, failures_ = 0;
    std::exception_ptr error_;
};

class CudaContract : public test::GpuTest {
protected:
    void SetUp() override {
        GpuTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        device_ = make_cuda(0, {});
        device_->start(seen_, 7);
    }
    float* pinned(std::size_t count, float first = 0) {
        auto* data = reinterpret_cast<float*>(device_->allocate_pinned(count * sizeof(float)));
        std::iota(data, data + count, first);
        return data;
    }
    void free_pinned(float* data) { device_->free_pinned(reinterpret_cast<std::byte*>(data)); }
    // `to`'s stream goes on behind what is in `from` now.
    void follow(Stream to, Stream from) { device_->wait(to, *device_, from, device_->mark(from)); }

    Seen seen_;
    std::unique_ptr<Accelerator> device_;  // ends before what it tells
};

TEST_F(CudaContract, DescribesItself) {
    const auto& description = device_->description();
    EXPECT_EQ(description.name, "cuda:0");
    EXPECT_FALSE(description.model.empty());
    EXPECT_GT(description.memory, std::size_t{1} << 20);
    EXPECT_EQ(description.streams(), kCompute + 4);
    for (const double rate : {description.to_device, description.to_host, description.on_device, description.flops})
        EXPECT_GT(rate, 1e9);
    EXPECT_EQ(make_cuda(0, {.compute_streams = 1, .memory = 1 << 20})->description().memory, std::size_t{1} << 20);
}

TEST_F(CudaContract, CopiesComputesAndCopiesBackInOrder) {
    constexpr int kCount = 1000;
    auto* in = pinned(kCount, 1);
    auto* out = pinned(kCount);
    auto* block = device_->allocate(kCount * sizeof(float), kToDevice);
    ASSERT_NE(block, nullptr);
    device_->copy(kToDevice, block, in, {kCount * sizeof(float)});
    follow(kCompute, kToDevice);
    // Each stream is slow where the next one would overtake it.
    launch_add(*device_, kCompute, block, kCount, 1, 50);
    launch_add(*device_, kCompute, block, kCount, 2);
    follow(kCompute + 1, kCompute);
    launch_add(*device_, kCompute + 1, block, kCount, 4, 50);
    follow(kToHost, kCompute + 1);
    device_->copy(kToHost, out, block, {kCount * sizeof(float)});
    const auto end = device_->mark(kToHost);
    device_->await(kToHost, end);
    EXPECT_TRUE(device_->reached(kToHost, end));
    for (int i = 0; i < kCount; ++i) ASSERT_EQ(out[i], static_cast<float>(i) + 8) << i;
    device_->free(block, kToHost);
    free_pinned(in);
    free_pinned(out);
}

TEST_F(CudaContract, RowsMayLieAnywhere) {
    constexpr std::ptrdiff_t kFloat = sizeof(float);
    auto* in = pinned(64);
    auto* out = pinned(64);
    auto* block = device_->allocate(64 * sizeof(float), kToDevice);
    const auto copy_back = [&] {
        std::fill(out, out + 64, -1.0f);
        follow(kToHost, kToDevice);
        device_->copy(kToHost, out, block, {64 * sizeof(float)});
        device_->await(kToHost, device_->mark(kToHost));
        follow(kToDevice, kToHost);
    };
    device_->copy(kToDevice, block, in, {0, 1});
    device_->copy(kToDevice, block, in, {16, 0});
    device_->copy(kToDevice, block, in, {8 * sizeof(float), 8, 8 * kFloat, 8 * kFloat});
    copy_back();
    EXPECT_TRUE(std::equal(in, in + 64, out));
    // 3 of each 8 become 4 rows of 5.
    device_->copy(kToDevice, block, in + 1, {3 * sizeof(float), 4, 5 * kFloat, 8 * kFloat});
    copy_back();
    for (int row = 0; row < 4; ++row)
        for (int i = 0; i < 3; ++i) EXPECT_EQ(out[row * 5 + i], static_cast<float>(row * 8 + 1 + i));
    EXPECT_EQ(out[3], 3.0f);
    // One row again and again, and rows in the other order.
    device_->copy(kToDevice, block, in + 9, {2 * sizeof(float), 3, 2 * kFloat, 0});
    copy_back();
    for (int i = 0; i < 6; ++i) EXPECT_EQ(out[i], i % 2 == 0 ? 9.0f : 10.0f);
    device_->copy(kToDevice, block, in + 4, {2 * sizeof(float), 3, 2 * kFloat, -2 * kFloat});
    copy_back();
    for (int i = 0; i < 6; ++i) EXPECT_EQ(out[i], static_cast<float>((2 - i / 2) * 2 + i % 2));
    device_->free(block, kToHost);
    free_pinned(in);
    free_pinned(out);
}

TEST_F(CudaContract, MarksAreNumberedAndReported) {
    launch_add(*device_, kCompute, device_->allocate(4, kCompute), 1, 1, 100);
    // More than are pending at first, behind work that holds them all back.
    constexpr Mark kMarks = 3000;
    for (Mark expected = 1; expected <= kMarks; ++expected) ASSERT_EQ(device_->mark(kCompute), expected);
    EXPECT_EQ(device_->mark(kCompute + 1), 1u);
    EXPECT_TRUE(seen_.hears_of(kCompute, kMarks));
    EXPECT_TRUE(seen_.hears_of(kCompute + 1, 1));
    EXPECT_TRUE(device_->reached(kCompute, kMarks));
    EXPECT_FALSE(device_->reached(kCompute, kMarks + 1));
    EXPECT_EQ(seen_.failures(), 0);
    device_->await(kCompute, 17);
    device_->wait(kToHost, *device_, kCompute, 5);
    device_->wait(kCompute, *device_, kCompute, kMarks);
}

TEST_F(CudaContract, ManyShortChainsOverAllStreams) {
    constexpr int kChains = 500, kCount = 64;
    constexpr std::size_t kBytes = kCount * sizeof(float);
    auto* in = pinned(kCount);
    auto* out = pinned(kChains * kCount);
    Mark end = 0;
    for (int i = 0; i < kChains; ++i) {
        const Stream compute = kCompute + i % 4;
        auto* block = device_->allocate(kBytes, kToDevice);
        device_->copy(kToDevice, block, in, {kBytes});
        follow(compute, kToDevice);
        launch_add(*device_, compute, block, kCount, static_cast<float>(i));
        follow(kToHost, compute);
        device_->copy(kToHost, out + i * kCount, block, {kBytes});
        device_->free(block, kToHost);
        end = device_->mark(kToHost);
    }
    device_->await(kToHost, end);
    for (int i = 0; i < kChains * kCount; ++i) ASSERT_EQ(out[i], static_cast<float>(i % kCount + i / kCount)) << i;
    device_->trim();
    free_pinned(in);
    free_pinned(out);
}

TEST_F(CudaContract, ThreadsAwaitTheSameMark) {
    auto* block = device_->allocate(4, kCompute);
    launch_add(*device_, kCompute, block, 1, 1, 50);
    const auto mark = device_->mark(kCompute);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            device_->await(kCompute, mark);
            EXPECT_TRUE(device_->reached(kCompute, mark));
        });
}

TEST_F(CudaContract, NoMemoryIsNull) {
    EXPECT_EQ(device_->allocate(std::size_t{1} << 50, kCompute), nullptr);
    EXPECT_EQ(device_->allocate_pinned(std::size_t{1} << 50), nullptr);
    auto* nothing = device_->allocate(0, kCompute);
    EXPECT_NE(nothing, nullptr);
    device_->free(nothing, kCompute);
    device_->free(nullptr, kCompute);
    device_->free_pinned(nullptr);
    device_->trim();
    device_->await(kCompute, device_->mark(kCompute));
    EXPECT_EQ(seen_.failures(), 0);
}

TEST_F(CudaContract, ALaunchThatIsRefusedLeavesTheDeviceUsable) {
    try {
        test::launch_impossible(*device_, kCompute);
        FAIL() << "it was launched";
    } catch (const DeviceError& error) {
        EXPECT_TRUE(error.usable()) << error.what();
        EXPECT_EQ(error.device(), "cuda:0");
        EXPECT_NE(error.code(), 0);
    }
    auto* block = device_->allocate(4, kCompute);
    launch_add(*device_, kCompute, block, 1, 1);
    device_->await(kCompute, device_->mark(kCompute));
    EXPECT_EQ(seen_.failures(), 0);
}

TEST_F(CudaContract, PeersCopyAndWaitForEachOther) {
    Seen seen;
    // On a machine with one device, that one opened twice.
    const auto other = make_cuda(std::min(1, cuda_device_count() - 1), {});
    other->start(seen, 7);
    auto* in = pinned(256, 3);
    auto* out = pinned(256);
    constexpr std::size_t kBytes = 256 * sizeof(float);
    auto* here = device_->allocate(kBytes, kToDevice);
    auto* there = other->allocate(kBytes, kToDevice);
    device_->copy(kToDevice, here, in, {kBytes});
    follow(kCompute, kToDevice);
    launch_add(*device_, kCompute, here, 256, 1, 50);
    other->wait(kToDevice, *device_, kCompute, device_->mark(kCompute));
    other->copy_from_peer(kToDevice, there, *device_, here, kBytes);
    other->wait(kToHost, *other, kToDevice, other->mark(kToDevice));
    other->copy(kToHost, out, there, {kBytes});
    other->await(kToHost, other->mark(kToHost));
    for (int i = 0; i < 256; ++i) ASSERT_EQ(out[i], static_cast<float>(i) + 4);
    free_pinned(in);
    free_pinned(out);
}

TEST_F(CudaContract, ARetiredDeviceReportsItsLossAndNothingMore) {
    auto* block = device_->allocate(4, kCompute);
    launch_add(*device_, kCompute, block, 1, 1, 300);
    const auto mark = device_->mark(kCompute);
    std::jthread waiting([&] { EXPECT_THROW(device_->await(kCompute, mark), DeviceError); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto start = std::chrono::steady_clock::now();
    device_->retire();
    waiting.join();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(200));
    EXPECT_THROW(device_->mark(kCompute), DeviceError);
    device_->free(block, kCompute);
    device_.reset();
    EXPECT_EQ(seen_.reports(), 0);
    EXPECT_EQ(seen_.failures(), 1);
}

TEST_F(CudaContract, WorkUnderWayIsAllowedToFinishAtTheEnd) {
    auto* block = device_->allocate(4, kCompute);
    launch_add(*device_, kCompute, block, 1, 1, 50);
    const auto mark = device_->mark(kCompute);
    device_.reset();
    EXPECT_EQ(seen_.last(kCompute), mark);
    EXPECT_EQ(seen_.failures(), 0);
}

// In a process of its own: the context that it loses is the process's only one of that device.
class CudaLoss : public CudaContract {
protected:
    void SetUp() override {
        GTEST_FLAG_SET(death_test_style, "threadsafe");
        GpuTest::SetUp();
    }
    void lose_the_device() {
        CudaContract::SetUp();
        auto* block = device_->allocate(4, kCompute);
        auto* staging = device_->allocate_pinned(64);
        launch_add(*device_, kCompute, block, 1, 1, 50);
        test::launch_illegal_access(*device_, kCompute);
        Mark mark = 1;
        try {  // unless the loss is noticed by then
            mark = device_->mark(kCompute);
        } catch (const DeviceError& error) {
            EXPECT_FALSE(error.usable());
        }
        try {
            std::rethrow_exception(seen_.failure());
        } catch (const DeviceError& error) {
            EXPECT_FALSE(error.usable());
            EXPECT_EQ(error.code(), 700) << error.what();
            EXPECT_EQ(error.name(), "cudaErrorIllegalAddress");
            EXPECT_EQ(error.device(), "cuda:0");
            EXPECT_NE(error.remedy().find("compute-sanitizer"), std::string::npos);
        }
        EXPECT_FALSE(device_->reached(kCompute, mark));
        EXPECT_THROW(device_->await(kCompute, mark), DeviceError);
        EXPECT_THROW(device_->allocate(4, kCompute), DeviceError);
        EXPECT_THROW(device_->allocate_pinned(4), DeviceError);
        EXPECT_THROW(device_->copy(kToDevice, block, staging, {4}), DeviceError);
        EXPECT_THROW(launch_add(*device_, kCompute, block, 1, 1), DeviceError);
        EXPECT_THROW(device_->mark(kCompute), DeviceError);
        EXPECT_THROW(device_->wait(kToHost, *device_, kCompute, mark), DeviceError);
        device_->free(block, kCompute);
        device_->free_pinned(staging);
        device_->trim();
        device_.reset();
        EXPECT_EQ(seen_.failures(), 1);
    }
};

TEST_F(CudaLoss, IsReportedOnceAndEveryLaterCallThrows) {
    EXPECT_EXIT(
        {
            lose_the_device();
            std::_Exit(HasFailure() ? 1 : 0);
        },
        testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace heddle::device
