#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "host/expr/evaluator.hpp"
#include "kernels/reduce.hpp"

// One thread, data in the L2 cache: what the evaluator itself costs. bench/peers compares whole expressions in memory.
namespace {

using namespace heddle;
using namespace heddle::expr;

constexpr std::int64_t kElements = 8192;

// Runs a program over dense inputs of the shape.
void run(benchmark::State& state, const Program& program, const Shape& extents, const std::vector<Shape>& strides) {
    std::vector<std::vector<double>> memory;
    std::vector<StridedInput> inputs;
    for (const Shape& s : strides) {
        auto& m = memory.emplace_back(static_cast<std::size_t>(4 * kElements));
        // Bytes that are tame as every element type.
        for (std::size_t i = 0; i < m.size(); ++i) m[i] = 0.5 + static_cast<double>(i % 100) / 128;
        inputs.push_back({reinterpret_cast<const std::byte*>(m.data()), s});
    }
    std::vector<double> out(static_cast<std::size_t>(2 * kElements));
    Target target;
    target.dense = reinterpret_cast<std::byte*>(out.data());
    Evaluator evaluator;
    for (auto _ : state) {
        evaluator.run(program, extents, inputs, 0, extents.count(), {std::span(&target, 1)});
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * extents.count());
}

void polynomial(benchmark::State& state) {
    ProgramBuilder b;
    const int x = b.input(DType::float32), y = b.input(DType::float32), z = b.input(DType::float32);
    const auto times = [&](int l, int r) { return b.apply(Op::multiply, l, r); };
    const auto plus = [&](int l, int r) { return b.apply(Op::add, l, r); };
    b.output(plus(plus(plus(times(x, y), times(y, z)), times(x, z)), x), DType::float32);
    run(state, b.build(), {kElements}, {{4}, {4}, {4}});
}
BENCHMARK(polynomial);

void flat_field(benchmark::State& state) {
    ProgramBuilder b;
    const int raw = b.input(DType::uint16), dark = b.input(DType::float32), flat = b.input(DType::float32);
    const auto minus = [&](int l, int r) { return b.apply_promoted(Op::subtract, l, r); };
    b.output(b.apply_promoted(Op::divide, minus(raw, dark), minus(flat, dark)), DType::float32);
    run(state, b.build(), {kElements}, {{2}, {4}, {4}});
}
BENCHMARK(flat_field);

void select(benchmark::State& state) {
    ProgramBuilder b;
    const int x = b.input(DType::float32), y = b.input(DType::float32);
    b.output(b.apply(Op::where, b.apply(Op::greater, x, y), x, y), DType::float32);
    run(state, b.build(), {kElements}, {{4}, {4}});
}
BENCHMARK(select);

void short_rows(benchmark::State& state) {
    ProgramBuilder b;
    const int x = b.input(DType::float32), row = b.input(DType::float32), column = b.input(DType::float32);
    b.output(b.apply(Op::add, b.apply(Op::add, x, row), column), DType::float32);
    run(state, b.build(), {kElements / 3, 3}, {{16, 4}, {0, 4}, {4, 0}});
}
BENCHMARK(short_rows);

void transposed(benchmark::State& state) {
    ProgramBuilder b;
    b.output(b.apply(Op::negative, b.input(DType::float32)), DType::float32);
    run(state, b.build(), {90, 91}, {{4, 360}});
}
BENCHMARK(transposed);

// A cast as the first range says, to float64.
void cast(benchmark::State& state) {
    const auto from = static_cast<DType>(state.range(0));
    ProgramBuilder b;
    b.output(b.input(from), DType::float64);
    state.SetLabel(std::string(name_of(from)));
    run(state, b.build(), {kElements}, {{static_cast<std::int64_t>(size_of(from))}});
}
BENCHMARK(cast)->DenseRange(0, 10);

void fold(benchmark::State& state) {
    const auto reduce = static_cast<kernels::Reduce>(state.range(0));
    const kernels::Reducer r = kernels::make_reducer(reduce, state.range(1) != 0, DType::float64);
    std::vector<double> values(static_cast<std::size_t>(kernels::kLeaf), 1.0);
    std::array<double, 8> leaf{};
    for (auto _ : state) {
        r.fold(leaf.data(), values.data(), kernels::kLeaf, 0);
        benchmark::DoNotOptimize(leaf);
    }
    state.SetLabel(std::string(name_of(reduce)) + (state.range(1) != 0 ? ", NaN skipped" : ""));
    state.SetItemsProcessed(state.iterations() * kernels::kLeaf);
}
BENCHMARK(fold)->ArgsProduct({benchmark::CreateDenseRange(0, 11, 1), {0, 1}});

// What a program costs to make: once per task.
void build(benchmark::State& state) {
    for (auto _ : state) {
        ProgramBuilder b;
        const int x = b.input(DType::float32), y = b.input(DType::float32), two = b.weak_constant(Scalar::of_int(2));
        const int sum = b.apply_promoted(Op::add, b.apply_promoted(Op::multiply, x, two), y);
        b.output(b.apply_promoted(Op::sqrt, sum), DType::float32);
        benchmark::DoNotOptimize(b.build());
    }
}
BENCHMARK(build);

}  // namespace
