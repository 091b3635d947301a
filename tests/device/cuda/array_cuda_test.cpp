// Fused expressions on the CUDA device over stand-ins for the runtime and for NVRTC: from the expression to its kernel,
// the launches, the copies and the result, which has the CPU's bits.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "heddle/heddle.hpp"
#include "host/array/gpu_kernels.hpp"
#include "tests/device/cuda/fake_kernels.hpp"
#include "tests/device/cuda/fake_runtime.hpp"
#include "tests/kernels/values.hpp"

namespace heddle {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t n) { return static_cast<std::size_t>(random() % n); }

std::string why_not() {
    if (!std::string(HEDDLE_SANITIZED).empty()) return "kernels are compiled without the sanitizer";
    if (access(HEDDLE_TEST_CXX, X_OK) != 0) return "there is no compiler " HEDDLE_TEST_CXX;
    if (access(HEDDLE_EMULATION, R_OK) != 0) return "there is no " HEDDLE_EMULATION;
    return "";
}

class ArrayCuda : public testing::Test {
protected:
    void SetUp() override {
        if (const auto reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
        launches();
    }
    static int launches() { return fake_cuda::launches(0) + fake_cuda::launches(1); }
};

EngineOptions on_gpu(const std::string& device = "cuda:0", std::size_t memory = 0) {
    EngineOptions options{.threads = 2, .device = device, .device_memory = memory};
    options.placement.policy = PlacementOptions::Policy::gpu;
    return options;
}

// The bytes of an evaluated array, NaN made one: devices do not keep a NaN's sign and payload.
std::vector<std::byte> bytes_of(const Array& array) {
    return test::with_type(array.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const auto values = array.view<T>();
        std::vector<std::byte> bytes(values.size_bytes());
        std::memcpy(bytes.data(), values.data(), bytes.size());
        const auto each = [&](auto one) {
            using R = decltype(one);
            for (std::size_t at = 0; at < bytes.size(); at += sizeof(R)) {
                R x;
                std::memcpy(&x, bytes.data() + at, sizeof(R));
                if (x != x) x = std::numeric_limits<R>::quiet_NaN();
                std::memcpy(bytes.data() + at, &x, sizeof(R));
            }
        };
        if constexpr (std::is_same_v<T, Half>) {
            for (std::size_t at = 0; at < bytes.size(); at += sizeof(Half)) {
                Half h{};
                std::memcpy(&h, bytes.data() + at, sizeof(Half));
                if ((h.bits & 0x7fff) > 0x7c00) h.bits = 0x7e00;
                std::memcpy(bytes.data() + at, &h, sizeof(Half));
            }
        } else if constexpr (std::is_floating_point_v<T>) {
            each(T{});
        } else if constexpr (std::is_same_v<T, std::complex<float>>) {
            each(float{});
        } else if constexpr (std::is_same_v<T, std::complex<double>>) {
            each(double{});
        }
        return bytes;
    });
}

void expect_same(const std::vector<Array>& wanted, const std::vector<Array>& got, const std::string& where) {
    ASSERT_EQ(wanted.size(), got.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        ASSERT_EQ(wanted[i].shape(), got[i].shape()) << where;
        EXPECT_TRUE(bytes_of(wanted[i]) == bytes_of(got[i])) << where << ", result " << i;
    }
}

std::vector<Array> on_cpu(const std::vector<Array>& arrays) {
    Engine engine({.threads = 2, .device = "omp"});
    auto results = evaluate(engine, arrays);
    for (const auto& result : results) result.wait();
    return results;
}

Array random_array(DType t, const Shape& shape, Random& random) {
    const auto bytes = test::mixed_bytes(t, static_cast<std::size_t>(shape.count()), static_cast<unsigned>(random()));
    return detail::array_from_bytes(t, bytes.data(), static_cast<std::size_t>(shape.count()), shape, true);
}

// Something that broadcasts to `shape`: all of it, some axes of it, a view with steps, a list, a transposition, a ramp.
Array random_input(DType t, const Shape& shape, Random& random) {
    Shape extents = shape;
    switch (below(random, 8)) {
        case 0:
            extents[0] = 1;
            return random_array(t, extents, random);
        case 1:
            return random_array(t, Shape{shape.back()}, random);
        case 2: {
            extents[0] *= 2;
            return random_array(t, extents, random)[Slice{1, std::nullopt, 2}];
        }
        case 3:
            return random_array(t, shape, random)(ellipsis, Slice{std::nullopt, std::nullopt, -1});
        case 4: {
            Shape reversed;
            for (int axis = shape.rank() - 1; axis >= 0; --axis) reversed.push_back(shape[axis]);
            return random_array(t, reversed, random).transpose();
        }
        case 5:
            return arange(0, shape.back()).astype(t);
        default:
            return random_array(t, shape, random);
    }
}

