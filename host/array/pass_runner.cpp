#include "host/array/pass_runner.hpp"

#include <cstring>

#include "host/device/kernel.hpp"
#include "kernels/histogram.hpp"
#include "kernels/non_finite.hpp"

namespace heddle::array {
namespace {

std::int64_t offset_in(const Shape& strides, const Shape& from, const Shape& to) {
    std::int64_t offset = 0;
    for (int axis = 0; axis < strides.rank(); ++axis) offset += strides[axis] * (to[axis] - from[axis]);
    return offset;
}

// Copies dense C-order values into a strided block.
void scatter(const std::byte* from, const Shape& extents, const Shape& strides, std::size_t width, std::byte* to) {
    if (extents.empty()) {
        std::memcpy(to, from, width);
        return;
    }
    const auto row = static_cast<std::size_t>(extents.back());
    const auto last = strides.back();
    Shape at = Shape::filled(extents.rank(), 0);
    const auto rows = extents.back() == 0 ? 0 : extents.count() / extents.back();
    for (std::int64_t n = 0; n < rows; ++n) {
        auto* start = to + offset_in(strides, Shape::filled(extents.rank(), 0), at);
        if (last == static_cast<std::int64_t>(width))
            std::memcpy(start, from, row * width);
        else
            for (std::size_t i = 0; i < row; ++i)
                std::memcpy(start + static_cast<std::int64_t>(i) * last, from + i * width, width);
        from += row * width;
        for (int axis = extents.rank() - 2; axis >= 0 && ++at[axis] == extents[axis]; --axis) at[axis] = 0;
    }
}

}  // namespace

void store_block(const void* values, const Shape& extents, const Shape& strides, std::size_t width, void* to) {
    scatter(static_cast<const std::byte*>(values), extents, strides, width, static_cast<std::byte*>(to));
}

void count_non_finite(DType dtype, const void* values, std::int64_t n, TargetStats& stats) {
    const auto found = kernels::count_non_finite(dtype, values, n);
    if (found.nan > 0) stats.nan.fetch_add(found.nan, std::memory_order_relaxed);
    if (found.inf > 0) stats.inf.fetch_add(found.inf, std::memory_order_relaxed);
}

void count_where_written(const Pass::Output& output, const void* values, const Box& box) {
    if ((output.on_devices || output.straight) && output.product.stats != nullptr)
        count_non_finite(output.computed, values, box.count(), *output.product.stats);
}

std::vector<AnyAccess> Pass::Runner::accesses(const Group& group, Tile& tile) {
    std::vector<AnyAccess> list;
    const auto add = [&](const AnyBuffer* buffer, Mode mode, std::optional<Box> box) {
        tile.operands.push_back(static_cast<int>(list.size()));
        tile.regions.push_back(box.value_or(Box{}));
        list.push_back({buffer, mode, std::move(box)});
    };
    const auto slot = static_cast<std::size_t>(tile.slot);
    for (const auto* input : group.inputs) {
        tile.ranges.push_back(touched(input->leaf.access, tile.box));
        if (input->staged()) {
            add(input->slots[slot].get(), Mode::read, std::nullopt);
        } else if (input->resident) {
            Box region;
            for (const auto& range : tile.ranges.back()) {
                region.lo.push_back(range.start);
                region.hi.push_back(range.start + (range.count - 1) * range.step + 1);
            }
            add(input->resident, Mode::read, buffer_box(region));
        } else {
            tile.operands.push_back(-1);
        }
    }
    for (auto* output : group.outputs) {
        if (output->kind == Output::Kind::histogram) {
            if (output->on_devices)
                add(output->made[slot].get(), Mode::write, std::nullopt);
            else
                add(output->product.buffer, Mode::update, std::nullopt);
            // Right behind the counts.
            tile.regions.emplace_back();
            list.push_back({output->bins.get(), Mode::read, std::nullopt});
        } else if (output->kind == Output::Kind::reduction && output->on_devices) {
            add(output->made[slot].get(), Mode::write, std::nullopt);
        } else if (output->kind == Output::Kind::reduction && output->mode == SplitMode::leaves) {
            add(output->tokens[slot].get(), Mode::write, std::nullopt);
        } else if (output->kind == Output::Kind::reduction) {
            add(output->product.buffer, Mode::update,
                buffer_box(output->geometry->output_box(tile.box, output->reduction->keep_dims)));
        } else if (output->in_slots()) {
            add(output->slots[slot].get(), Mode::write, std::nullopt);
        } else {
            add(output->product.buffer, Mode::write, buffer_box(tile.box));
        }
    }
    if (group.checks) {
        tile.error = static_cast<int>(list.size());
        list.push_back({group.errors[slot].get(), Mode::write, std::nullopt});
    }
    return list;
}

expr::StridedInput Pass::Runner::input_at(std::size_t index, const Box& box) const {
    const auto& input = *group_.inputs[index];
    const auto& leaf = input.leaf;
    const auto width = size_of(leaf.node->dtype);
    if (input.staged()) {
        const auto walk = walk_dense(leaf.access, tile_.ranges[index], box.rank(), static_cast<std::int64_t>(width));
        const auto* base = static_cast<const std::byte*>(operands_[tile_.operands[index]].data);
        return {base + walk.offset + offset_in(walk.strides, tile_.box.lo, box.lo), walk.strides};
    }
    if (!input.resident) {
        const auto walk = walk_whole(leaf.access, box, byte_strides(dense_strides(leaf.node->shape), width));
        return {leaf.node->as<Memory>()->storage->bytes.get() + walk.offset, walk.strides};
    }
    const auto operand = static_cast<std::size_t>(tile_.operands[index]);
    const auto strides = byte_strides(operands_[operand].layout->strides, width);
    const auto walk = walk_whole(leaf.access, box, strides);
    const auto& origin = tile_.regions[operand].lo;
    const auto shift = leaf.access.empty() ? 0 : offset_in(strides, Shape::filled(origin.rank(), 0), origin);
    return {static_cast<const std::byte*>(operands_[operand].data) + walk.offset - shift, walk.strides};
}

// Of a map.
expr::StridedOutput Pass::Runner::output_at(std::size_t index, const Box& box) const {
    const auto& output = *group_.outputs[index];
    const auto operand = static_cast<std::size_t>(tile_.operands[group_.inputs.size() + index]);
    const Shape strides = byte_strides(
        output.in_slots() || box.rank() == 0 ? dense_strides(tile_.box.extents()) : operands_[operand].layout->strides,
        size_of(output.computed));
    return {static_cast<std::byte*>(operands_[operand].data) + offset_in(strides, tile_.box.lo, box.lo), strides};
}

expr::Target Pass::Runner::target_of(std::size_t index, const Box& box, Consumption& consumption) const {
    const auto& output = *group_.outputs[index];
    expr::Target target;
    if (output.kind != Output::Kind::map) {
        target.consumer = Consumption::consume;
        target.context = &consumption;
        return target;
    }
    const auto at = output_at(index, box);
    target.strides = at.strides;
    (is_dense(at.strides, box.extents(), size_of(output.computed)) ? target.dense : target.base) = at.base;
    return target;
}

expr::ReduceLaunch Pass::Runner::bind_leaves(std::vector<expr::StridedInput>& inputs) const {
    const auto& geometry = *group_.outputs[0]->geometry;
    const Box& box = tile_.box;
    std::vector<void*> states;
    for (std::size_t i = 0; i < group_.outputs.size(); ++i) states.push_back(part(i).data);
    const auto leaves = geometry.leaves_of(box);
    const auto leaf_length = geometry.inner * geometry.group;
    const int rank = box.rank();
    if (geometry.rows) {
        expr::RowLeaves rows{1, leaf_length, {}, {}, geometry.number(box.lo)};
        const int first = geometry.row_axes();
        for (int axis = first; axis < rank; ++axis) rows.row_length *= box.hi[axis] - box.lo[axis];
        for (int axis = 0; axis < first; ++axis) {
            Shape next = box.lo;
            // Along an axis of one index nothing grows.
            if (box.hi[axis] - box.lo[axis] > 1) ++next[axis];
            rows.numbers.push_back(geometry.number(next) - rows.first_number);
            rows.places.push_back(geometry.output_within(box, next) * leaves.count + geometry.leaf(next) -
                                  leaves.first);
        }
        return expr::bind_leaves(group_.program, box.extents(), inputs, rows, states, error());
    }
    // The axes that are reduced come first.
    Shape extents;
    std::vector<Shape> strides(inputs.size());
    for (const bool reduced : {true, false})
        for (int axis = 0; axis < rank; ++axis) {
            if (geometry.reduced[static_cast<std::size_t>(axis)] != reduced) continue;
            extents.push_back(box.hi[axis] - box.lo[axis]);
            for (std::size_t i = 0; i < inputs.size(); ++i) strides[i].push_back(inputs[i].strides[axis]);
        }
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i].strides = strides[i];
    const auto period = geometry.inner * (geometry.split < 0 ? 1 : box.hi[geometry.split] - box.lo[geometry.split]);
    return expr::bind_columns(group_.program, extents, inputs,
                              {geometry.outputs_of(box), leaf_length, period, geometry.number(box.lo)}, states,
                              error());
}

