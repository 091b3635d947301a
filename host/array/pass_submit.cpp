// The tasks of a pass, and the buffers that they work in.

#include <algorithm>

#include "host/array/pass.hpp"
#include "host/array/pass_gpu.hpp"
#include "host/array/pass_parts.hpp"
#include "host/array/pass_runner.hpp"
#include "host/graph/buffer_core.hpp"
#include "host/schedule/scope_core.hpp"

namespace heddle::array {

AnyBuffer& PlanContext::lend(const Node& node, const Shape& tile) {
    std::byte* bytes = node.as<Memory>()->storage->bytes.get();
    for (const auto& known : lent)
        if (known.bytes == bytes && known.tile == tile && known.buffer->dtype() == node.dtype &&
            known.buffer->shape() == buffer_shape(node.shape))
            return *known.buffer;
    lent.push_back({bytes, tile,
                    std::make_unique<AnyBuffer>(engine, node.dtype, buffer_shape(node.shape), bytes,
                                                BufferOptions{.tile = tile})});
    return *lent.back().buffer;
}

namespace {

// Of the leaf's array, what a tile of the iteration space touches, as far as the grids of both agree.
Shape touched_tile(const Leaf& leaf, const Shape& tile) {
    Shape extents;
    for (std::size_t axis = 0; axis < leaf.access.size(); ++axis) {
        const auto& entry = leaf.access[axis];
        const auto wanted = entry.axis < 0 ? 1 : tile[entry.axis] * std::max<std::int64_t>(std::abs(entry.step), 1);
        extents.push_back(std::min(wanted, leaf.node->shape[static_cast<int>(axis)]));
    }
    return buffer_shape(extents);
}

}  // namespace

void Pass::make_buffers() {
    if (std::any_of(groups_.begin(), groups_.end(), [](const auto& group) { return group->gpu != nullptr; }))
        for (auto& input : inputs_)
            if (input->kind == LeafKind::in_place)
                input->resident = &context_.lend(*input->leaf.node, touched_tile(input->leaf, tile_));

    const auto slots = static_cast<std::size_t>(std::min(kSlots, TileGrid(shape_, tile_).count()));
    for (auto& input : inputs_) {
        if (!input->staged() || input->straight) continue;
        const auto count = count_of(touched(input->leaf.access, Box::whole(tile_)));
        for (std::size_t i = 0; i < slots; ++i)
            input->slots.push_back(std::make_unique<AnyBuffer>(context_.engine, input->leaf.node->dtype, Shape{count}));
        if (!input->chunks) continue;
        input->decode_scratch.resize(static_cast<std::size_t>(std::max(context_.engine.threads(), 1)));
        for (std::size_t i = 0; i < slots; ++i)
            input->stored.push_back(
                std::make_unique<AnyBuffer>(context_.engine, DType::uint8, Shape{stored_bytes_of(*input, tile_)}));
    }
    for (auto& output : outputs_) {
        if (output->in_slots())
            for (std::size_t i = 0; i < slots; ++i)
                output->slots.push_back(
                    std::make_unique<AnyBuffer>(context_.engine, output->computed, Shape{tile_.count()}));
        if (output->encoder != nullptr) {
            output->encode_scratch.resize(static_cast<std::size_t>(std::max(context_.engine.threads(), 1)));
            for (std::size_t i = 0; i < slots; ++i)
                output->encoded.push_back(std::make_unique<AnyBuffer>(context_.engine, DType::uint8,
                                                                      Shape{encoded_bytes_of(*output, tile_)}));
        }
        if (output->kind == Output::Kind::histogram) {
            output->bins = std::make_unique<AnyBuffer>(context_.engine, DType::uint8, Shape{sizeof(kernels::Bins)});
            for (std::size_t i = 0; output->on_devices && i < slots; ++i)
                output->made.push_back(
                    std::make_unique<AnyBuffer>(context_.engine, DType::int64, output->product.node->shape));
        }
        if (output->kind != Output::Kind::reduction) continue;
        Shape counts;
        for (int axis = 0; axis < shape_.rank(); ++axis)
            counts.push_back(output->geometry->reduced[static_cast<std::size_t>(axis)]
                                 ? 1
                                 : (shape_[axis] + tile_[axis] - 1) / std::max<std::int64_t>(tile_[axis], 1));
        output->states.resize(static_cast<std::size_t>(counts.count()));
        if (output->on_devices) {
            const TileGrid grid(shape_, tile_, last_);
            std::int64_t bytes = 1;
            for (std::int64_t i = 0; i < grid.count(); ++i) bytes = std::max(bytes, leaf_bytes(*output, grid.box(i)));
            for (std::size_t i = 0; i < slots; ++i)
                output->made.push_back(std::make_unique<AnyBuffer>(context_.engine, DType::uint8, Shape{bytes}));
            continue;
        }
        output->parts.resize(slots);
        for (std::size_t i = 0; i < slots; ++i)
            output->tokens.push_back(std::make_unique<AnyBuffer>(context_.engine, DType::uint8, Shape{1}));
    }
    make_fold_buffers(slots);
    for (auto& group : groups_)
        for (std::size_t i = 0; group->checks && i < slots; ++i)
            group->errors.push_back(std::make_unique<AnyBuffer>(context_.engine, DType::uint32, Shape{1}));
    for (auto& group : groups_)
        for (auto* output : group->outputs)
            for (auto& parts : output->parts)
                parts.resize(static_cast<std::size_t>(group->split.pieces(Box::whole(tile_))));
}

std::int64_t Pass::output_tile(const ReduceGeometry& geometry, const Box& box) const {
    std::int64_t index = 0;
    for (int axis = 0; axis < shape_.rank(); ++axis) {
        if (geometry.reduced[static_cast<std::size_t>(axis)]) continue;
        index = index * ((shape_[axis] + tile_[axis] - 1) / tile_[axis]) + box.lo[axis] / tile_[axis];
    }
    return index;
}

void Pass::submit(Scope& scope) {
    make_buffers();
    const TileGrid grid(shape_, tile_, last_);
    if (grid.count() == 0) return submit_empty(scope);
    for (auto& output : outputs_) {
        if (output->kind != Output::Kind::histogram) continue;
        submit_zero(scope, *output->product.buffer);
        submit_bins(scope, *output);
    }
    for (auto& fold : folds_) submit_fold_begin(scope, *fold);
    for (std::int64_t index = 0; index < grid.count(); ++index) {
        const Box box = grid.box(index);
        const auto slot = index % kSlots;
        submit_reads(scope, box, slot);
        for (auto& group : groups_) submit_group(scope, *group, box, slot);
        for (auto& fold : folds_) submit_fold(scope, *fold, box, slot);
        submit_writes(scope, box, slot);
        submit_returns(scope, box);
    }
    for (auto& fold : folds_) submit_fold_end(scope, *fold);
}

void Pass::release() {
    for (auto& input : inputs_) {
        input->slots.clear();
        input->stored.clear();
        input->decode_scratch.clear();
    }
    for (auto& output : outputs_) {
        output->slots.clear();
        output->encoded.clear();
        output->encode_scratch.clear();
        output->tokens.clear();
        output->made.clear();
        output->bins.reset();
        output->states = {};
        output->parts = {};
    }
    for (auto& fold : folds_) {
        fold->slots.clear();
        fold->scratch.reset();
    }
    for (auto& group : groups_) group->errors.clear();
}

void Pass::take_turn(std::vector<AnyAccess>& accesses) const {
    if (context_.turn) accesses.push_back({context_.turn.get(), Mode::read, std::nullopt});
}

void Pass::submit_reads(Scope& scope, const Box& box, std::int64_t slot) {
    for (auto& input : inputs_)
        if (input->chunks)
            submit_chunks(scope, *input, box, slot);
        else if (input->staged())
            submit_fill(scope, *input, box, slot);
}

// Makes the tile's block of an input, in a slot or in the place of the output that it is.
void Pass::submit_fill(Scope& scope, Input& input, const Box& box, std::int64_t slot) {
    const auto at = static_cast<std::size_t>(slot);
    const Output* output = input.straight;
    const bool in_memory = output != nullptr && !output->in_slots();
    std::vector<AnyAccess> accesses;
    if (in_memory)
        accesses.push_back({output->product.buffer, Mode::write, buffer_box(box)});
    else
        accesses.push_back({(output ? output->slots : input.slots)[at].get(), Mode::write, std::nullopt});
    for (const auto* resident : input.staging_residents) accesses.push_back({resident, Mode::read, std::nullopt});
    take_turn(accesses);
    const bool files = input.reads_files();
    auto ranges = std::make_shared<const Ranges>(touched(input.leaf.access, box));
    const Box block = Box::whole(extents_of(*ranges));
    const Split split = files ? Split{} : split_tile(block.hi, std::max(context_.engine.threads(), 1));
    const TaskOptions options{.name = files ? "read" : "gather",
                              .lane = files ? Lane::io : Lane::cpu,
                              .pieces = split.pieces(block),
                              .place = Place::cpu};
    auto* done = &context_.progress.bytes_done;
    const bool streams = in_memory && output->uncached_bytes() > kLastLevelCache;
    scope.submit_list(options, accesses,
                      [=, &input, ranges = std::move(ranges)](const Piece& piece, const detail::Operand* operands) {
                          const Box part = split.piece(block, piece.index);
                          const auto width = size_of(input.leaf.node->dtype);
                          Destination place{
                              static_cast<std::byte*>(operands[0].data),
                              byte_strides(in_memory ? operands[0].layout->strides : dense_strides(block.hi), width)};
                          for (int axis = 0; axis < part.rank(); ++axis)
                              place.base += part.lo[axis] * place.strides[axis];
                          Filling filling;
                          filling.stream = streams;
                          for (std::size_t i = 0; i < input.staging_residents.size(); ++i) {
                              const auto& operand = operands[i + 1];
                              filling.residents.push_back(
                                  {static_cast<const std::byte*>(operand.data),
                                   byte_strides(operand.layout->strides, size_of(input.staging.residents[i]->dtype))});
                          }
                          const auto some = part_of(*ranges, part);
                          input.staging.source->fill(some, place, filling);
                          if (files) done->fetch_add(input.staging.source->bytes_read(some), std::memory_order_relaxed);
                      });
}

void Pass::submit_writes(Scope& scope, const Box& box, std::int64_t slot) {
    for (auto& entry : outputs_) {
        auto* output = entry.get();
        if (!output->product.sink) continue;
        if (output->encoder != nullptr) {
            submit_encoded(scope, *output, box, slot);
            continue;
        }
        std::vector<AnyAccess> accesses{
            {output->slots[static_cast<std::size_t>(slot)].get(), Mode::read, std::nullopt}};
        take_turn(accesses);
        auto* done = &context_.progress.bytes_done;
        scope.submit_list({.name = "write", .lane = Lane::io}, accesses,
                          [=](const Piece&, const detail::Operand* operands) {
                              count_where_written(*output, operands[0].data, box);
                              output->product.sink->write(box, operands[0].data);
                              done->fetch_add(bytes_of(output->computed, box.count()), std::memory_order_relaxed);
                          });
    }
}

// A device may have computed what is to lie in the caller's memory: a task that reads it on the host has it copied
// there. The values of one tile travel while the next is computed. Where passes take turns, what one leaves for another
// comes back too: else what it was made from would be kept, in case that the device is lost.
void Pass::submit_returns(Scope& scope, const Box& box) {
    for (auto& output : outputs_) {
        if (output->kind != Output::Kind::map || output->product.buffer == nullptr) continue;
        if (!output->product.buffer->core()->returns && !(output->on_devices && context_.turn != nullptr)) continue;
        if (output->checked) continue;  // submit_check brings it
        std::vector<AnyAccess> accesses{{output->product.buffer, Mode::read, buffer_box(box)}};
        take_turn(accesses);
        scope.submit_list({.name = "return", .place = Place::cpu}, accesses,
                          [](const Piece&, const detail::Operand*) {});
    }
}

void Pass::submit_group(Scope& scope, Group& group, const Box& box, std::int64_t slot) {
    auto tile = std::make_shared<Tile>();
    tile->box = box;
    tile->slot = slot;
    auto accesses = Runner::accesses(group, *tile);
    take_turn(accesses);
    const auto pieces = group.split.pieces(box);
    for (auto* output : group.outputs)
        if (output->kind == Output::Kind::reduction && !output->on_devices && output->mode == SplitMode::outputs) {
            auto& states = output->states[static_cast<std::size_t>(output_tile(*output->geometry, box))];
            if (states.empty()) states.resize(static_cast<std::size_t>(pieces));
        }
    // States of reductions and counts of what is not finite lie outside the buffers: that must run only once.
    const bool anywhere = group.has_maps_only() || group.makes_parts();
    const TaskOptions options{.name = "compute",
                              .pieces = pieces,
                              .flops = group.program.cost() * static_cast<double>(box.count()),
                              .place = anywhere ? Place::automatic : Place::cpu};
    const auto compute = [this, &group, tile](const Piece& piece, const detail::Operand* operands) {
        Runner(*this, group, *tile, operands).run(piece);
    };
    if (group.gpu != nullptr && !group.gpu->failed(*scope.core()->engine))
        scope.submit_list(options, accesses, bodies(compute, GpuBody(*this, group, tile)));
    else
        scope.submit_list(options, accesses, compute);
    if (group.checks) submit_check(scope, group, box, slot);
    for (auto* output : group.outputs)
        if (output->kind == Output::Kind::histogram && output->on_devices)
            submit_counts(scope, *output, slot);
        else if (output->kind == Output::Kind::reduction && output->on_devices)
            submit_join(scope, *output, box, slot);
        else if (output->kind == Output::Kind::reduction && output->mode == SplitMode::leaves)
            submit_merge(scope, *output, box, slot);
}

void Pass::submit_empty(Scope& scope) {
    for (auto& entry : outputs_) {
        auto* output = entry.get();
        if (output->product.node->shape.count() == 0) continue;
        if (output->kind == Output::Kind::histogram) submit_zero(scope, *output->product.buffer);
        if (output->kind != Output::Kind::reduction) continue;
        const AnyAccess access{output->product.buffer, Mode::write, std::nullopt};
        scope.submit_list({.name = "reduce nothing", .place = Place::cpu}, {&access, 1},
                          [output](const Piece&, const detail::Operand* operands) {
                              ReduceState nothing;
                              const auto whole = Box::whole(output->geometry->shape);
                              finalize(*output, nothing, whole, operands[0], whole);
                          });
    }
}

}  // namespace heddle::array