Array random_value(const std::vector<Array>& inputs, int depth, Random& random) {
    if (depth == 0 || below(random, 8) == 0) return inputs[below(random, inputs.size())];
    const Array a = random_value(inputs, depth - 1, random), b = random_value(inputs, depth - 1, random);
    try {
        switch (below(random, 16)) {
            case 0:
                return a + b;
            case 1:
                return a - b;
            case 2:
                return a * b;
            case 3:
                return a / b;
            case 4:
                return floor_divide(a, b);
            case 5:
                return remainder(a, b);
            case 6:
                return minimum(a, b);
            case 7:
                return fmax(a, b);
            case 8:
                return where(a < b, b, a);
            case 9:
                return a == b;
            case 10:
                return a ^ b;
            case 11:
                return floor(a);
            case 12:
                return abs(a) + 3;
            case 13:
                return a.astype(static_cast<DType>(below(random, kDTypeCount)));
            case 14:
                return clip(a, 1, 5) * 2.5;
            default:
                return isnan(a) | (b > 2);
        }
    } catch (const Error&) {
        return a;  // not for these types
    }
}

TEST_F(ArrayCuda, RandomExpressionsHaveTheCpusBits) {
    Random random(4);
    const std::vector<Shape> shapes{{20011}, {1}, {33}, {5, 41, 67}, {130, 77}, {1025}, {2, 3, 1, 511}};
    // The largest takes 26 tiles where a device has as little memory as this.
    const std::vector<std::size_t> memories{0, 96 << 10, 1 << 20};
    int launched = 0;
    std::size_t on_devices = 0, cases = 0;
    for (int k = 0; k < 6; ++k) {
        std::vector<DType> types;
        for (int i = 0; i < 3; ++i) types.push_back(static_cast<DType>(below(random, kDTypeCount)));
        const auto seed = random();
        const std::vector<Shape> ours{shapes[below(random, shapes.size())], shapes[below(random, shapes.size())]};
        for (const Shape& shape : ours) {
            Random same(seed);  // the same program over another shape
            std::vector<Array> inputs{random_array(types[0], shape, same)};
            for (const DType t : {types[1], types[2]}) inputs.push_back(random_input(t, shape, same));
            std::vector<Array> results;
            for (std::size_t o = 0, n = 1 + below(same, 2); o < n; ++o)
                results.push_back(random_value(inputs, 2 + static_cast<int>(below(same, 2)), same).broadcast_to(shape));
            const auto wanted = on_cpu(results);
            for (const std::size_t memory : memories) {
                Engine engine(on_gpu("cuda:0", memory));
                auto got = evaluate(engine, results);
                expect_same(wanted, got, "case " + std::to_string(k) + ", " + to_string(shape));
                const int now = launches();
                launched += now;
                on_devices += now > 0 ? 1 : 0;
                ++cases;
            }
        }
    }
    EXPECT_GT(launched, 0);
    EXPECT_GT(on_devices * 4, cases * 3);
    RecordProperty("launches", launched);
    RecordProperty("kernels", static_cast<int>(array::GpuKernels::shared().made()));
}

// Scaled differences of neighbours: views of the same memory, broadcasting, several tiles.
std::vector<Array> sample(std::int64_t rows, std::int64_t columns) {
    Random random(7);
    const Array x = random_array(DType::float32, {rows + 1, columns}, random);
    const Array gain = random_array(DType::float64, {columns}, random);
    return {(x[Slice{1, std::nullopt}] - x[Slice{0, -1}]) * gain + 0.5};
}

TEST_F(ArrayCuda, TwoDevicesShareTheTiles) {
    const auto expression = sample(300, 211);
    const auto wanted = on_cpu(expression);
    for (const std::size_t memory : {std::size_t{0}, std::size_t{512} << 10}) {
        Engine engine(on_gpu("cuda", memory));
        expect_same(wanted, evaluate(engine, expression), "two devices");
        const int first = fake_cuda::launches(0), second = fake_cuda::launches(1);
        EXPECT_GT(first + second, 0);
        if (memory != 0) {
            EXPECT_GT(first, 0);
            EXPECT_GT(second, 0);
        }
    }
}