expr::CudaKernel Pass::Runner::make_kernel(const Group& group, const expr::ReduceForm& form) {
    const auto& output = *group.outputs[0];
    if (output.kind == Output::Kind::map) return expr::make_cuda_source(group.program, form.form);
    if (output.kind == Output::Kind::histogram)
        return expr::make_cuda_histogram(group.program, form, output.product.node->shape.count());
    std::vector<expr::Reduction> reductions;
    for (const auto* each : group.outputs)
        reductions.push_back({each->reduction->reduce, each->reduction->skip_nan, each->operand()->dtype});
    return output.geometry->rows ? expr::make_cuda_leaves(group.program, form, reductions)
                                 : expr::make_cuda_columns(group.program, form, reductions);
}

expr::ReduceLaunch Pass::Runner::bind() const {
    std::vector<expr::StridedInput> inputs;
    for (std::size_t i = 0; i < group_.inputs.size(); ++i) inputs.push_back(input_at(i, tile_.box));
    const auto kind = group_.outputs[0]->kind;
    if (kind == Output::Kind::reduction) return bind_leaves(inputs);
    // The bins come right behind the counts.
    if (kind == Output::Kind::histogram)
        return expr::bind_histogram(group_.program, tile_.box.extents(), inputs, (&part())[1].data, part().data,
                                    error());
    std::vector<expr::StridedOutput> outputs;
    for (std::size_t i = 0; i < group_.outputs.size(); ++i) outputs.push_back(output_at(i, tile_.box));
    auto launch = expr::bind_kernel(group_.program, tile_.box.extents(), inputs, outputs, error());
    return {{std::move(launch.form), 0}, std::move(launch.parameters), launch.work};
}

