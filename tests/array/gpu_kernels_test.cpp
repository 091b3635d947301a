#include "host/array/gpu_kernels.hpp"

#include <gtest/gtest.h>

#include "heddle/error.hpp"
#include "host/device/nvrtc.hpp"
#include "host/expr/cuda_histogram.hpp"

namespace heddle::array {
namespace {

// What GpuKernels gives the compiler; loading what it makes takes a GPU.
TEST(GpuKernels, TheirCompilerTakesTheirOptionsAndHeaders) {
    if (!device::nvrtc_available()) GTEST_SKIP() << "needs NVRTC";
    expr::ProgramBuilder b;
    const int x = b.input(DType::float32);
    b.output(b.apply_promoted(expr::Op::multiply, x, b.weak_constant(expr::Scalar::of_int(2))), DType::float32);
    const auto program = b.build();
    const expr::KernelForm map{{expr::Reach::dense}, {expr::Reach::dense}, 0, expr::IndexBits::b32};
    const expr::ReduceForm leaves{{{expr::Reach::dense}, {}, 0, expr::IndexBits::b32}, 0};
    const expr::Reduction sum{kernels::Reduce::sum, false, DType::float32},
        max{kernels::Reduce::max, false, DType::float32};
    for (const auto& kernel :
         {expr::make_cuda_source(program, map), expr::make_cuda_leaves(program, leaves, {&sum, 1}),
          expr::make_cuda_columns(program, leaves, {&max, 1}), expr::make_cuda_histogram(program, leaves, 100)}) {
        const auto key = expr::key_of(kernel, 90, "nvrtc " + device::nvrtc_version());
        EXPECT_FALSE(device::compile_cubin({kernel.source, kernel.entry, key.headers, 90, key.options}).empty());
    }
}

TEST(GpuKernels, WhatDoesNotCompileIsAskedForOnce) {
    GpuKernels kernels{expr::KernelCache("")};
    const expr::CudaKernel wrong{"this is no C++", "wrong"};
    for (int i = 0; i < 3; ++i) EXPECT_THROW(kernels.get(wrong, 90), Error);
    EXPECT_EQ(kernels.made(), 1u);
}

}  // namespace
}  // namespace heddle::array
