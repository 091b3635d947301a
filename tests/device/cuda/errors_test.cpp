#include <gtest/gtest.h>

#include <set>

#include "host/device/cuda/checked.hpp"

namespace heddle::device::cuda {
namespace {

TEST(CudaErrors, ThoseThatEndAContext) {
    for (const auto error :
         {cudaErrorIllegalAddress, cudaErrorLaunchTimeout, cudaErrorHardwareStackError, cudaErrorIllegalInstruction,
          cudaErrorMisalignedAddress, cudaErrorInvalidAddressSpace, cudaErrorInvalidPc, cudaErrorLaunchFailure,
          cudaErrorExternalDevice, cudaErrorECCUncorrectable, cudaErrorNvlinkUncorrectable, cudaErrorContextIsDestroyed,
          cudaErrorAssert})
        EXPECT_TRUE(is_sticky(error)) << cudaGetErrorName(error);
    for (const auto error :
         {cudaSuccess, cudaErrorInvalidValue, cudaErrorMemoryAllocation, cudaErrorNotReady, cudaErrorNoDevice,
          cudaErrorInsufficientDriver, cudaErrorInvalidConfiguration, cudaErrorLaunchOutOfResources,
          cudaErrorNoKernelImageForDevice, cudaErrorPeerAccessAlreadyEnabled, cudaErrorNotSupported})
        EXPECT_FALSE(is_sticky(error)) << cudaGetErrorName(error);
}

TEST(CudaErrors, EachClassHasItsRemedy) {
    std::set<std::string> texts;
    for (const auto error : {cudaErrorInsufficientDriver, cudaErrorNoDevice, cudaErrorNoKernelImageForDevice,
                             cudaErrorMemoryAllocation, cudaErrorIllegalAddress, cudaErrorAssert,
                             cudaErrorLaunchTimeout, cudaErrorLaunchOutOfResources, cudaErrorECCUncorrectable})
        texts.insert(remedy_for(error));
    EXPECT_EQ(texts.size(), 9u);
    EXPECT_NE(remedy_for(cudaErrorSyncDepthExceeded).find("cudaErrorSyncDepthExceeded"), std::string::npos);
}

TEST(CudaErrors, ACheckedCallIsEvaluatedOnceAndTellsItsName) {
    int calls = 0;
    const auto refuse = [&] { return ++calls, cudaErrorInvalidValue; };
    try {
        HEDDLE_CUDA(refuse());
        FAIL() << "no error";
    } catch (const DeviceError& error) {
        EXPECT_EQ(calls, 1);
        EXPECT_EQ(error.code(), 1);
        EXPECT_EQ(error.name(), "cudaErrorInvalidValue");
        EXPECT_TRUE(error.usable());
        EXPECT_EQ(error.problem().find("refuse failed on cuda"), 0u) << error.what();
    }
    EXPECT_THROW(HEDDLE_CUDA(cudaErrorLaunchFailure), DeviceError);
    try {
        HEDDLE_CUDA(cudaErrorLaunchFailure);
    } catch (const DeviceError& error) {
        EXPECT_FALSE(error.usable());
    }
}

TEST(CudaErrors, ArchitecturesThatTheCodeServes) {
    EXPECT_FALSE(is_served(7, 5));
    for (const int major : {8, 9, 10, 12}) EXPECT_TRUE(is_served(major, 0));
}

}  // namespace
}  // namespace heddle::device::cuda