void Pass::Runner::clear(const GpuStream& where) const {
    const auto& output = *group_.outputs[0];
    if (output.kind == Output::Kind::histogram)
        device::clear(where.native, part().data, static_cast<std::size_t>(output.counts_bytes()));
    if (tile_.error >= 0) device::clear(where.native, error(), sizeof(std::uint32_t));
}

void Pass::Runner::lay_out(Shape& extents, std::vector<Shape>& strides) const {
    extents = tile_.box.extents();
    for (const int operand : tile_.operands) strides.push_back(operands_[operand].layout->strides);
}

bool Pass::Runner::is_laid_out(const Shape& extents, const std::vector<Shape>& strides) const {
    if (extents != tile_.box.extents()) return false;
    for (std::size_t i = 0; i < strides.size(); ++i)
        if (strides[i] != operands_[tile_.operands[i]].layout->strides) return false;
    return true;
}

ReduceState& Pass::Runner::state_of(Output& output, const Piece& piece) const {
    const auto at = static_cast<std::size_t>(piece.index);
    if (output.mode == SplitMode::leaves) return output.parts[static_cast<std::size_t>(tile_.slot)][at];
    return output.states[static_cast<std::size_t>(pass_.output_tile(*output.geometry, tile_.box))][at];
}

void Pass::Runner::run(const Piece& piece) {
    const Box box = group_.split.piece(tile_.box, piece.index);
    std::vector<Consumption> consumptions(group_.outputs.size());
    ReduceState nothing;  // before leaves that are made for themselves
    for (std::size_t i = 0; i < consumptions.size(); ++i) {
        auto& output = *group_.outputs[i];
        if (output.kind == Output::Kind::reduction) {
            consumptions[i].reduction.emplace(*output.geometry, output.reducer, box,
                                              output.on_devices ? nothing : state_of(output, piece));
        } else if (output.kind == Output::Kind::histogram) {
            const auto operand = static_cast<std::size_t>(tile_.operands[group_.inputs.size() + i]);
            consumptions[i].bins = static_cast<const kernels::Bins*>(operands_[operand + 1].data);
            consumptions[i].binned = output.computed;
            consumptions[i].counts.resize(static_cast<std::size_t>(output.product.node->shape.count()));
        }
    }
    evaluate(box, consumptions, piece.worker);
    for (std::size_t i = 0; i < consumptions.size(); ++i) finish(*group_.outputs[i], i, consumptions[i], box);
    // On the CPU a negative exponent has been thrown.
    if (tile_.error >= 0 && piece.index == 0) *static_cast<std::uint32_t*>(error()) = 0;
}

