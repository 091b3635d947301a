#include "host/array/pass.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "heddle/error.hpp"
#include "host/array/pass_gpu.hpp"
#include "host/array/pass_parts.hpp"
#include "host/array/pass_runner.hpp"
#include "host/graph/buffer_core.hpp"
#include "host/io/dataset.hpp"
#include "host/memory/host_memory.hpp"

namespace heddle::array {
namespace {

// Bytes of all of a tile's buffers: larger ones gain nothing, smaller ones pay per task (bench_evaluate).
constexpr std::int64_t kTileBytes = std::int64_t{8} << 20;

// The same where devices compute, which copies between them and the host should keep busy: of this size they run at
// full speed, and several tiles fit into the memory of every GPU.
constexpr std::int64_t kDeviceTileBytes = std::int64_t{32} << 20;

std::int64_t bytes_of(DType dtype, std::int64_t count) { return count * static_cast<std::int64_t>(size_of(dtype)); }

// An integer power tells of a negative exponent after its work only, when the task has ended: it stays on the CPU.
bool has_device_form(const expr::Program& program) {
    const auto& list = program.instructions();
    return !expr::reason_not_generated(program) &&
           std::none_of(list.begin(), list.end(), [](const auto& ins) { return ins.checks_exponent; });
}

// Without chunks a sink takes whole rows best: short runs of bytes far apart cost many times their own.
Shape sink_grid(const Sink& sink, const Shape& shape) {
    if (const auto chunks = sink.chunks(); chunks && chunks->rank() == shape.rank()) return *chunks;
    Shape row = Shape::filled(shape.rank(), 1);
    if (!shape.empty()) row[shape.rank() - 1] = shape.back();
    return row;
}

}  // namespace

Pass::Pass(PlanContext& context, const Shape& shape, std::vector<Product> products,
           const std::set<const Node*>& earlier)
    : context_(context), shape_(shape) {
    Lowering lowering(earlier);
    for (auto& product : products) {
        auto output = std::make_unique<Output>();
        output->computed = product.node->dtype;
        if (const auto* reduction = product.node->as<Reduction>()) {
            output->kind = Output::Kind::reduction;
            output->reduction = reduction;
            output->reducer =
                kernels::make_reducer(reduction->reduce, reduction->skip_nan, product.node->inputs[0]->dtype);
            output->geometry.emplace(shape, reduction->axes);
            output->computed = output->reducer.input;
        } else if (product.node->is<HistogramCounts>()) {
            output->kind = Output::Kind::histogram;
            output->computed = DType::float64;
        }
        output->product = std::move(product);
        lowering.output(output->operand(), output->computed);
        outputs_.push_back(std::move(output));
    }
    for (const auto& leaf : lowering.leaves()) add_leaf(leaf, earlier);
    if (context_.device_memory > 0 && shape_.count() > 0) find_device_forms(earlier);
}

Pass::Pass(Pass&&) noexcept = default;
Pass::~Pass() = default;

void Pass::add_leaf(const Leaf& leaf, const std::set<const Node*>& earlier) {
    auto input = std::make_unique<Input>();
    const bool resident = earlier.contains(leaf.node.get());
    input->leaf = leaf;
    input->key = std::to_string(reinterpret_cast<std::uintptr_t>(leaf.node.get())) + to_key(leaf.access);
    input->kind = kind_of(leaf, resident);
    if (resident) input->resident = context_.residents.at(leaf.node.get());
    inputs_.push_back(std::move(input));
}

// Histograms stay on the CPU, counts of what is not finite in memory, and reductions whose tiles may cut leaves.
void Pass::find_device_forms(const std::set<const Node*>& earlier) {
    for (auto& output : outputs_) {
        // What goes to a file is counted where it is written.
        const bool counted = output->product.stats != nullptr && !output->product.sink;
        const bool map = output->kind == Output::Kind::map && !counted;
        const auto* geometry = output->geometry ? &*output->geometry : nullptr;
        // Columns have leaves of one length: none may be shorter but the last.
        const bool reduction = geometry != nullptr && shape_.rank() > 0 && keeps_leaves_whole(*geometry) &&
                               (geometry->rows || geometry->split < 0 || geometry->leaves() == geometry->segments ||
                                shape_[geometry->split] % geometry->group == 0);
        if (!map && !reduction) continue;
        Lowering lowering(earlier);
        lowering.output(output->operand(), output->computed);
        output->on_devices = has_device_form(lowering.build());
    }
}

// Of the states of a box's leaves.
std::int64_t Pass::leaf_bytes(const Output& output, const Box& box) const {
    const auto& geometry = *output.geometry;
    return geometry.outputs_of(box) * geometry.leaves_of(box).count *
           static_cast<std::int64_t>(output.reducer.state_size);
}

// Of the buffers that are reused from tile to tile.
std::int64_t Pass::slot_bytes(const Shape& tile) const {
    std::int64_t bytes = 0;
    const auto add = [&](std::int64_t size) {
        bytes += static_cast<std::int64_t>(memory::block_bytes(static_cast<std::size_t>(size)));
    };
    for (const auto& input : inputs_)
        if (input->staged())
            add(bytes_of(input->leaf.node->dtype, count_of(touched(input->leaf.access, Box::whole(tile)))));
    for (const auto& output : outputs_) {
        if (output->product.sink) add(bytes_of(output->computed, tile.count()));
        if (output->kind != Output::Kind::reduction) continue;
        add(1);
        // A tile that begins elsewhere may touch a leaf more, of each output.
        if (output->on_devices) {
            const Box box = Box::whole(tile);
            add(leaf_bytes(*output, box) +
                output->geometry->outputs_of(box) * static_cast<std::int64_t>(output->reducer.state_size));
        }
    }
    return bytes * kSlots;
}

// Of the states of reductions: the leaves of the tiles that are worked on, and what stays from tile to tile for the
// outputs whose elements have not all come.
std::int64_t Pass::state_bytes(const Shape& tile) const {
    const bool in_c_order = last_ == std::array<bool, kMaxRank>{};
    std::int64_t bytes = 0;
    for (const auto& output : outputs_) {
        if (output->kind != Output::Kind::reduction) continue;
        const auto& geometry = *output->geometry;
        std::int64_t in_tile = 1, pending = 1, elements = 1;
        bool cut = false;
        for (int axis = 0; axis < shape_.rank(); ++axis) {
            if (geometry.reduced[static_cast<std::size_t>(axis)]) {
                elements *= tile[axis];
                cut = cut || tile[axis] < shape_[axis];
            } else {
                in_tile *= tile[axis];
                pending *= cut && in_c_order ? shape_[axis] : tile[axis];
            }
        }
        const auto per_leaf = std::max<std::int64_t>(geometry.inner * geometry.group, 1);
        std::int64_t states = ((elements + per_leaf - 1) / per_leaf + 1) * in_tile;
        // A subtree for each level, and the leaf that is cut.
        const auto leaves = static_cast<std::uint64_t>(std::max<std::int64_t>(geometry.leaves() - 1, 0));
        if (cut) states += (std::bit_width(leaves) + 1) * pending;
        bytes += states * static_cast<std::int64_t>(output->reducer.state_size);
    }
    return bytes;
}

// Of what a tile's tasks touch, kSlots times, as slot_bytes(): what lies in memory counts here too.
std::int64_t Pass::device_bytes(const Shape& tile) const {
    std::int64_t bytes = slot_bytes(tile) + state_bytes(tile);
    for (const auto& input : inputs_)
        if (!input->staged())
            bytes +=
                kSlots * bytes_of(input->leaf.node->dtype, count_of(touched(input->leaf.access, Box::whole(tile))));
    for (const auto& output : outputs_)
        if (output->kind == Output::Kind::map && !output->product.sink)
            bytes += kSlots * bytes_of(output->computed, tile.count());
    return bytes;
}

bool Pass::uses_devices() const {
    return std::any_of(outputs_.begin(), outputs_.end(), [](const auto& output) { return output->on_devices; });
}

void Pass::plan(std::int64_t memory) {
    TileRequest request;
    request.shape = shape_;
    request.bytes = [this](const Shape& tile) { return slot_bytes(tile) + state_bytes(tile); };
    request.limit = memory;
    const bool staged =
        std::any_of(inputs_.begin(), inputs_.end(), [](const auto& input) { return input->staged(); }) ||
        std::any_of(outputs_.begin(), outputs_.end(), [](const auto& o) { return o->product.sink; });
    request.target = staged ? std::min(kTileBytes * kSlots, memory) : std::numeric_limits<std::int64_t>::max();
    if (uses_devices()) {
        // Some tiles are on their way there, one is computed, some are on their way back.
        const auto fits = std::min(kDeviceTileBytes, context_.device_memory / 6);
        request.target = std::max<std::int64_t>(std::min(fits * kSlots, request.target), 1);
        request.touched = [this](const Shape& tile) { return device_bytes(tile); };
    }
    for (const auto& input : inputs_) request.grids.push_back(chunk_grid(input->leaf, shape_));
    std::optional<std::array<bool, kMaxRank>> reduced;
    bool same_axes = true;
    for (const auto& output : outputs_) {
        if (output->geometry) {
            request.reductions.push_back(&*output->geometry);
            same_axes = same_axes && (!reduced || *reduced == output->geometry->reduced);
            reduced = output->geometry->reduced;
        }
        if (output->product.sink) request.grids.push_back(sink_grid(*output->product.sink, shape_));
    }
    try {
        tile_ = choose_tile(request);
    } catch (const OutOfMemory&) {
        // Output by output, the states of a few are enough; tiles of a row of the input are then apart.
        if (!reduced || !same_axes) throw;
        last_ = *reduced;
        tile_ = choose_tile(request);
    }
    make_groups();
    if (uses_devices()) tile_results();
    auto& progress = context_.progress;
    const auto own = report();
    progress.bytes_total += own.bytes_read + own.bytes_written;
}

void Pass::make_groups() {
    const auto threads = std::max(context_.engine.threads(), 1);
    for (auto& output : outputs_) {
        Split split = split_tile(tile_, threads);
        std::int64_t leaf_length = 0;
        if (output->kind == Output::Kind::reduction) {
            split = split_tile(tile_, threads, *output->geometry, output->mode);
            if (output->geometry->rows) leaf_length = output->geometry->inner * output->geometry->group;
        }
        Group* home = nullptr;
        for (auto& group : groups_) {
            const bool same_split = group->split == split || output->kind != Output::Kind::reduction;
            const bool same_leaves = leaf_length == 0 || group->leaf_length == 0 || group->leaf_length == leaf_length;
            // A device computes maps together, and each reduction by itself.
            const bool same_place = group->outputs[0]->on_devices == output->on_devices && !group->makes_leaves() &&
                                    !(output->on_devices && output->kind == Output::Kind::reduction);
            if (same_split && same_leaves && same_place) home = group.get();
        }
        if (!home) {
            groups_.push_back(std::make_unique<Group>());
            home = groups_.back().get();
            home->split = split;
        }
        home->leaf_length = std::max(home->leaf_length, leaf_length);
        home->outputs.push_back(output.get());
    }
    std::set<const Node*> residents;
    for (const auto& input : inputs_)
        if (input->resident) residents.insert(input->leaf.node.get());
    for (auto& group : groups_) {
        Lowering lowering(residents);
        for (const auto* output : group->outputs) lowering.output(output->operand(), output->computed);
        group->program = lowering.build();
        for (const auto& leaf : lowering.leaves()) {
            const auto key = std::to_string(reinterpret_cast<std::uintptr_t>(leaf.node.get())) + to_key(leaf.access);
            const auto same = [&](const auto& input) { return input->key == key; };
            group->inputs.push_back(std::find_if(inputs_.begin(), inputs_.end(), same)->get());
        }
        if (group->outputs[0]->on_devices) group->gpu = std::make_shared<GpuForms>();
    }
}

// Devices write, and bring, whole tiles of buffers. Nothing has used these yet.
void Pass::tile_results() {
    for (auto& output : outputs_) {
        AnyBuffer* buffer = output->product.buffer;
        if (output->kind != Output::Kind::map || buffer == nullptr) continue;
        const bool borrowed = buffer->core()->borrowed;
        void* memory = borrowed ? buffer->core()->data.load() : nullptr;
        *buffer = AnyBuffer(context_.engine, buffer->dtype(), buffer->shape(), memory, {.tile = buffer_shape(tile_)});
        buffer->core()->returns = borrowed;  // submit_returns
    }
}

// One buffer for all that touch the memory in tiles of the same shape.
AnyBuffer& Pass::lend(const Node& node, const Shape& tile) {
    std::byte* bytes = node.as<Memory>()->storage->bytes.get();
    for (const auto& lent : context_.lent)
        if (lent.bytes == bytes && lent.tile == tile && lent.buffer->dtype() == node.dtype &&
            lent.buffer->shape() == buffer_shape(node.shape))
            return *lent.buffer;
    context_.lent.push_back({bytes, tile,
                             std::make_unique<AnyBuffer>(context_.engine, node.dtype, buffer_shape(node.shape), bytes,
                                                         BufferOptions{.tile = tile})});
    return *context_.lent.back().buffer;
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
                input->resident = &lend(*input->leaf.node, touched_tile(input->leaf, tile_));

    const auto slots = static_cast<std::size_t>(std::min(kSlots, TileGrid(shape_, tile_).count()));
    for (auto& input : inputs_) {
        if (!input->staged()) continue;
        const auto count = count_of(touched(input->leaf.access, Box::whole(tile_)));
        for (std::size_t i = 0; i < slots; ++i)
            input->slots.push_back(std::make_unique<AnyBuffer>(context_.engine, input->leaf.node->dtype, Shape{count}));
    }
    for (auto& output : outputs_) {
        if (output->product.sink)
            for (std::size_t i = 0; i < slots; ++i)
                output->slots.push_back(
                    std::make_unique<AnyBuffer>(context_.engine, output->computed, Shape{tile_.count()}));
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
                output->leaves.push_back(std::make_unique<AnyBuffer>(context_.engine, DType::uint8, Shape{bytes}));
            continue;
        }
        output->parts.resize(slots);
        for (std::size_t i = 0; i < slots; ++i)
            output->tokens.push_back(std::make_unique<AnyBuffer>(context_.engine, DType::uint8, Shape{1}));
    }
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

PassReport Pass::report() const {
    PassReport report;
    report.shape = shape_;
    report.tile = tile_;
    const TileGrid grid(shape_, tile_, last_);
    report.tiles = grid.count();
    report.memory = slot_bytes(tile_) + state_bytes(tile_);
    for (const auto& input : inputs_) {
        if (input->kind != LeafKind::stored) continue;
        std::int64_t bytes = 0;
        for (std::int64_t i = 0; i < grid.count(); ++i)
            bytes += bytes_of(input->leaf.node->dtype, count_of(touched(input->leaf.access, grid.box(i))));
        report.bytes_read += bytes;
        auto text = describe(input->leaf);
        const auto decodes = decodes_per_chunk(input->leaf, shape_, tile_);
        if (decodes > 1.01)
            text += ", each chunk decoded " + std::to_string(decodes).substr(0, 4) +
                    " times (memory does not hold a row of chunks)";
        report.reads.push_back(std::move(text));
    }
    for (const auto& output : outputs_) {
        const auto& node = *output->product.node;
        report.produces.push_back(output->product.name + ": " + std::string(name_of(node.dtype)) + " " +
                                  to_string(node.shape));
        if (output->product.sink) report.bytes_written += bytes_of(node.dtype, node.shape.count());
    }
    for (const auto& group : groups_) report.programs.push_back(group->program.to_string());
    return report;
}

void Pass::submit(Scope& scope) {
    make_buffers();
    const TileGrid grid(shape_, tile_, last_);
    if (grid.count() == 0) return submit_empty(scope);
    for (auto& output : outputs_)
        if (output->kind == Output::Kind::histogram) submit_zero(scope, *output->product.buffer);
    for (std::int64_t index = 0; index < grid.count(); ++index) {
        const Box box = grid.box(index);
        const auto slot = index % kSlots;
        submit_reads(scope, box, slot);
        for (auto& group : groups_) submit_group(scope, *group, box, slot);
        submit_writes(scope, box, slot);
        submit_returns(scope, box);
    }
}

void Pass::release() {
    for (auto& input : inputs_) input->slots.clear();
    for (auto& output : outputs_) {
        output->slots.clear();
        output->tokens.clear();
        output->leaves.clear();
        output->states = {};
        output->parts = {};
    }
}

void Pass::take_turn(std::vector<AnyAccess>& accesses) const {
    if (context_.turn) accesses.push_back({context_.turn.get(), Mode::read, std::nullopt});
}

void Pass::submit_reads(Scope& scope, const Box& box, std::int64_t slot) {
    for (auto& entry : inputs_) {
        if (!entry->staged()) continue;
        auto* input = entry.get();
        auto ranges = touched(input->leaf.access, box);
        std::vector<AnyAccess> accesses{
            {input->slots[static_cast<std::size_t>(slot)].get(), Mode::write, std::nullopt}};
        if (input->resident) accesses.push_back({input->resident, Mode::read, std::nullopt});
        take_turn(accesses);
        const bool stored = input->kind == LeafKind::stored;
        const TaskOptions options{.name = stored ? "read" : "gather", .lane = stored ? Lane::io : Lane::cpu};
        auto* done = &context_.progress.bytes_done;
        scope.submit_list(options, accesses, [=](const Piece&, const detail::Operand* operands) {
            stage_values(*input->leaf.node, ranges, input->resident ? operands[1].data : nullptr, operands[0].data);
            if (stored) done->fetch_add(bytes_of(input->leaf.node->dtype, count_of(ranges)), std::memory_order_relaxed);
        });
    }
}

void Pass::submit_writes(Scope& scope, const Box& box, std::int64_t slot) {
    for (auto& entry : outputs_) {
        auto* output = entry.get();
        if (!output->product.sink) continue;
        std::vector<AnyAccess> accesses{
            {output->slots[static_cast<std::size_t>(slot)].get(), Mode::read, std::nullopt}};
        take_turn(accesses);
        auto* done = &context_.progress.bytes_done;
        scope.submit_list(
            {.name = "write", .lane = Lane::io}, accesses, [=](const Piece&, const detail::Operand* operands) {
                if (output->on_devices && output->product.stats != nullptr)
                    count_non_finite(output->computed, operands[0].data, box.count(), *output->product.stats);
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
    auto accesses = Runner::accesses(group, *tile, *this);
    take_turn(accesses);
    const auto pieces = group.split.pieces(box);
    for (auto* output : group.outputs)
        if (output->kind == Output::Kind::reduction && !output->on_devices && output->mode == SplitMode::outputs) {
            auto& states = output->states[static_cast<std::size_t>(output_tile(*output->geometry, box))];
            if (states.empty()) states.resize(static_cast<std::size_t>(pieces));
        }
    // States of reductions and counts of what is not finite lie outside the buffers: that must run only once.
    const bool anywhere = group.has_maps_only() || group.makes_leaves();
    const TaskOptions options{.name = "compute",
                              .pieces = pieces,
                              .flops = group.program.cost() * static_cast<double>(box.count()),
                              .place = anywhere ? Place::automatic : Place::cpu};
    const auto compute = [this, &group, tile](const Piece& piece, const detail::Operand* operands) {
        Runner(*this, group, *tile, operands).run(piece);
    };
    if (group.gpu != nullptr && !group.gpu->failed())
        scope.submit_list(options, accesses, bodies(compute, GpuBody(*this, group, tile)));
    else
        scope.submit_list(options, accesses, compute);
    for (auto* output : group.outputs)
        if (output->kind == Output::Kind::reduction && output->on_devices)
            submit_join(scope, *output, box, slot);
        else if (output->kind == Output::Kind::reduction && output->mode == SplitMode::leaves)
            submit_merge(scope, *output, box, slot);
}

// Joins a tile's leaves on the host, wherever they were made: the tree is the CPU's.
void Pass::submit_join(Scope& scope, Output& output, const Box& box, std::int64_t slot) {
    const Box region = buffer_box(output.geometry->output_box(box, output.reduction->keep_dims));
    const auto index = static_cast<std::size_t>(output_tile(*output.geometry, box));
    std::vector<AnyAccess> accesses{{output.leaves[static_cast<std::size_t>(slot)].get(), Mode::read, std::nullopt},
                                    {output.product.buffer, Mode::update, region}};
    take_turn(accesses);
    scope.submit_list(
        {.name = "combine", .place = Place::cpu}, accesses,
        [&output, box, index](const Piece&, const detail::Operand* operands) {
            auto& states = output.states[index];
            if (states.empty()) states.resize(1);
            const auto* from = static_cast<const std::byte*>(operands[0].data);
            const auto leaves = output.geometry->leaves_of(box);
            const auto outputs = static_cast<std::size_t>(output.geometry->outputs_of(box));
            const std::size_t size = output.reducer.state_size, row = size * static_cast<std::size_t>(leaves.count);
            for (std::int64_t leaf = 0; leaf < leaves.count; ++leaf) {
                Bytes level(outputs * size);
                for (std::size_t o = 0; o < outputs; ++o)
                    std::memcpy(level.data() + o * size, from + o * row + static_cast<std::size_t>(leaf) * size, size);
                states[0].fold.push(output.reducer, 0, leaves.first + leaf, std::move(level));
            }
            if (output.geometry->is_last(box)) finalize(output, states[0], box, operands[1], box);
        });
}

void Pass::submit_merge(Scope& scope, Output& output, const Box& box, std::int64_t slot) {
    const Box region = buffer_box(output.geometry->output_box(box, output.reduction->keep_dims));
    const auto index = static_cast<std::size_t>(output_tile(*output.geometry, box));
    std::vector<AnyAccess> accesses{{output.tokens[static_cast<std::size_t>(slot)].get(), Mode::update, std::nullopt},
                                    {output.product.buffer, Mode::update, region}};
    take_turn(accesses);
    scope.submit_list({.name = "combine", .place = Place::cpu}, accesses,
                      [&output, box, index, slot](const Piece&, const detail::Operand* operands) {
                          auto& states = output.states[index];
                          if (states.empty()) states.resize(1);
                          for (auto& part : output.parts[static_cast<std::size_t>(slot)]) {
                              if (!part.open.empty()) throw std::logic_error("a piece cuts a leaf of a reduction");
                              states[0].fold.absorb(output.reducer, std::move(part.fold));
                          }
                          if (output.geometry->is_last(box)) finalize(output, states[0], box, operands[1], box);
                      });
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
