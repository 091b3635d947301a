#include <benchmark/benchmark.h>

#include <vector>

#include "heddle/engine.hpp"

// What the task layer costs, in time per task, with empty bodies. The argument is the number of threads; bench/peers
// compares whole patterns with other systems.
namespace {

using namespace heddle;

constexpr int kWidth = 64, kSteps = 400;

void per_task(benchmark::State& state, std::int64_t tasks) {
    state.counters["time/task"] = benchmark::Counter(
        static_cast<double>(tasks), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

Engine engine_for(const benchmark::State& state) { return Engine({.threads = static_cast<int>(state.range(0))}); }

std::vector<Buffer<float>> cells(Engine& engine) {
    std::vector<Buffer<float>> made;
    for (int i = 0; i < 2 * kWidth; ++i) made.emplace_back(engine, Shape{1});
    return made;
}

void independent(benchmark::State& state) {
    Engine engine = engine_for(state);
    Scope scope(engine);
    for (auto _ : state) {
        for (int i = 0; i < kWidth * kSteps; ++i) scope.submit("point", [] {});
        scope.wait();
    }
    per_task(state, kWidth * kSteps);
}
BENCHMARK(independent)->Arg(1)->Arg(2)->UseRealTime();

void chain(benchmark::State& state) {
    Engine engine = engine_for(state);
    Buffer<float> cell(engine, Shape{1});
    Scope scope(engine);
    for (auto _ : state) {
        for (int i = 0; i < kWidth * kSteps; ++i)
            scope.submit(
                "link", [](auto&&...) {}, update(cell));
        scope.wait();
    }
    per_task(state, kWidth * kSteps);
}
BENCHMARK(chain)->Arg(1)->Arg(2)->UseRealTime();

void stencil(benchmark::State& state) {
    Engine engine = engine_for(state);
    auto cell = cells(engine);
    const auto at = [&](int step, int i) -> Buffer<float>& {
        return cell[static_cast<std::size_t>(step % 2 * kWidth + (i + kWidth) % kWidth)];
    };
    Scope scope(engine);
    for (auto _ : state) {
        for (int step = 1; step <= kSteps; ++step)
            for (int i = 0; i < kWidth; ++i)
                scope.submit(
                    "point", [](auto&&...) {}, write(at(step, i)), read(at(step - 1, i - 1)), read(at(step - 1, i)),
                    read(at(step - 1, i + 1)));
        scope.wait();
    }
    per_task(state, kWidth * kSteps);
}
BENCHMARK(stencil)->Arg(1)->Arg(2)->UseRealTime();

// Regions of one tiled buffer, each over two tiles.
void regions(benchmark::State& state) {
    Engine engine = engine_for(state);
    Buffer<float> tiled(engine, Shape{kWidth * 16}, {.tile = Shape{16}});
    Scope scope(engine);
    for (auto _ : state) {
        for (int step = 0; step < kSteps; ++step)
            for (int i = 0; i + 1 < kWidth; ++i)
                scope.submit(
                    "region", [](auto&&...) {}, update(tiled, Box{{16 * i}, {16 * i + 32}}));
        scope.wait();
    }
    per_task(state, (kWidth - 1) * kSteps);
}
BENCHMARK(regions)->Arg(1)->Arg(2)->UseRealTime();

// One task at a time: what a caller that waits for each pays, waking a sleeping thread included.
void round_trip(benchmark::State& state) {
    Engine engine = engine_for(state);
    for (auto _ : state) {
        Scope scope(engine);
        scope.submit("point", [] {});
        scope.wait();
    }
    per_task(state, 1);
}
BENCHMARK(round_trip)->Arg(1)->Arg(2)->UseRealTime();

// The pieces of one task.
void pieces(benchmark::State& state) {
    constexpr std::int64_t kPieces = 100'000;
    Engine engine = engine_for(state);
    Scope scope(engine);
    for (auto _ : state) {
        scope.submit({.name = "pieces", .pieces = kPieces}, [](const Piece&) {});
        scope.wait();
    }
    per_task(state, kPieces);
}
BENCHMARK(pieces)->Arg(1)->Arg(2)->UseRealTime();

}  // namespace
