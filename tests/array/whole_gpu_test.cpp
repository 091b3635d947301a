// Whole operations on a GPU: the CPU's bits.

#include "tests/array/whole_gpu_cases.hpp"
#include "tests/support/gpu.hpp"

namespace heddle::test {
namespace {

using WholeGpu = GpuTest;

EngineOptions on_gpu(std::size_t memory = 0) {
    EngineOptions options{.threads = 2, .device = "cuda:0", .device_memory = memory, .history = "off", .explain = true};
    options.placement.policy = PlacementOptions::Policy::gpu;
    return options;
}

TEST_F(WholeGpu, HasTheCpusBitsForAllTypesAndSizes) {
    Engine engine(on_gpu());
    for (std::size_t t = 0; t < kDTypeCount; ++t)
        for (const std::int64_t n : {0, 1, 31, 32, 33, 255, 256, 257, 4095, 4096, 4097, 20001})
            if (n > 0)
                expect_cpu_bits(engine, cases_of_row(static_cast<DType>(t), n));
            else
                EXPECT_EQ(evaluate(engine, sort(mixed(static_cast<DType>(t), {n}))).size(), 0);
}

TEST_F(WholeGpu, HasTheCpusBitsForLongRows) {
    Engine engine(on_gpu());
    for (const DType dtype : {DType::float32, DType::float64, DType::int64, DType::uint8, DType::complex64})
        expect_cpu_bits(engine, cases_of_row(dtype, 1'000'003));
}

TEST_F(WholeGpu, HasTheCpusBitsForLines) {
    Engine engine(on_gpu());
    for (const DType dtype : {DType::float32, DType::int16, DType::float64, DType::complex128})
        for (const auto& shape :
             std::vector<Shape>{{4, 65, 3}, {300, 70}, {2, 5000}, {3, 70000}, {70001, 3}, {1, 9, 1}})
            expect_cpu_bits(engine, cases_of_lines(dtype, shape));
}

TEST_F(WholeGpu, IsWhereTheWorkWasDone) {
    Engine engine(on_gpu());
    expect_cpu_bits(engine, cases_of_row(DType::float32, 20001));
    for (const char* name : {"sort", "argsort", "cumsum", "take", "searchsorted"}) {
        bool found = false;
        for (const auto& report : engine.placements())
            if (report.task == name) {
                found = true;
                for (const auto& lane : report.lanes) EXPECT_TRUE(lane.name != "cpu" || lane.tasks == 0) << name;
            }
        EXPECT_TRUE(found) << name;
    }
}

}  // namespace
}  // namespace heddle::test
