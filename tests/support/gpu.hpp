#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "host/device/cuda.hpp"

namespace heddle::test {

// Whether a missing GPU is a failure: on machines that are there to test with one.
inline bool gpu_required() {
    const char* value = std::getenv("HEDDLE_REQUIRE_GPU");
    return value != nullptr && std::string_view(value) == "1";
}

// The base of tests that need a GPU: without one they are skipped, or fail with HEDDLE_REQUIRE_GPU=1.
class GpuTest : public testing::Test {
protected:
    void SetUp() override {
        const auto state = device::find_cuda();
        for (const auto& found : state.devices)
            if (found.unusable.empty()) return;
        const auto reason = state.devices.empty() ? state.reason : state.devices.front().unusable;
        if (gpu_required()) FAIL() << "HEDDLE_REQUIRE_GPU=1, but " << reason;
        GTEST_SKIP() << "needs a GPU: " << reason;
    }
};

}  // namespace heddle::test
