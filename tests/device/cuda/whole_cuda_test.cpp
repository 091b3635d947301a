// Whole operations on the CUDA device over stand-ins for the runtime, for NVRTC and for CUB: from the expression to the
// library's own kernels, their memory, and the result, which has the CPU's bits.
#include <gtest/gtest.h>

#include "heddle/heddle.hpp"
#include "tests/array/whole_gpu_cases.hpp"
#include "tests/device/cuda/fake_cuda_kernels.hpp"
#include "tests/device/cuda/fake_kernels.hpp"
#include "tests/device/cuda/fake_runtime.hpp"

namespace heddle::test {
namespace {

EngineOptions on_gpu(const std::string& device = "cuda:0", std::size_t memory = 0) {
    EngineOptions options{.threads = 2, .device = device, .device_memory = memory};
    options.placement.policy = PlacementOptions::Policy::gpu;
    return options;
}

class WholeCuda : public testing::Test {
protected:
    void SetUp() override { fake_cuda::own_launches(); }
};

TEST_F(WholeCuda, HasTheCpusBitsForAllTypesAndSizes) {
    Engine engine(on_gpu());
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        for (const std::int64_t n : {1, 31, 32, 33, 255, 256, 257, 4095, 4096, 4097, 20001}) {
            const auto cases = cases_of_row(dtype, n);
            expect_cpu_bits(engine, cases);
            EXPECT_GE(fake_cuda::own_launches(), is_complex(dtype)         ? 8
                                                 : dtype == DType::float16 ? 8
                                                                           : 15)
                << name_of(dtype) << " " << n;
        }
        EXPECT_EQ(evaluate(engine, sort(mixed(dtype, {0}))).size(), 0);
    }
}

TEST_F(WholeCuda, HasTheCpusBitsForLines) {
    for (const auto& shape : std::vector<Shape>{{4, 65, 3}, {300, 70}, {2, 5000}, {2, 66000}, {9001, 3}, {1, 9, 1}}) {
        Engine engine(on_gpu());
        for (const DType dtype : {DType::float32, DType::int16, DType::complex128}) {
            expect_cpu_bits(engine, cases_of_lines(dtype, shape));
            EXPECT_GT(fake_cuda::own_launches(), 20) << to_string(shape);
        }
    }
}

// Maps, reductions and sinks around them: what is computed on the device stays there.
TEST_F(WholeCuda, IsPartOfExpressions) {
    const Array a = mixed(DType::float32, {3, 9001}, 4), x = where(isfinite(a), a, 0.25);
    const std::vector<NamedArray> cases{{"map of a scan of a map", cumsum(x, 1) + 1.0},
                                        {"median", median(x, 1)},
                                        {"scan of a scan", cummax(cumsum(x, 0), 1)},
                                        {"ranks", argsort(argsort(x, 1), 1)},
                                        {"empty axis", searchsorted(from_values(std::vector<float>{}, {0}), x)}};
    for (const std::string device : {"cuda:0", "cuda"}) {
        Engine engine(on_gpu(device));
        expect_cpu_bits(engine, cases);
        EXPECT_GT(fake_cuda::own_launches(), 12);
        EXPECT_EQ(engine.fallbacks().refused, 0u);
    }
}

TEST_F(WholeCuda, PutsResultsIntoTheCallersMemory) {
    Engine engine(on_gpu()), cpu({.threads = 2, .device = "omp"});
    const Array a = mixed(DType::float64, {20001});
    std::vector<double> memory(20001, -1);
    const Array sorted = sort(a), result = evaluate_into(engine, sorted, std::span(memory));
    expect_same(DType::float64, bytes_of_result(result), bytes_of(cpu, sorted), "in the caller's memory");
    EXPECT_EQ(result.view<double>().data(), memory.data());
    EXPECT_GT(fake_cuda::own_launches(), 0);
}

// Where a device has no room for operand, result and what the work takes beside them, the CPU's threads share it.
TEST_F(WholeCuda, RunsOnTheCpuWhereADeviceHasNoRoom) {
    for (const std::size_t memory : {std::size_t{1} << 20, std::size_t{4} << 20}) {
        Engine engine(on_gpu("cuda:0", memory));
        const auto cases = cases_of_row(DType::float32, 200'003);
        expect_cpu_bits(engine, {{cases[4].name, cases[4].array}});
        EXPECT_EQ(fake_cuda::own_launches() > 0, memory > std::size_t{2} << 20);
        EXPECT_EQ(engine.fallbacks().memory, 0u);
    }
}

TEST_F(WholeCuda, RunsOnTheCpuWhereThePolicySaysSo) {
    EngineOptions options = on_gpu();
    options.placement.policy = PlacementOptions::Policy::cpu;
    Engine engine(options);
    expect_cpu_bits(engine, cases_of_row(DType::float32, 4097));
    EXPECT_EQ(fake_cuda::own_launches(), 0);
}

TEST_F(WholeCuda, ARefusedLaunchRunsOnTheCpu) {
    for (const int refused : {1, 3}) {
        Engine engine(on_gpu());
        fake_cuda::refuse_own_launches(refused);
        testing::internal::CaptureStderr();
        const auto all = cases_of_row(DType::float32, 20001);
        expect_cpu_bits(engine, {all[0], all[4], all[5]});
        EXPECT_NE(testing::internal::GetCapturedStderr().find("runs on the CPU"), std::string::npos);
        EXPECT_GT(engine.fallbacks().refused, 0u);
        fake_cuda::refuse_own_launches(0);
    }
}

// Engines that come one after another find the memory that the ones before had.
TEST_F(WholeCuda, AnEngineGivesAllMemoryBack) {
    const auto all = cases_of_row(DType::float64, 100'003);
    for (int i = 0; i < 12; ++i) {
        Engine engine(on_gpu());
        expect_cpu_bits(engine, {all[0], all[4], all[5]});
        EXPECT_GT(fake_cuda::own_launches(), 5) << i;
    }
}

std::string error_of(Engine& engine, const Array& array) {
    try {
        evaluate(engine, array).wait();
    } catch (const ShapeError& error) {
        return std::string(error.problem()) + "; " + std::string(error.reason()) + "; " + std::string(error.remedy());
    }
    return "no error";
}

TEST_F(WholeCuda, AnIndexOutsideIsTheCpusError) {
    Engine engine(on_gpu()), cpu({.threads = 2, .device = "omp"});
    const Array a = mixed(DType::float32, {50, 40});
    std::vector<std::int64_t> list(9000, 3);
    list[8000] = 50;
    list[7000] = -51;
    std::vector<std::int64_t> along(2000, 7);
    along[1999] = 40;
    along[77] = -41;
    const Array taken = take(a, from_values(list, {9000}), 0),
                chosen = take_along_axis(a, from_values(along, {50, 40}), 1);
    for (const Array& array : {taken, sum(taken), chosen}) {
        const std::string wanted = error_of(cpu, array);
        EXPECT_NE(wanted, "no error");
        EXPECT_EQ(error_of(engine, array), wanted);
        EXPECT_GT(fake_cuda::own_launches(), 0);
    }
    expect_cpu_bits(engine, {{"afterwards", cumsum(a, 1)}});
}

// In a process of its own: what is lost stays lost.
void lose_a_device(const std::string& devices) {
    const auto all = cases_of_row(DType::float32, 20001);
    EngineOptions options = on_gpu(devices);
    Engine engine(options);
    fake_cuda::lose_at_own_launch(5);
    testing::internal::CaptureStderr();
    expect_cpu_bits(engine, all);
    testing::internal::GetCapturedStderr();
    EXPECT_GT(fake_cuda::own_launches(), 4);
    expect_cpu_bits(engine, all);
}

TEST_F(WholeCuda, ALostDeviceInTheMiddleLeavesTheRightBytes) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    for (const std::string devices : {"cuda:0", "cuda"})
        EXPECT_EXIT((lose_a_device(devices), std::_Exit(testing::Test::HasFailure() ? 1 : 0)),
                    testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace heddle::test
