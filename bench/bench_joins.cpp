// Joined arrays against a plain copy, and means of blocks, row by row and side by side.

#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "heddle/heddle.hpp"

namespace {

using heddle::Array;

constexpr std::int64_t kElements = std::int64_t{1} << 24;

std::span<const float> values() {
    static const std::vector<float> made(kElements, 1.5f);
    return made;
}

void copy(benchmark::State& state) {
    std::vector<float> out(2 * kElements);
    for (auto _ : state) {
        std::memcpy(out.data(), values().data(), kElements * sizeof(float));
        std::memcpy(out.data() + kElements, values().data(), kElements * sizeof(float));
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * 4 * kElements * std::int64_t{sizeof(float)});
}
BENCHMARK(copy)->UseRealTime();

void concatenate(benchmark::State& state) {
    heddle::Engine engine({.threads = static_cast<int>(state.range(0))});
    const Array a = heddle::borrow(values(), {kElements}), joined = heddle::concatenate({a, a});
    std::vector<float> out(2 * kElements);
    for (auto _ : state) heddle::evaluate_into(engine, joined, std::span(out)).wait();
    state.SetBytesProcessed(state.iterations() * 4 * kElements * std::int64_t{sizeof(float)});
}
BENCHMARK(concatenate)->Arg(1)->Arg(2)->UseRealTime();

// Blocks of so many elements of a row; the second argument: whether they are summed side by side.
void block_means(benchmark::State& state) {
    heddle::Engine engine({.threads = 1});
    const Array split = heddle::reshape(heddle::borrow(values(), {kElements}), {-1, state.range(0)});
    const Array means = state.range(1) != 0 ? mean(split.transpose(), 0) : mean(split, 1);
    for (auto _ : state) heddle::evaluate(engine, means).wait();
    state.SetBytesProcessed(state.iterations() * kElements * std::int64_t{sizeof(float)});
}
BENCHMARK(block_means)->ArgsProduct({{4, 8, 16, 32, 64, 256}, {0, 1}})->UseRealTime();

}  // namespace