TEST_F(ArrayCuda, ResultsGoIntoTheCallersMemoryAndOnToTheNextExpression) {
    Engine engine(on_gpu("cuda:0", 256 << 10));
    const auto expression = sample(130, 97);
    const auto wanted = on_cpu(expression);
    std::vector<double> memory(130 * 97, -1);
    const Array result = evaluate_into(engine, expression[0], std::span(memory));
    expect_same(wanted, {result}, "in the caller's memory");
    EXPECT_EQ(result.view<double>().data(), memory.data());
    const Array next = result * 2.0 - result;
    expect_same(on_cpu({next}), {evaluate(engine, next)}, "the next");
    EXPECT_GT(launches(), 1);
}

TEST_F(ArrayCuda, ReductionsFeedMaps) {
    Engine engine(on_gpu("cuda:0", 256 << 10));
    Random random(11);
    const Array x = random_array(DType::float32, {97, 131}, random);
    const Array dark = mean(x[Slice{0, 9}], 0);
    const std::vector<Array> results{(x - dark) / (max(x, 0) - dark), where(x > dark, x, dark), sum(x * 2.0)};
    const auto wanted = on_cpu(results);
    expect_same(wanted, evaluate(engine, results), "maps of reductions");
    EXPECT_GT(launches(), 0);
}

// Rows and columns, leaves cut by the ends of rows, tiles of some leaves, several reductions of the same elements.
TEST_F(ArrayCuda, ReductionsHaveTheCpusBits) {
    Random random(12);
    const Array x = random_array(DType::float32, {61, 37, 53}, random);
    const Array y = random_array(DType::float64, {40000}, random), n = random_array(DType::int16, {700, 130}, random);
    // Columns whose leaves of 256 do not divide the axis.
    const Array tall = random_array(DType::float32, {5, 300, 7}, random);
    const std::vector<std::vector<Array>> cases{
        {sum(y * 2.0), min(y), max(abs(y)), mean(y - 1.0)},
        {mean(x, 2), sum(x, 0), sum(x)},
        {max(x * 0.5, 1), nanmean(x, {0, 2})},
        {sum(n, 0), min(n + 1, 1), argmax(n, 0)},
        {x - mean(x), any(x > 1e30, {1, 2})},
        {mean(y), stddev(y), min(y), count(y > 0)},
        {sum(tall, {0, 1}), mean(tall, {0, 1}), var(tall, 1)},
    };
    int launched = 0;
    for (std::size_t k = 0; k < cases.size(); ++k) {
        const auto wanted = on_cpu(cases[k]);
        for (const std::size_t memory : {std::size_t{0}, std::size_t{200} << 10}) {
            Engine engine(on_gpu("cuda:0", memory));
            expect_same(wanted, evaluate(engine, cases[k]), "reductions " + std::to_string(k));
            const int now = launches();
            // Those of the same leaves have one launch for a tile. With little memory, tiles that suit all reductions
            // of a pass may not fit.
            const std::vector<int> kernels{1, 3, 2, 2, 3, 1, 2};
            if (memory == 0) {
                EXPECT_EQ(now, kernels[k]) << k;
            } else if (k == 0) {
                EXPECT_GT(now, 3);
            }
            launched += now;
        }
    }
    RecordProperty("launches", launched);
}

TEST_F(ArrayCuda, WhatHasNoDeviceFormRunsOnTheCpu) {
    Engine engine(on_gpu());
    Random random(3);
    const Array x = random_array(DType::complex128, {1000}, random);
    expect_same(on_cpu({exp(x)}), {evaluate(engine, exp(x))}, "exp");
    EXPECT_EQ(launches(), 0);
}

// As maps, as what is reduced, and as what a later pass reads, in several tiles.
TEST_F(ArrayCuda, IntegerPowersHaveTheCpusBits) {
    Random random(21);
    for (const DType t : {DType::int8, DType::uint64}) {
        const Array x = random_array(t, {601, 33}, random), n = remainder(random_array(t, {33}, random), 7);
        const Array y = pow(x, n), z = pow(x, Array(11)) + pow(x, Array(3));
        const std::vector<Array> results{y, z, sum(y), y - pow(sum(x, 1).astype(t)[Slice{0, 1}], 2)};
        const auto wanted = on_cpu(results);
        for (const std::size_t memory : {std::size_t{0}, std::size_t{256} << 10}) {
            Engine engine(on_gpu("cuda:0", memory));
            expect_same(wanted, evaluate(engine, results), "powers of " + std::string(name_of(t)));
            EXPECT_GE(launches(), 3);
        }
    }
}

