#include "host/array/pass.hpp"

#include <algorithm>
#include <bit>

#include "heddle/error.hpp"
#include "host/array/pass_gpu.hpp"
#include "host/array/pass_parts.hpp"
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

// What a piece of a joined array stages at a time, where it is computed: about the L2 cache.
constexpr std::int64_t kStagedBytes = std::int64_t{256} << 10;

// Of a reshaped file, at most this share of the memory is read at a time.
constexpr std::int64_t kChunkShare = 16;

// Of the states that a thread of a device holds at the same time, in registers.
constexpr std::size_t kStateBytes = 256;

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
        if (product.streamed != nullptr) {
            add_fold(std::move(product), lowering);
            continue;
        }
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
            output->computed = product.node->inputs[0]->dtype;
        }
        output->product = std::move(product);
        if (output->kind == Output::Kind::map && output->product.sink != nullptr && shape.count() > 0)
            output->encoder = output->product.sink->encoder();
        lowering.output(output->operand(), output->computed);
        outputs_.push_back(std::move(output));
    }
    for (const auto& leaf : lowering.leaves()) add_leaf(leaf, earlier);
    find_straight(earlier);
    if (context_.device_memory > 0 && shape_.count() > 0) find_device_forms(earlier);
}

Pass::Pass(Pass&&) noexcept = default;
Pass::~Pass() = default;

void Pass::add_leaf(const Leaf& leaf, const std::set<const Node*>& earlier) {
    auto input = std::make_unique<Input>();
    const bool resident = earlier.contains(leaf.node.get());
    input->leaf = leaf;
    input->key = key_of(leaf);
    input->kind = kind_of(leaf, resident);
    if (resident) input->resident = context_.residents.at(leaf.node.get());
    if (input->staged()) {
        const auto limit = static_cast<std::int64_t>(context_.engine.memory_limit());
        const auto budget =
            std::clamp<std::int64_t>(limit / (64 * std::max(context_.engine.threads(), 1)), 4096, kStagedBytes);
        input->staging = make_staging(leaf.node, earlier, is_listed(leaf.access),
                                      {budget, std::max<std::int64_t>(limit / kChunkShare, kStagedBytes / 4)});
        for (const auto& node : input->staging.residents)
            input->staging_residents.push_back(context_.residents.at(node.get()));
        find_chunks(*input);
    }
    inputs_.push_back(std::move(input));
}

// What is only joined or reshaped needs no program.
void Pass::find_straight(const std::set<const Node*>& earlier) {
    std::map<std::string, int> uses;
    std::vector<std::pair<Output*, std::string>> copies;
    for (auto& output : outputs_) {
        Lowering lowering(earlier);
        lowering.output(output->operand(), output->computed);
        for (const auto& leaf : lowering.leaves()) ++uses[key_of(leaf)];
        const Node& node = *output->product.node;
        const bool counted = output->product.stats != nullptr && !output->product.sink;
        if (!counted && (node.is<Join>() || node.is<Reshape>()))
            copies.emplace_back(output.get(), key_of(lowering.leaves().front()));
    }
    for (const auto& [output, key] : copies) {
        if (uses[key] > 1) continue;
        for (auto& input : inputs_) {
            if (input->key != key || !input->staged()) continue;
            input->straight = output;
            output->straight = true;
        }
    }
}

