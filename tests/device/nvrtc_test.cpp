#include "host/device/nvrtc.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <thread>

#include "heddle/error.hpp"
#include "tests/support/gpu.hpp"

namespace heddle::device {
namespace {

// The compiler is there wherever the build has CUDA and its toolkit, or the portable folder, is present.
class Nvrtc : public testing::Test {
    void SetUp() override {
        if (nvrtc_available()) return;
        if (test::gpu_required()) FAIL() << "HEDDLE_REQUIRE_GPU=1, but NVRTC is not found";
        GTEST_SKIP() << "NVRTC is not found";
    }
};

CompileRequest add_one() {
    CompileRequest request;
    request.name = "add_one.cu";
    request.source =
        "#include \"step.hpp\"\n"
        "extern \"C\" __global__ void add_one(float* x) { x[threadIdx.x] += step(); }\n";
    request.headers = {{"step.hpp", "__device__ constexpr float step() { return 1.0f; }\n"}};
    return request;
}

TEST_F(Nvrtc, MakesMachineCodeForEachArchitecture) {
    EXPECT_FALSE(nvrtc_version().empty());
    for (const int architecture : {80, 90}) {
        auto request = add_one();
        request.architecture = architecture;
        const auto cubin = compile_cubin(request);
        ASSERT_GT(cubin.size(), 4u);
        EXPECT_EQ(std::string_view(cubin.data(), 4), "\177ELF");
    }
}

TEST_F(Nvrtc, TheErrorHoldsTheLog) {
    auto request = add_one();
    request.source += "__global__ void wrong() { missing(); }\n";
    try {
        compile_cubin(request);
        FAIL() << "it compiled";
    } catch (const DeviceError& error) {
        EXPECT_TRUE(error.usable());
        EXPECT_EQ(error.name(), "NVRTC_ERROR_COMPILATION");
        EXPECT_NE(error.reason().find("add_one.cu(3)"), std::string::npos) << error.what();
        EXPECT_NE(error.reason().find("missing"), std::string::npos) << error.what();
    }
}

TEST_F(Nvrtc, AnArchitectureThatItDoesNotKnow) {
    auto request = add_one();
    request.architecture = 13;
    EXPECT_THROW(compile_cubin(request), DeviceError);
    request.architecture = 90;
    request.headers.clear();
    EXPECT_THROW(compile_cubin(request), DeviceError);
}

TEST_F(Nvrtc, SeveralThreadsCompileTheSameBytes) {
    const auto expected = compile_cubin(add_one());
    std::vector<std::vector<char>> found(4);
    {
        std::vector<std::jthread> threads;
        for (auto& cubin : found) threads.emplace_back([&cubin] { cubin = compile_cubin(add_one()); });
    }
    for (const auto& cubin : found) EXPECT_EQ(cubin, expected);
}

TEST(NvrtcOptions, KeepTheCpusRounding) {
    const auto options = compile_options(80);
    for (const auto* wanted : {"--gpu-architecture=sm_80", "--fmad=false", "--prec-div=true", "--ftz=false"})
        EXPECT_NE(std::find(options.begin(), options.end(), wanted), options.end()) << wanted;
}

}  // namespace
}  // namespace heddle::device