std::string error_of(Engine& engine, const Array& array) {
    try {
        evaluate(engine, array).wait();
    } catch (const ArgumentError& error) {
        return std::string(error.problem()) + "; " + std::string(error.reason()) + "; " + std::string(error.remedy());
    }
    return "no error";
}

// Of one element in the last of several tiles; what is made of the result fails too, and the engine goes on.
TEST_F(ArrayCuda, ANegativeExponentIsTheCpusError) {
    std::vector<std::int32_t> exponents(40001, 3);
    const Array x = arange(0, 40001).astype(DType::int32);
    const auto power = [&] { return pow(x, from_values(exponents, {40001})); };
    const auto fine = on_cpu({power()});
    exponents[39999] = -1;
    const Array y = power();
    Engine cpu({.threads = 2, .device = "omp"}), engine(on_gpu("cuda:0", 256 << 10));
    for (const Array& array :
         {y, sum(y), y - mean(y), histogram(y, 5, {0, 1e9}).counts, sum(y.astype(DType::float64))}) {
        const std::string wanted = error_of(cpu, array);
        EXPECT_NE(wanted.find("an exponent is negative"), std::string::npos) << wanted;
        EXPECT_EQ(error_of(engine, array), wanted);
        EXPECT_GT(launches(), 0);
    }
    std::vector<std::int32_t> memory(40001);
    EXPECT_THROW(evaluate_into(engine, y, std::span(memory)).wait(), ArgumentError);
    exponents[39999] = 3;
    expect_same(fine, {evaluate(engine, power())}, "after the errors");
    EXPECT_GT(launches(), 0);
}

// Bins in shared memory of both sizes, with several copies and one, and in the device's; values on edges, outside, NaN.
TEST_F(ArrayCuda, HistogramsHaveTheCpusCounts) {
    Random random(22);
    int launched = 0;
    for (const DType t : {DType::float32, DType::uint8}) {
        const Array x = random_array(t, {307, 131}, random);
        const Array steps = (arange(0, 40001) * 0.25).astype(t);
        std::vector<Array> results{histogram(x, 10, {-1, 100}).counts, histogram(steps, 2000, {3, 1003}).counts,
                                   histogram(steps + x(0, 0), 7000, {0, 500}).counts,
                                   histogram(x(Slice{std::nullopt, std::nullopt, 3}), 1, {2, 2}).counts,
                                   histogram(steps, 9000, {0, 9000}).counts};
        // Between values that are found first.
        if (t == DType::uint8) results.push_back(histogram(x, 300).counts);
        const auto wanted = on_cpu(results);
        for (const std::size_t memory : {std::size_t{0}, std::size_t{512} << 10}) {
            Engine engine(on_gpu("cuda", memory));
            expect_same(wanted, evaluate(engine, results), "histograms of " + std::string(name_of(t)));
            const int now = launches();
            EXPECT_GE(now, 4);
            launched += now;
        }
    }
    RecordProperty("kernels", static_cast<int>(array::GpuKernels::shared().made()));
    RecordProperty("launches", launched);
}

TEST_F(ArrayCuda, AHistogramWithoutAFiniteRangeIsTheCpusError) {
    const Array x = from_values(std::vector<double>{1, 2, std::numeric_limits<double>::infinity(), 4}, {4});
    Engine cpu({.threads = 2, .device = "omp"}), engine(on_gpu());
    const std::string wanted = error_of(cpu, histogram(x, 5).counts);
    EXPECT_NE(wanted.find("is not finite and ascending"), std::string::npos) << wanted;
    EXPECT_EQ(error_of(engine, histogram(x, 5).counts), wanted);
}

int compiled() { return static_cast<int>(array::GpuKernels::shared().made()); }

TEST_F(ArrayCuda, AKernelIsMadeOnceForAllThreadsAndKeptOnDisk) {
    const std::vector<Array> expression{abs(sample(40, 50)[0])};  // of no other test
    const auto wanted = on_cpu(expression);
    const int before = compiled();
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            Engine engine(on_gpu());
            const auto got = evaluate(engine, expression);
            if (bytes_of(got[0]) != bytes_of(wanted[0])) ++wrong;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(compiled() - before, 1);
    EXPECT_GE(launches(), 4);

    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::getenv("HEDDLE_CACHE_DIR")))
        files += entry.path().extension() == ".kernel" ? 1 : 0;
    EXPECT_GE(files, 1);
}