// Counts of what is not finite in memory stay on the CPU, reductions whose tiles may cut leaves, and histograms of so
// many bins that a tile's counts are no small part of the device.
void Pass::find_device_forms(const std::set<const Node*>& earlier) {
    for (auto& output : outputs_) {
        // What goes to a file is counted where it is written.
        const bool counted = output->product.stats != nullptr && !output->product.sink;
        const bool map = output->kind == Output::Kind::map && !counted && !output->straight;
        const auto* geometry = output->geometry ? &*output->geometry : nullptr;
        const bool reduction = geometry != nullptr && shape_.rank() > 0 && keeps_leaves_whole(*geometry);
        const auto* counts = output->product.node->as<HistogramCounts>();
        const bool histogram = counts != nullptr && bytes_of(DType::int64, counts->bins) <= context_.device_memory / 64;
        if (!map && !reduction && !histogram) continue;
        Lowering lowering(earlier);
        lowering.output(output->operand(), output->computed);
        const auto program = lowering.build();
        output->on_devices = !expr::reason_not_generated(program);
        output->checked = output->on_devices && program.checks_exponents();
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
    std::int64_t scratch = 0;
    for (const auto& input : inputs_) {
        if (!input->staged()) continue;
        const auto extents = extents_of(touched(input->leaf.access, Box::whole(tile)));
        const bool dense = input->straight == nullptr || input->straight->in_slots();
        if (input->straight == nullptr) add(bytes_of(input->leaf.node->dtype, extents.count()));
        const auto& need = input->staging.source->need();
        scratch += (dense ? need.per_dense_element : need.per_element) * extents.count();
        const std::int64_t threads = std::max(context_.engine.threads(), 1);
        scratch += need.fixed * (input->reads_files() ? 1 : threads);
        if (input->chunks) add(stored_bytes_of(*input, tile));
    }
    for (const auto& output : outputs_) {
        if (output->in_slots()) add(bytes_of(output->computed, tile.count()));
        if (output->encoder != nullptr) add(encoded_bytes_of(*output, tile));
        if (output->checked) add(sizeof(std::uint32_t));
        if (output->kind == Output::Kind::histogram) add(sizeof(kernels::Bins));
        if (output->kind == Output::Kind::histogram && output->on_devices) add(output->counts_bytes());
        if (output->kind != Output::Kind::reduction) continue;
        add(1);
        // A tile that begins elsewhere may touch a leaf more, of each output.
        if (output->on_devices) {
            const Box box = Box::whole(tile);
            add(leaf_bytes(*output, box) +
                output->geometry->outputs_of(box) * static_cast<std::int64_t>(output->reducer.state_size));
        }
    }
    for (const auto& fold : folds_)
        if (fold->how().maps)
            add(bytes_of(fold->product.node->dtype, fold->operation().result_box(Box::whole(tile)).count()));
    return bytes * kSlots + scratch + codec_scratch();
}

// Of the states of reductions: the leaves of the tiles that are worked on, and what stays from tile to tile for the
// outputs whose elements have not all come.
std::int64_t Pass::state_bytes(const Shape& tile) const {
    const bool in_c_order = last_ == std::array<bool, kMaxRank>{};
    std::int64_t bytes = 0;
    for (const auto& fold : folds_)
        bytes += static_cast<std::int64_t>(memory::block_bytes(static_cast<std::size_t>(
            fold->operation().tile_scratch(fold->how(), tile, std::max(context_.engine.threads(), 1)))));
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
        if (output->kind == Output::Kind::map && !output->in_slots())
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
    const bool staged = std::any_of(inputs_.begin(), inputs_.end(),
                                    [](const auto& i) { return i->staged() && (!i->straight || i->reads_files()); }) ||
                        std::any_of(outputs_.begin(), outputs_.end(), [](const auto& o) { return o->in_slots(); });
    request.target = staged ? std::min(kTileBytes * kSlots, memory) : std::numeric_limits<std::int64_t>::max();
    // Of which there is as much for small tiles.
    request.touched = [this](const Shape& tile) { return slot_bytes(tile) + state_bytes(tile) - codec_scratch(); };
    if (uses_devices()) {
        // Some tiles are on their way there, one is computed, some are on their way back.
        const auto fits = std::min(kDeviceTileBytes, context_.device_memory / 6);
        request.target = std::max<std::int64_t>(std::min(fits * kSlots, request.target), 1);
        request.touched = [this](const Shape& tile) { return device_bytes(tile) - codec_scratch(); };
    }
    for (const auto& input : inputs_) {
        if (!input->reads_files()) continue;
        request.grids.push_back(chunk_grid(input->leaf.access, input->staging.source->chunks(), shape_));
    }
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
    for (const auto& fold : folds_) {
        const auto& how = fold->how();
        if (how.order == Streaming::Order::lines) request.whole[static_cast<std::size_t>(how.axis)] = true;
        if (how.order == Streaming::Order::along) last_[static_cast<std::size_t>(how.axis)] = true;
        const auto* sink = fold->product.sink;
        if (sink != nullptr && fold->product.node->shape == shape_) request.grids.push_back(sink_grid(*sink, shape_));
    }
    try {
        tile_ = choose_tile(request);
    } catch (const OutOfMemory&) {
        if (drops_chunks()) return plan(memory);
        // Output by output, the states of a few are enough; tiles of a row of the input are then apart.
        if (!reduced || !same_axes) throw;
        last_ = *reduced;
        tile_ = choose_tile(request);
    }
    keep_whole_chunks();
    make_groups();
    if (uses_devices()) tile_results();
    auto& progress = context_.progress;
    const auto own = report();
    progress.bytes_total += own.bytes_read + own.bytes_written;
}

// A device computes maps in one kernel, reductions with the same leaves, and each histogram by itself.
bool Pass::go_together(const Group& group, const Output& output) const {
    const auto& first = *group.outputs[0];
    if (!first.on_devices && !output.on_devices) return true;
    if (first.on_devices != output.on_devices || first.kind != output.kind) return false;
    if (output.kind != Output::Kind::reduction) return output.kind == Output::Kind::map;
    // Each thread has a state for each of its lanes, which are as many as elements that it loads at once.
    std::size_t widest = 1, bytes = output.reducer.state_size;
    for (const auto& input : inputs_) widest = std::max(widest, size_of(input->leaf.node->dtype));
    for (const auto* other : group.outputs) bytes += other->reducer.state_size;
    return first.geometry->reduced == output.geometry->reduced && bytes * (16 / widest) <= kStateBytes;
}

void Pass::make_groups() {
    const auto threads = std::max(context_.engine.threads(), 1);
    for (auto& output : outputs_) {
        if (output->straight) continue;
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
            if (same_split && same_leaves && go_together(*group, *output)) home = group.get();
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
            const auto key = key_of(leaf);
            const auto same = [&](const auto& input) { return input->key == key; };
            group->inputs.push_back(std::find_if(inputs_.begin(), inputs_.end(), same)->get());
        }
        if (!group->outputs[0]->on_devices) continue;
        group->gpu = std::make_shared<GpuForms>();
        group->checks = group->program.checks_exponents();
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

PassReport Pass::report() const {
    PassReport report;
    report.shape = shape_;
    report.tile = tile_;
    const TileGrid grid(shape_, tile_, last_);
    report.tiles = grid.count();
    report.memory = slot_bytes(tile_) + state_bytes(tile_);
    for (const auto& input : inputs_) {
        if (!input->reads_files()) continue;
        for (std::int64_t i = 0; i < grid.count(); ++i)
            report.bytes_read += input->staging.source->bytes_read(touched(input->leaf.access, grid.box(i)));
        if (!input->leaf.node->is<Stored>()) {
            for (const auto& node : input->staging.stored) report.reads.push_back(describe(*node));
            continue;
        }
        auto text = describe(*input->leaf.node);
        const auto decodes = decodes_per_chunk(input->leaf, shape_, tile_);
        if (decodes > 1.01)
            text += ", each chunk decoded " + std::to_string(decodes).substr(0, 4) +
                    " times (memory does not hold a row of chunks)";
        report.reads.push_back(std::move(text));
    }
    for (const auto& output : outputs_) {
        if (output->folded) continue;
        const auto& node = *output->product.node;
        report.produces.push_back(output->product.name + ": " + std::string(name_of(node.dtype)) + " " +
                                  to_string(node.shape));
        if (output->product.sink) report.bytes_written += bytes_of(node.dtype, node.shape.count());
    }
    report_folds(report);
    for (const auto& group : groups_) report.programs.push_back(group->program.to_string());
    return report;
}

}  // namespace heddle::array
