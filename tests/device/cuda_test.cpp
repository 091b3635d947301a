#include "host/device/cuda.hpp"

#include <gtest/gtest.h>

#include "heddle/error.hpp"
#include "host/device/kernel.hpp"
#include "tests/support/gpu.hpp"

namespace heddle::device {
namespace {

// On every machine: with and without the toolkit, a driver, a device.
TEST(CudaDiscovery, SaysWhatThereIsOrWhyNot) {
    const auto state = find_cuda();
    EXPECT_EQ(static_cast<int>(state.devices.size()), cuda_device_count());
    EXPECT_EQ(state.devices.empty(), !state.reason.empty()) << state.reason;
    EXPECT_EQ(state.reason.empty(), state.remedy.empty());
    if (state.toolkit.empty()) {
        EXPECT_EQ(state.reason, "this build has no CUDA");
    } else if (state.driver.empty() && state.code_name == "cudaErrorInsufficientDriver") {
        EXPECT_EQ(state.reason.find("no driver "), 0u) << state.reason;
    } else if (state.devices.empty()) {
        EXPECT_FALSE(state.code_name.empty());
    }
    for (const auto& found : state.devices) {
        EXPECT_EQ(found.name.find("cuda:"), 0u);
        EXPECT_GE(found.major, 1);
    }
}

TEST(CudaDiscovery, ADeviceThatIsNotThereIsAnError) {
    const auto state = find_cuda();
    try {
        make_cuda(63, {});
        FAIL() << "it was made";
    } catch (const NotBuilt& error) {
        EXPECT_TRUE(state.toolkit.empty());
        EXPECT_NE(error.remedy().find("HEDDLE_CUDA"), std::string::npos);
    } catch (const DeviceError& error) {
        EXPECT_EQ(error.problem(), "the CUDA device cuda:63 cannot be used");
        EXPECT_EQ(error.device(), "cuda:63");
        EXPECT_FALSE(error.usable());
        EXPECT_FALSE(error.remedy().empty());
        EXPECT_NE(error.code(), 0);
        if (state.devices.empty())
            EXPECT_EQ(error.reason(), state.reason);
        else
            EXPECT_NE(error.reason().find("numbered 0 to"), std::string::npos);
    }
}

TEST(CudaDiscovery, AKernelWithoutADeviceIsAnError) {
    if (cuda_device_count() > 0) return;
    EXPECT_THROW(Kernel(std::span<const char>("?", 1), "none"), Error);
}

class CudaKernel : public test::GpuTest {};

TEST_F(CudaKernel, DamagedCodeIsAnError) {
    const auto device = make_cuda(0, {});
    const std::string damaged(64, '?');
    try {
        const Kernel kernel(damaged, "none");
        FAIL() << "it was loaded";
    } catch (const DeviceError& error) {
        EXPECT_TRUE(error.usable()) << error.what();
    }
}

}  // namespace
}  // namespace heddle::device