TEST_F(ArrayCuda, ASourceThatDoesNotCompileIsTriedOnceAndRunsOnTheCpu) {
    Random random(5);
    const Array x = random_array(DType::int16, {5000}, random);
    const Array y = (x + 1) * 3 - x;
    const int before = compiled();
    setenv("HEDDLE_FAKE_NVRTC_REFUSES", "1", 1);
    testing::internal::CaptureStderr();
    for (int i = 0; i < 2; ++i) {
        Engine engine(on_gpu("cuda:0", 24 << 10));
        expect_same(on_cpu({y}), {evaluate(engine, y)}, "on the CPU");
    }
    unsetenv("HEDDLE_FAKE_NVRTC_REFUSES");
    const auto said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("task 'compute' runs on the CPU: the kernel 'heddle_map' does not compile"), std::string::npos)
        << said;
    EXPECT_EQ(compiled() - before, 1);
    EXPECT_EQ(launches(), 0);
}

// Few tasks at a time, so that most tiles are submitted when the first kernel has been refused.
TEST_F(ArrayCuda, AKernelThatFailedToLoadOnceIsTriedAgain) {
    Random random(6);
    const Array x = random_array(DType::float32, {200'000}, random);
    const Array y = x * 3 - x / 7;
    const auto wanted = on_cpu({y});
    fake_cuda::refuse_loads(1);
    auto options = on_gpu("cuda", 64 << 10);
    options.max_tasks = 4;
    testing::internal::CaptureStderr();
    Engine engine(options);
    expect_same(wanted, {evaluate(engine, y)}, "after a load that failed");
    EXPECT_NE(testing::internal::GetCapturedStderr().find("runs on the CPU"), std::string::npos);
    EXPECT_GT(launches(), 10);
}

TEST_F(ArrayCuda, NoWatcherCompiles) {
    const auto expression = sample(311, 207);
    const auto wanted = on_cpu(expression);
    Engine engine(on_gpu("cuda", 96 << 10));
    for (int i = 0; i < 3; ++i) expect_same(wanted, evaluate(engine, expression), "with little memory");
    EXPECT_EQ(fake_cuda::loads_by_watchers(), 0);
}

// In a process of its own: what is lost stays lost.
void lose_a_device(const std::string& devices) {
    auto expression = sample(300, 211);
    expression.push_back(sum(expression[0] * 2.0, 0));
    const auto wanted = on_cpu(expression);
    std::atomic<bool> lost{false};
    fake_cuda::before_launch([&](cudaStream_t stream, int before) {
        if (before == 4 && !lost.exchange(true)) fake_cuda::enqueue_fault(stream);
    });
    Engine engine(on_gpu(devices, 512 << 10));
    expect_same(wanted, evaluate(engine, expression), "after a loss");
    EXPECT_TRUE(lost);
    expect_same(wanted, evaluate(engine, expression), "without the device");
    fake_cuda::before_launch(nullptr);
}

TEST_F(ArrayCuda, ALostDeviceInTheMiddleLeavesTheRightBytes) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    for (const std::string devices : {"cuda:0", "cuda"})
        EXPECT_EXIT((lose_a_device(devices), std::_Exit(testing::Test::HasFailure() ? 1 : 0)),
                    testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace heddle

int main(int argc, char** argv) {
    // Kernels of the stand-in must not lie among those of a GPU; a process that is forked for a death test shares them.
    std::string folder = (std::filesystem::temp_directory_path() / "heddle-cache-XXXXXX").string();
    const char* given = std::getenv("HEDDLE_TEST_CACHE");
    if (given == nullptr && mkdtemp(folder.data()) == nullptr) return 1;
    setenv("HEDDLE_CACHE_DIR", given != nullptr ? given : folder.c_str(), 1);
    setenv("HEDDLE_TEST_CACHE", std::getenv("HEDDLE_CACHE_DIR"), 1);
    testing::InitGoogleTest(&argc, argv);
    const int status = RUN_ALL_TESTS();
    if (given == nullptr) std::filesystem::remove_all(folder);
    return status;
}
