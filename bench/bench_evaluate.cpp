#include <benchmark/benchmark.h>

#include <vector>

#include "heddle/array.hpp"
#include "heddle/engine.hpp"
#include "heddle/evaluate.hpp"
#include "heddle/functions.hpp"
#include "heddle/reductions.hpp"

// Whole evaluations on two threads, from a few elements (what building a graph and a pass costs) to more than the
// caches hold (tiles, pieces, fresh memory). The argument is the number of elements.
namespace {

using namespace heddle;

Engine& engine() {
    static Engine shared({.threads = 2});
    return shared;
}

struct Inputs {
    explicit Inputs(const benchmark::State& state)
        : a(static_cast<std::size_t>(state.range(0)), 0.5f), b(a.size(), 0.25f), c(a.size(), 0.125f) {}
    Array of(const std::vector<float>& values) const {
        return borrow(std::span<const float>(values), Shape{static_cast<std::int64_t>(values.size())});
    }
    std::vector<float> a, b, c;
};

void sizes(benchmark::internal::Benchmark* b) { b->RangeMultiplier(32)->Range(1, 1 << 25)->UseRealTime(); }

void evaluate_and_count(benchmark::State& state, const Array& array) {
    for (auto _ : state) evaluate(engine(), array).wait();
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

// The result's memory is new each time.
void polynomial(benchmark::State& state) {
    const Inputs in(state);
    const Array a = in.of(in.a), b = in.of(in.b), c = in.of(in.c);
    evaluate_and_count(state, a * b + b * c + a * c + a);
}
BENCHMARK(polynomial)->Apply(sizes);

void polynomial_into(benchmark::State& state) {
    const Inputs in(state);
    const Array a = in.of(in.a), b = in.of(in.b), c = in.of(in.c);
    const Array array = a * b + b * c + a * c + a;
    std::vector<float> out(in.a.size());
    for (auto _ : state) evaluate_into(engine(), array, std::span(out)).wait();
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(polynomial_into)->Apply(sizes);

void sum_all(benchmark::State& state) {
    const Inputs in(state);
    evaluate_and_count(state, sum(in.of(in.a)));
}
BENCHMARK(sum_all)->Apply(sizes);

void std_all(benchmark::State& state) {
    const Inputs in(state);
    evaluate_and_count(state, stddev(in.of(in.a)));
}
BENCHMARK(std_all)->Apply(sizes);

// 1024 columns at most, along each axis.
void mean_of(benchmark::State& state, int axis) {
    const Inputs in(state);
    const std::int64_t columns = std::min<std::int64_t>(1024, state.range(0));
    evaluate_and_count(state,
                       mean(borrow(std::span<const float>(in.a), Shape{state.range(0) / columns, columns}), axis));
}
void mean_of_rows(benchmark::State& state) { mean_of(state, 1); }
void mean_of_columns(benchmark::State& state) { mean_of(state, 0); }
BENCHMARK(mean_of_rows)->Apply(sizes);
BENCHMARK(mean_of_columns)->Apply(sizes);

// Minus its column means: two passes.
void centred(benchmark::State& state) {
    const Inputs in(state);
    const std::int64_t columns = std::min<std::int64_t>(1024, state.range(0));
    const Array x = borrow(std::span<const float>(in.a), Shape{state.range(0) / columns, columns});
    evaluate_and_count(state, x - mean(x, 0));
}
BENCHMARK(centred)->Apply(sizes);

}  // namespace