void Pass::Runner::evaluate(const Box& box, std::vector<Consumption>& consumptions, int worker) {
    const BoxReduction* ragged = nullptr;
    for (const auto& consumption : consumptions)
        if (consumption.reduction && consumption.reduction->ragged_rows()) ragged = &*consumption.reduction;
    if (!ragged && only_maps()) return evaluate_maps(box, consumptions, worker);
    if (!ragged) return evaluate_box(box, 0, consumptions, worker);
    // Leaves end with each row, so each row is a run of its own.
    const auto length = ragged->row_length();
    int axis = box.rank();
    for (std::int64_t inside = 1; inside < length;) {
        --axis;
        inside *= box.hi[axis] - box.lo[axis];
    }
    Shape outer(std::span(box.lo.begin(), static_cast<std::size_t>(axis)));
    for (std::int64_t offset = 0; offset < box.count(); offset += length) {
        Box row = box;
        for (int a = 0; a < axis; ++a) {
            row.lo[a] = outer[a];
            row.hi[a] = outer[a] + 1;
        }
        evaluate_box(row, offset, consumptions, worker);
        for (int a = axis - 1; a >= 0 && ++outer[a] == box.hi[a]; --a) outer[a] = box.lo[a];
    }
}

void Pass::Runner::evaluate_box(const Box& box, std::int64_t offset, std::vector<Consumption>& consumptions,
                                int worker) {
    std::vector<expr::StridedInput> inputs;
    for (std::size_t i = 0; i < group_.inputs.size(); ++i) inputs.push_back(input_at(i, box));
    std::vector<expr::Target> targets;
    for (std::size_t i = 0; i < group_.outputs.size(); ++i) {
        consumptions[i].offset = offset;
        targets.push_back(target_of(i, box, consumptions[i]));
    }
    auto& evaluator = pass_.context_.evaluators[static_cast<std::size_t>(worker)];
    evaluator.run(group_.program, box.extents(), inputs, 0, box.count(), {targets, group_.leaf_length, streams()});
}

