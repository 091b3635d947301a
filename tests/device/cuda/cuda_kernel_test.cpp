// CUDA C++ as the GPU body of tasks, over stand-ins for the CUDA runtime and for NVRTC, which compiles it as C++.

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "heddle/heddle.hpp"
#include "tests/device/cuda/fake_kernels.hpp"

namespace heddle {
namespace {

constexpr const char* kScale = R"(extern "C" __global__ void scale(heddle::DeviceView<float> y,
    heddle::DeviceView<const float> x, float a, int add) {
    const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i < y.size) y[i] = a * x[i] + add;
})";

constexpr const char* kTranspose = R"(extern "C" __global__ void transpose(heddle::DeviceView<short> to,
    heddle::DeviceView<const short> from) {
    for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < from.size;
         i += (long long)gridDim.x * blockDim.x) {
        const long long row = i / from.shape[1], column = i % from.shape[1];
        to(column, row) = from(row, column);
    }
})";

EngineOptions on_gpu() {
    return {.threads = 1, .device = "cuda:0", .placement = {PlacementOptions::Policy::gpu}, .history = "off"};
}

class CudaKernelTest : public testing::Test {
protected:
    void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        GTEST_SKIP() << "the kernels of the stand-in are not instrumented";
#endif
        fake_cuda::launches(0);
    }
};

TEST_F(CudaKernelTest, GetsTheViewsAndTheValuesThatItWasGiven) {
    Engine engine(on_gpu());
    const CudaKernel kernel(engine, kScale, "scale");
    Buffer<float> x(engine, {1000}), y(engine, {1000});
    const auto values = x.host_view_for_update();
    std::iota(values.begin(), values.end(), 0.0f);
    engine.submit("scale", gpu_body(kernel.with(2.5f, 7)), write(y), read(x));
    // A region of it again, with other values.
    engine.submit("scale", gpu_body(kernel.with(-1.0f, 0)), write(y, Box{{10}, {20}}), read(x, Box{{30}, {40}}));
    engine.wait();
    const auto view = y.host_view();
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(view[i], i >= 10 && i < 20 ? -static_cast<float>(i + 20) : 2.5f * static_cast<float>(i) + 7) << i;
    EXPECT_EQ(fake_cuda::launches(0), 2);
}

TEST_F(CudaKernelTest, SeesStridesOfRegions) {
    Engine engine(on_gpu());
    const CudaKernel kernel(engine, kTranspose, "transpose", {.threads = 32, .work = 64});
    Buffer<short> from(engine, {30, 50}), to(engine, {50, 30});
    const auto values = from.host_view_for_update();
    std::iota(values.begin(), values.end(), short{0});
    engine.submit(
        "clear", [](View<short> view) { std::fill(view.begin(), view.end(), short{-1}); }, write(to));
    engine.submit("transpose", gpu_body(kernel), write(to, Box{{5, 2}, {25, 12}}), read(from, Box{{2, 5}, {12, 25}}));
    const auto view = to.host_view();
    for (int row = 0; row < 50; ++row)
        for (int column = 0; column < 30; ++column) {
            const bool inside = row >= 5 && row < 25 && column >= 2 && column < 12;
            ASSERT_EQ(view(row, column), inside ? column * 50 + row : -1) << row << ", " << column;
        }
}

TEST_F(CudaKernelTest, WhatDoesNotCompileSaysWhereAndWhy) {
    Engine engine(on_gpu());
    try {
        const CudaKernel kernel(engine, "extern \"C\" __global__ void broken() {\n    undeclared = 1;\n}", "broken");
        FAIL();
    } catch (const DeviceError& error) {
        const std::string what = error.what();
        EXPECT_NE(what.find("undeclared"), std::string::npos) << what;
        EXPECT_NE(what.find("broken.cu:2"), std::string::npos) << what;
    }
}

TEST_F(CudaKernelTest, WhatMakesNoSenseIsRefused) {
    Engine engine(on_gpu());
    EXPECT_THROW(CudaKernel(engine, kScale, "scale", {.threads = 0}), ArgumentError);
    EXPECT_THROW(CudaKernel(engine, kScale, "scale", {.threads = 2048}), ArgumentError);
    // An engine without a GPU compiles nothing, and runs the CPU's body.
    Engine other({.threads = 1, .device = "omp"});
    const CudaKernel kernel(other, "not even C++", "scale");
    Buffer<float> x(other, {4});
    other.submit("one", bodies([](View<float> view) { std::fill(view.begin(), view.end(), 1.0f); }, kernel), write(x));
    EXPECT_EQ(x.host_view()[3], 1.0f);
    // It was not made for this engine's device.
    Buffer<float> y(engine, {4});
    engine.submit("other", gpu_body(kernel), write(y));
    EXPECT_THROW(engine.wait(), ArgumentError);
}

}  // namespace
}  // namespace heddle
