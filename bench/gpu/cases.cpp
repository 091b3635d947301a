#include "bench/gpu/cases.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>

#include "host/array/reduce_tree.hpp"

namespace heddle::bench {
namespace {

using array::Bytes;
using expr::CudaKernel;
using expr::ReduceLaunch;
using expr::Scalar;
using expr::StridedInput;
using kernels::Op;

constexpr int kRepeats = 10;
constexpr std::int64_t kFloat = sizeof(float);

Shape dense(const Shape& extents) {
    Shape strides = Shape::filled(extents.rank(), kFloat);
    for (int axis = extents.rank() - 2; axis >= 0; --axis) strides[axis] = strides[axis + 1] * extents[axis + 1];
    return strides;
}

std::vector<StridedInput> inputs_of(const Case& c, const Shape& extents,
                                    const std::function<const std::byte*(int)>& at) {
    std::vector<StridedInput> inputs;
    for (int i = 0; i < c.program.inputs(); ++i) {
        const bool repeats = i == 1 && extents.rank() == 2;
        inputs.push_back({at(i), repeats ? Shape{0, kFloat} : dense(extents)});
    }
    return inputs;
}
std::vector<StridedInput> on_device(const Case& c, const Data* data) {
    return inputs_of(c, c.extents,
                     [&](int i) { return data == nullptr ? nullptr : data->operands[static_cast<std::size_t>(i)]; });
}

Shape extents_of_period(const Case& c, std::int64_t period) {
    return c.extents.rank() == 1 ? Shape{period} : Shape{period / c.extents[1], c.extents[1]};
}
Bytes on_cpu(const Case& c, const Data& data) {
    const Shape extents = extents_of_period(c, data.period);
    Bytes values(static_cast<std::size_t>(data.period) * size_of(c.program.output_dtype(0)));
    expr::Target target;
    target.dense = values.data();
    const auto inputs = inputs_of(c, extents, [&](int i) {
        return reinterpret_cast<const std::byte*>(data.inputs[static_cast<std::size_t>(i)].data());
    });
    expr::Evaluator().run(c.program, extents, inputs, 0, data.period, {std::span(&target, 1)});
    return values;
}

// ---- elementwise ----

Timing measure_map(Gpu& gpu, const Data& data, const Case& c) {
    const std::size_t width = size_of(c.program.output_dtype(0)), part = static_cast<std::size_t>(data.period) * width;
    std::byte* out = gpu.allocate(static_cast<std::size_t>(data.count) * width);
    const expr::StridedOutput output{out, dense(c.extents)};
    const auto launch = expr::bind_kernel(c.program, c.extents, on_device(c, &data), std::span(&output, 1));
    Compiled kernel(source(c), gpu.architecture);
    Timing timing;
    timing.seconds = gpu.seconds(device::kCompute, kRepeats,
                                 [&] { gpu.launch(device::kCompute, kernel, launch.parameters, launch.work); });
    const double read = c.extents.rank() == 2 ? 1 : c.program.inputs();
    timing.bytes = static_cast<double>(data.count) * (read * kFloat + static_cast<double>(width));
    const Bytes want = on_cpu(c, data);
    std::byte* got = gpu.pinned(part);
    gpu.follow(device::kToHost, device::kCompute);
    timing.equal = true;
    for (std::int64_t at = 0; at < data.count; at += data.period) {
        gpu.device->copy(device::kToHost, got, out + static_cast<std::size_t>(at) * width, {part});
        gpu.finish(device::kToHost);
        timing.equal = timing.equal && std::memcmp(got, want.data(), part) == 0;
    }
    gpu.free(out);
    return timing;
}

// ---- reductions ----

struct Tree {
    std::int64_t outputs, leaves;
};
bool by_columns(const Case& c) { return c.extents.rank() == 2; }
Tree tree_of(const Case& c) {
    const std::int64_t count = c.extents.count();
    if (by_columns(c)) return {c.extents[1], (c.extents[0] + array::kColumnLeaf - 1) / array::kColumnLeaf};
    return {1, (count + kernels::kLeaf - 1) / kernels::kLeaf};
}
ReduceLaunch bind_states(const Case& c, const Data* data, std::byte* states) {
    const auto inputs = on_device(c, data);
    const std::array<void*, 1> places{states};
    if (by_columns(c))
        return expr::bind_columns(c.program, c.extents, inputs, {c.extents[1], array::kColumnLeaf, c.extents[0]},
                                  places);
    return expr::bind_leaves(c.program, c.extents, inputs, {c.extents.count(), kernels::kLeaf, Shape{}, Shape{}},
                             places);
}

// The CPU's states of the leaves of one period, each of which holds one for each output.
std::vector<Bytes> leaves_on_cpu(const Case& c, const Data& data, const kernels::Reducer& reducer) {
    const Tree tree = tree_of(c);
    const Bytes values = on_cpu(c, data);
    const std::size_t size = reducer.state_size, width = size_of(reducer.input);
    std::vector<Bytes> leaves;
    if (by_columns(c)) {
        for (std::int64_t row = 0; row < data.period / tree.outputs; ++row) {
            if (row % array::kColumnLeaf == 0) {
                leaves.emplace_back(static_cast<std::size_t>(tree.outputs) * size);
                reducer.init(leaves.back().data(), tree.outputs);
            }
            reducer.accumulate(leaves.back().data(), &values[static_cast<std::size_t>(row * tree.outputs) * width],
                               tree.outputs, row);
        }
    } else {
        for (std::int64_t at = 0; at < data.period; at += kernels::kLeaf) {
            leaves.emplace_back(size);
            reducer.fold(leaves.back().data(), &values[static_cast<std::size_t>(at) * width], kernels::kLeaf, at);
        }
    }
    return leaves;
}

Timing measure_reduction(Gpu& gpu, const Data& data, const Case& c) {
    const auto reducer = kernels::make_reducer(c.reduction.reduce, c.reduction.skip_nan, c.reduction.element);
    const Tree tree = tree_of(c);
    const std::size_t size = reducer.state_size;
    const auto states_size = static_cast<std::size_t>(tree.outputs * tree.leaves) * size;
    std::byte* states = gpu.allocate(states_size);
    Compiled kernel(source(c), gpu.architecture);
    const ReduceLaunch launch = bind_states(c, &data, states);
    Timing timing;
    timing.seconds = gpu.seconds(device::kCompute, kRepeats,
                                 [&] { gpu.launch(device::kCompute, kernel, launch.parameters, launch.work); });
    timing.bytes = static_cast<double>(data.count * c.program.inputs() * kFloat);
    const auto want = leaves_on_cpu(c, data, reducer);
    std::byte* got = gpu.pinned(states_size);
    gpu.follow(device::kToHost, device::kCompute);
    gpu.device->copy(device::kToHost, got, states, {states_size});
    gpu.finish(device::kToHost);
    timing.equal = true;
    const auto leaves = static_cast<std::size_t>(tree.leaves);
    for (std::size_t at = 0; at < states_size / size; ++at) {
        const Bytes& leaf = want[at % leaves % want.size()];
        timing.equal = timing.equal && std::memcmp(got + at * size, &leaf[at / leaves * size], size) == 0;
    }
    gpu.free(states);
    return timing;
}

}  // namespace

std::vector<Case> cases(std::int64_t count) {
    const DType f = DType::float32;
    std::vector<Case> all;
    const auto add = [&](std::string name, int inputs, const Shape& extents,
                         const std::function<int(expr::ProgramBuilder&, const std::vector<int>&)>& value,
                         std::optional<kernels::Reduce> reduce = {}) {
        expr::ProgramBuilder b;
        std::vector<int> x;
        for (int i = 0; i < inputs; ++i) x.push_back(b.input(f));
        const int v = value(b, x);
        b.output(v, reduce ? kernels::make_reducer(*reduce, false, f).input : b.dtype(v));
        all.push_back({std::move(name),
                       b.build(),
                       extents,
                       reduce.has_value(),
                       {reduce.value_or(kernels::Reduce::sum), false, f}});
    };
    const Shape flat{count}, rows{count / 16384, 16384};
    const auto first = [](expr::ProgramBuilder&, const std::vector<int>& x) { return x[0]; };
    const auto product = [](expr::ProgramBuilder& b, const std::vector<int>& x) {
        return b.apply(Op::multiply, x[0], x[1]);
    };
    add("increment", 1, flat,
        [](auto& b, auto& x) { return b.apply_promoted(Op::add, x[0], b.weak_constant(Scalar::of_int(1))); });
    add("polynomial", 3, flat, [](auto& b, auto& x) {
        const int ab = b.apply(Op::multiply, x[0], x[1]), bc = b.apply(Op::multiply, x[1], x[2]);
        const int ac = b.apply(Op::multiply, x[0], x[2]);
        return b.apply(Op::add, b.apply(Op::add, b.apply(Op::add, ab, bc), ac), x[0]);
    });
    add("ratio", 2, flat, [](auto& b, auto& x) {
        return b.apply(Op::divide, b.apply(Op::subtract, x[0], x[1]), b.apply(Op::add, x[0], x[1]));
    });
    add("norm", 2, flat, [](auto& b, auto& x) {
        return b.apply(Op::sqrt,
                       b.apply(Op::add, b.apply(Op::multiply, x[0], x[0]), b.apply(Op::multiply, x[1], x[1])));
    });
    add("broadcast", 2, rows, [](auto& b, auto& x) { return b.apply(Op::subtract, x[0], x[1]); });
    add("sum", 1, flat, first, kernels::Reduce::sum);
    add("sum_product", 2, flat, product, kernels::Reduce::sum);
    add("max", 1, flat, first, kernels::Reduce::max);
    add("std", 1, flat, first, kernels::Reduce::std);
    add("sum_of_columns", 1, rows, first, kernels::Reduce::sum);
    return all;
}

CudaKernel source(const Case& c) {
    if (c.reduces) {
        const auto form = bind_states(c, nullptr, nullptr).form;
        return by_columns(c) ? make_cuda_columns(c.program, form, {&c.reduction, 1})
                             : make_cuda_leaves(c.program, form, {&c.reduction, 1});
    }
    const expr::StridedOutput output{nullptr, dense(c.extents)};
    return make_cuda_source(c.program,
                            expr::bind_kernel(c.program, c.extents, on_device(c, nullptr), std::span(&output, 1)).form);
}

Timing measure(Gpu& gpu, const Data& data, const Case& c) {
    return c.reduces ? measure_reduction(gpu, data, c) : measure_map(gpu, data, c);
}

}  // namespace heddle::bench