bool Pass::Runner::streams() const {
    std::int64_t bytes = 0;
    for (const auto* output : group_.outputs) bytes += output->uncached_bytes();
    return bytes > kLastLevelCache;
}

void Pass::Runner::finish(Output& output, std::size_t index, Consumption& consumption, const Box& box) {
    const auto operand = static_cast<std::size_t>(tile_.operands[group_.inputs.size() + index]);
    if (output.kind == Output::Kind::histogram) {
        auto* counts = static_cast<std::int64_t*>(operands_[operand].data);
        std::lock_guard lock(output.mutex);
        // What is made for a tile begins with its first piece, each time that the task runs.
        const bool first = output.on_devices && tile_.counted++ % group_.split.pieces(tile_.box) == 0;
        for (std::size_t i = 0; i < consumption.counts.size(); ++i)
            counts[i] = (first ? 0 : counts[i]) + consumption.counts[i];
    } else if (output.kind == Output::Kind::reduction) {
        if (output.on_devices)
            return consumption.reduction->store_leaves(tile_.box, static_cast<std::byte*>(operands_[operand].data));
        consumption.reduction->finish();
        if (output.mode == SplitMode::leaves || !output.geometry->is_last(box)) return;
        auto& states = output.states[static_cast<std::size_t>(pass_.output_tile(*output.geometry, tile_.box))];
        const auto piece = group_.split.axis < 0
                               ? 0
                               : (box.lo[group_.split.axis] - tile_.box.lo[group_.split.axis]) / group_.split.step;
        finalize(output, states[static_cast<std::size_t>(piece)], box, operands_[operand], tile_.box);
    } else if (output.product.stats && !output.on_devices) {
        const auto whole = box.extents();
        // Row by row: a piece of a tile need not be dense.
        const auto rows = whole.empty() || whole.back() == 0 ? 1 : whole.count() / whole.back();
        const auto row = whole.empty() ? 1 : whole.back();
        Consumption unused;
        auto target = target_of(index, box, unused);
        if (target.dense) target.base = target.dense;
        Shape at = Shape::filled(whole.rank(), 0);
        const Shape origin = at;
        for (std::int64_t n = 0; n < rows; ++n) {
            count_non_finite(output.computed, target.base + offset_in(target.strides, origin, at), row,
                             *output.product.stats);
            for (int a = whole.rank() - 2; a >= 0 && ++at[a] == whole[a]; --a) at[a] = 0;
        }
    }
}

void finalize(Pass::Output& output, ReduceState& state, const Box& box, const detail::Operand& operand,
              const Box& region_box) {
    const auto& geometry = *output.geometry;
    const bool keep = output.reduction->keep_dims;
    const Box out = geometry.output_box(box, keep), region = geometry.output_box(region_box, keep);
    const auto n = out.count();
    const auto states = state.fold.finish(output.reducer, n);
    const auto width = size_of(output.reducer.output);
    Bytes values(static_cast<std::size_t>(n) * width);
    output.reducer.finalize(states.data(), values.data(), n, geometry.total, output.reduction->ddof);
    if (output.product.stats) count_non_finite(output.reducer.output, values.data(), n, *output.product.stats);
    const auto strides = out.rank() == 0 ? Shape{} : byte_strides(operand.layout->strides, width);
    scatter(values.data(), out.extents(), strides, width,
            static_cast<std::byte*>(operand.data) + (out.rank() == 0 ? 0 : offset_in(strides, region.lo, out.lo)));
}

void submit_zero(Scope& scope, AnyBuffer& counts) {
    const AnyAccess access{&counts, Mode::write, std::nullopt};
    scope.submit_list({.name = "zero"}, {&access, 1}, [](const Piece&, const detail::Operand* operands) {
        auto* values = static_cast<std::int64_t*>(operands[0].data);
        std::fill(values, values + operands[0].layout->count, 0);
    });
}

}  // namespace heddle::array
