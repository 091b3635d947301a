// One lambda for the CPU and the GPU. Compiled by nvcc; the GPU's side needs a GPU.

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "heddle/cuda.cuh"
#include "heddle/heddle.hpp"
#include "tests/support/gpu.hpp"

namespace heddle {
namespace {

void run(const EngineOptions& options) {
    Engine engine(options);
    constexpr std::int64_t kRows = 301, kColumns = 207;
    Buffer<float> x(engine, {kRows, kColumns}, {.tile = Shape{100, 100}}), row(engine, {kColumns});
    Buffer<double> y(engine, {kColumns, kRows});
    const float a = 3;
    for_each(engine, {kRows, kColumns}, write(x), [=] __host__ __device__(Coordinates i, DeviceView<float> v) {
        v(i) = static_cast<float>(i[0] * 1000 + i[1]);
    });
    for_each(engine, {kColumns}, write(row),
             [=] __host__ __device__(Coordinates i, DeviceView<float> v) { v[i[0]] = -static_cast<float>(i[0]); });
    for_each(engine, {.name = "transpose"}, {kRows, kColumns}, write(y), read(x), read(row),
             [=] __host__ __device__(Coordinates i, DeviceView<double> to, DeviceView<const float> from,
                                     DeviceView<const float> add) { to(i[1], i[0]) = a * from(i) + add(i[1]); });
    // A region: what f sees is strided.
    for_each(engine, {10, 20}, update(x, Box{{5, 7}, {15, 27}}),
             [=] __host__ __device__(Coordinates i, DeviceView<float> v) { v(i) = v[i[0] * 20 + i[1]] + 1; });
    engine.wait();
    const auto result = y.host_view();
    const auto changed = x.host_view();
    for (std::int64_t r = 0; r < kRows; ++r)
        for (std::int64_t c = 0; c < kColumns; ++c) {
            const auto from = static_cast<float>(r * 1000 + c);
            ASSERT_EQ(result(c, r), 3.0 * from - static_cast<float>(c)) << r << ", " << c;
            const bool inside = r >= 5 && r < 15 && c >= 7 && c < 27;
            ASSERT_EQ(changed(r, c), inside ? from + 1 : from) << r << ", " << c;
        }
}

TEST(ForEach, OnTheCpu) {
    run({.threads = 1});
    run({.threads = 3});
    run({.device = "reference"});
    run({.threads = 2, .device = "sim:devices=2,memory=1M"});
}

// In functions of their own: a test's body is private, where no such lambda may be.
void fill_nothing(Engine& engine) {
    Buffer<float> x(engine, {0, 5});
    for_each(engine, {0, 5}, write(x), [=] __host__ __device__(Coordinates i, DeviceView<float> v) { v(i) = 1; });
    engine.wait();
}

TEST(ForEach, NothingToDo) {
    Engine engine({.threads = 1});
    fill_nothing(engine);
}

void spoil(Engine& engine, Buffer<float>& x) {
    engine.submit(
        "spoils", [](View<float>) { throw std::runtime_error("spoiled"); }, write(x));
    for_each(engine, {5}, update(x), [=] __host__ __device__(Coordinates i, DeviceView<float> v) { v(i) += 1; });
}

TEST(ForEach, FailsAsOtherTasks) {
    Engine engine({.threads = 1});
    Buffer<float> x(engine, {5});
    spoil(engine, x);
    EXPECT_THROW(engine.wait(), TaskError);
    EXPECT_THROW(x.host_view(), TaskError);
}

class ForEachOnGpu : public test::GpuTest {};

TEST_F(ForEachOnGpu, GivesTheCpusValues) {
    run({.threads = 2, .device = "cuda", .placement = {PlacementOptions::Policy::gpu}});
    run({.threads = 2, .device = "cuda", .device_memory = 1 << 20});
}

}  // namespace
}  // namespace heddle
