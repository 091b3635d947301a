#include "host/array/plan.hpp"

#include <algorithm>
#include <limits>

#include "heddle/error.hpp"
#include "host/array/evaluation.hpp"
#include "host/array/graph.hpp"
#include "host/array/pass.hpp"
#include "host/array/pass_parts.hpp"
#include "host/array/pass_runner.hpp"
#include "host/array/streams.hpp"
#include "host/array/whole.hpp"
#include "host/memory/host_memory.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"
#include "kernels/cuda_kernels.hpp"

namespace heddle::array {
namespace {

std::int64_t bytes_of(const Node& node) { return node.shape.count() * static_cast<std::int64_t>(size_of(node.dtype)); }

// What the arrays below a plan's targets hold already.
struct Held {
    std::set<const void*> seen;
    std::vector<const Node*> pending;
    std::int64_t bytes = 0;  // of index lists, and of what was computed to know a shape

    void add(const NodePtr& node) {
        if (!seen.insert(node.get()).second) return;
        if (const auto* memory = node->as<Memory>()) {
            if (memory->storage->pending) pending.push_back(node.get());
            if (seen.insert(memory->storage.get()).second) bytes += memory->storage->counted;
        }
        if (const auto* take = node->as<Take>(); take && seen.insert(take->list.get()).second)
            bytes += static_cast<std::int64_t>(take->list->size() * sizeof(std::int64_t));
        for (const auto& input : node->inputs) add(input);
    }
};

// A product that waits for its pass: what it runs over, from which level on, and the inputs that it would share.
struct Item {
    Product product;
    int level;
    Shape space;
    std::set<std::string> inputs;
    int order = -1;  // of tiles: those of different ones share no pass
};

// A whole operation between the passes: after those of lower levels, before those of higher ones.
struct WholeStep {
    NodePtr node;
    int level;
    TargetStats* stats;
};

bool share(const std::set<std::string>& inputs, const std::set<std::string>& others) {
    return std::any_of(inputs.begin(), inputs.end(), [&](const auto& key) { return others.contains(key); });
}

}  // namespace

struct Plan::State {
    PlanContext context;
    std::vector<Target> targets;
    std::vector<NodePtr> roots;
    std::vector<std::unique_ptr<TargetStats>> stats;
    std::vector<Stage> stages;
    std::vector<std::unique_ptr<AnyBuffer>> buffers;
    std::vector<std::shared_ptr<std::byte>> memory;  // per target; null with a sink
    std::vector<Pass> passes;
    std::vector<int> pass_levels;     // per pass
    std::vector<WholeStep> wholes;    // by level
    std::vector<std::size_t> copied;  // targets whose values are resident and go to a sink at the end
    Held held;
    PlanReport report;
    std::int64_t resident_bytes = 0;
    std::size_t next_whole = 0;
    bool one_at_a_time = false;  // the passes: together they would not fit the memory
    Canonicalizer canonicalizer;
    std::optional<Streams> streams;  // whole operations take operands in tiles

    explicit State(Engine& engine) : context{engine, {}, {}, {}, {}, 0, {}} {
        context.device_memory = static_cast<std::int64_t>(engine.core()->device_memory());
    }

    bool is_staged(const NodePtr& node) const {
        return std::any_of(stages.begin(), stages.end(), [&](const auto& stage) { return stage.node == node; });
    }
    Streamed* streamed_of(const Node& node) { return streams ? streams->find(node) : nullptr; }
    // Whether anything below the targets could stream that does not.
    bool could_stream();
    void make(std::vector<Target> wanted, std::int64_t kept);
    void make_stages(std::vector<int>& levels, std::int64_t kept);
    void make_residents();
    void make_passes(const std::vector<int>& levels);
    void add_pass(const Shape& space, const std::vector<Product>& products, int level, std::int64_t memory);
    std::vector<NodePtr> operations() const;
    std::set<const Node*> stages_before(int level) const;
    std::vector<Item> items_of(const Product& product, int level, Streamed& streamed);
    std::vector<Item> make_items(const std::vector<int>& levels);
    PassReport report_of(const Node& whole) const;
    void write_reports();
    void submit_passes(Scope& scope, std::size_t next);
    std::vector<WholeOperand> operands_of(const Node& whole) const;
    std::int64_t gpu_scratch(const Node& whole) const;
    std::int64_t whole_scratch(const Node& whole) const;
    void submit_whole(Scope& scope, const Node& whole, AnyBuffer& result);
    void submit_wholes(Scope& scope, int level);
    void submit_copies(Scope& scope);
};

void Plan::State::make_stages(std::vector<int>& levels, std::int64_t kept) {
    Stager stager(kept, streams ? &*streams : nullptr);
    for (const auto& target : targets) {
        held.add(target.array.node());
        roots.push_back(canonicalizer.canonical(target.array.node()));
        stats.push_back(std::make_unique<TargetStats>());
    }
    report.warnings = numpy_warnings(roots);
    for (std::size_t i = 0; i < roots.size(); ++i) {
        const auto* streamed = streamed_of(*roots[i]);
        if (streamed != nullptr && streamed->how.maps && targets[i].sink) {
            levels.push_back(stager.level_of_streamed(*streamed));
            continue;
        }
        if (is_step(*roots[i])) stager.add(roots[i]);
        levels.push_back(stager.level_of(roots[i]));
    }
    stages = stager.stages();
}

void Plan::State::make_residents() {
    // Where an equal target before this one has its values; `i` itself if none has.
    const auto first_in_memory = [&](std::size_t i) {
        for (std::size_t earlier = 0; earlier < i; ++earlier)
            if (roots[earlier] == roots[i] && !targets[earlier].sink && !targets[earlier].memory) return earlier;
        return i;
    };
    memory.resize(targets.size());
    resident_bytes = held.bytes + static_cast<std::int64_t>(memory::block_bytes(1));  // and the passes' turn
    std::set<const Node*> counted;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const auto& root = roots[i];
        if (targets[i].sink) {
            if (is_staged(root)) copied.push_back(i);
        } else if (targets[i].memory) {
            memory[i] = std::shared_ptr<std::byte>(std::shared_ptr<void>(), static_cast<std::byte*>(targets[i].memory));
            counted.insert(root.get());
        } else if (first_in_memory(i) == i) {
            resident_bytes += bytes_of(*root);
            counted.insert(root.get());
        }
    }
    for (const auto& stage : stages)
        if (!counted.contains(stage.node.get()))
            resident_bytes +=
                static_cast<std::int64_t>(memory::block_bytes(static_cast<std::size_t>(bytes_of(*stage.node))));
    for (const auto& node : operations()) {
        if (const auto* streamed = streamed_of(*node))
            resident_bytes +=
                static_cast<std::int64_t>(memory::block_bytes(static_cast<std::size_t>(streamed->how.state_bytes)));
    }
    for (const auto& stage : stages)
        if (stage.node->is<Whole>() && stage.node->shape.count() > 0 && streamed_of(*stage.node) == nullptr)
            resident_bytes +=
                static_cast<std::int64_t>(memory::block_bytes(static_cast<std::size_t>(whole_scratch(*stage.node))));
    const auto limit = static_cast<std::int64_t>(context.engine.memory_limit());
    if (resident_bytes > limit)
        throw OutOfMemory("the results do not fit the memory limit",
                          "what must stay in memory takes " + std::to_string(resident_bytes) + " bytes, the limit is " +
                              std::to_string(limit),
                          "allow more memory, write the result to a file, or reduce along other axes");
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (targets[i].sink) continue;
        const auto& root = *roots[i];
        if (!memory[i]) {
            if (const auto first = first_in_memory(i); first < i) {
                memory[i] = memory[first];
                continue;
            }
            memory[i] = allocate_bytes(static_cast<std::size_t>(bytes_of(root)));
        }
        if (root.shape.count() == 0) continue;
        buffers.push_back(
            std::make_unique<AnyBuffer>(context.engine, root.dtype, buffer_shape(root.shape), memory[i].get()));
        context.residents.emplace(&root, buffers.back().get());
    }
    for (const auto& stage : stages) {
        if (context.residents.contains(stage.node.get()) || stage.node->shape.count() == 0) continue;
        buffers.push_back(
            std::make_unique<AnyBuffer>(context.engine, stage.node->dtype, buffer_shape(stage.node->shape)));
        context.residents.emplace(stage.node.get(), buffers.back().get());
    }
    for (const auto& node : operations()) {
        auto* streamed = streamed_of(*node);
        if (streamed == nullptr || streamed->how.state_bytes == 0) continue;
        buffers.push_back(std::make_unique<AnyBuffer>(context.engine, DType::uint8, Shape{streamed->how.state_bytes}));
        streamed->state = buffers.back().get();
    }
}

// Each once: stages, and targets that go to a file as they are.
std::vector<NodePtr> Plan::State::operations() const {
    std::vector<NodePtr> nodes;
    const auto add = [&](const NodePtr& node) {
        if (node->is<Whole>() && std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
    };
    for (const auto& stage : stages) add(stage.node);
    for (const auto& root : roots) add(root);
    return nodes;
}

std::set<const Node*> Plan::State::stages_before(int level) const {
    std::set<const Node*> nodes;
    for (const auto& stage : stages)
        if (stage.level < level && stage.node->shape.count() > 0) nodes.insert(stage.node.get());
    return nodes;
}

// One for each pass over the operands.
std::vector<Item> Plan::State::items_of(const Product& product, int level, Streamed& streamed) {
    streamed.whole = operands_of(*product.node);
    const auto& how = streamed.how;
    const int first = level - (how.rounds - 1);
    std::vector<Item> items;
    for (int round = 0; round < how.rounds; ++round) {
        Item item{product, first + round, streamed.space, {}};
        item.product.streamed = &streamed;
        item.product.round = round;
        if (how.order != Streaming::Order::any)
            item.order = how.axis + (how.order == Streaming::Order::along ? 0 : kMaxRank);
        const auto earlier = stages_before(item.level);
        Lowering lowering(earlier);
        for (std::size_t i = 0; i < streamed.operands.size(); ++i)
            if (how.tiled[i]) lowering.output(streamed.operands[i], streamed.operands[i]->dtype);
        for (const auto& leaf : lowering.leaves()) item.inputs.insert(key_of(leaf));
        items.push_back(std::move(item));
    }
    return items;
}

std::vector<Item> Plan::State::make_items(const std::vector<int>& levels) {
    std::vector<Item> items;
    std::set<const Node*> made;
    const auto add = [&](Product product, int level) {
        if (auto* streamed = streamed_of(*product.node)) {
            for (auto& item : items_of(product, level, *streamed)) items.push_back(std::move(item));
            return;
        }
        if (product.node->is<Whole>()) return wholes.push_back({product.node, level, product.stats});
        const NodePtr operand = Stage{product.node, level}.operand();
        const auto earlier = stages_before(level);
        Lowering lowering(earlier);
        lowering.output(operand, operand->dtype);
        Item item{std::move(product), level, operand->shape, {}};
        for (const auto& leaf : lowering.leaves()) item.inputs.insert(key_of(leaf));
        items.push_back(std::move(item));
    };
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const auto& root = roots[i];
        const bool copies = std::find(copied.begin(), copied.end(), i) != copied.end();
        if (root->shape.count() == 0 || (!targets[i].sink && memory[i] && made.contains(root.get()))) continue;
        const auto found = std::find_if(stages.begin(), stages.end(), [&](const auto& s) { return s.node == root; });
        const int level = found != stages.end() ? found->level : levels[i];
        const auto resident = context.residents.find(root.get());
        const bool in_memory = copies || !targets[i].sink;
        if (in_memory && !made.insert(root.get()).second) continue;
        add({root, in_memory ? resident->second : nullptr, in_memory ? nullptr : targets[i].sink,
             targets[i].statistics == Statistics::none ? nullptr : stats[i].get(), targets[i].name, !targets[i].memory},
            level);
    }
    for (const auto& stage : stages) {
        if (stage.node->shape.count() == 0 || !made.insert(stage.node.get()).second) continue;
        const auto* reduction = stage.node->as<Reduction>();
        const auto* whole = stage.node->as<Whole>();
        const std::string name = reduction ? std::string(kernels::name_of(reduction->reduce))
                                 : whole   ? whole->operation->name()
                                           : "intermediate";
        add({stage.node, context.residents.at(stage.node.get()), nullptr, nullptr, name}, stage.level);
    }
    return items;
}

void Plan::State::make_passes(const std::vector<int>& levels) {
    auto items = make_items(levels);
    // What no stage waits for can run with a later pass over the same inputs.
    for (auto& item : items) {
        if (is_staged(item.product.node) || item.product.streamed != nullptr) continue;
        for (const auto& other : items)
            if (other.level > item.level && other.order == item.order && other.space == item.space &&
                share(item.inputs, other.inputs))
                item.level = other.level;
    }
    const auto by_level = [](const auto& a, const auto& b) { return a.level < b.level; };
    std::stable_sort(items.begin(), items.end(), by_level);
    std::stable_sort(wholes.begin(), wholes.end(), by_level);
    const auto memory_left = static_cast<std::int64_t>(context.engine.memory_limit()) - resident_bytes;
    while (!items.empty()) {
        // Everything of this level that runs over the same space and shares an input joins one pass.
        std::vector<Product> products{items.front().product};
        const auto level = items.front().level;
        const auto space = items.front().space;
        const auto order = items.front().order;
        auto inputs = items.front().inputs;
        items.erase(items.begin());
        for (bool joined = true; joined;) {
            joined = false;
            for (auto item = items.begin(); item != items.end(); ++item) {
                if (item->level != level || item->space != space || item->order != order ||
                    !share(item->inputs, inputs))
                    continue;
                products.push_back(item->product);
                inputs.insert(item->inputs.begin(), item->inputs.end());
                items.erase(item);
                joined = true;
                break;
            }
        }
        add_pass(space, products, level, memory_left);
    }
}

// One pass for all products, or one for each where no tile suits all of them together.
void Plan::State::add_pass(const Shape& space, const std::vector<Product>& products, int level, std::int64_t memory) {
    passes.emplace_back(context, space, products, stages_before(level));
    pass_levels.push_back(level);
    try {
        passes.back().plan(memory);
    } catch (const OutOfMemory&) {
        if (products.size() == 1) throw;
        passes.pop_back();
        pass_levels.pop_back();
        for (const auto& product : products) add_pass(space, {product}, level, memory);
    }
}

PassReport Plan::State::report_of(const Node& whole) const {
    const auto& operation = *whole.as<Whole>()->operation;
    PassReport made;
    made.shape = made.tile = whole.inputs[0]->shape;
    made.tiles = 1;
    made.memory = whole_scratch(whole);
    made.produces.push_back(operation.name() + ": " + std::string(name_of(whole.dtype)) + " " + to_string(whole.shape) +
                            ", in memory as a whole");
    return made;
}

void Plan::State::write_reports() {
    std::int64_t most = 0, together = 0;
    std::size_t whole = 0;
    // In the order in which submit_passes() submits them.
    const auto add_wholes = [&](int level) {
        for (; whole < wholes.size() && wholes[whole].level < level; ++whole)
            report.passes.push_back(report_of(*wholes[whole].node));
    };
    for (std::size_t i = 0; i < passes.size(); ++i) {
        add_wholes(pass_levels[i]);
        report.passes.push_back(passes[i].report());
        report.bytes_read += report.passes.back().bytes_read;
        report.bytes_written += report.passes.back().bytes_written;
        most = std::max(most, report.passes.back().memory);
        together += report.passes.back().memory;
    }
    add_wholes(std::numeric_limits<int>::max());
    for (const auto i : copied) {
        report.bytes_written += bytes_of(*roots[i]);
        context.progress.bytes_total += bytes_of(*roots[i]);
    }
    one_at_a_time = resident_bytes + together > static_cast<std::int64_t>(context.engine.memory_limit());
    report.memory_peak = resident_bytes + (one_at_a_time ? most : together);
}

// Submits the passes from `next` on; where they must not be in memory together, the task that ends one submits the
// next.
void Plan::State::submit_passes(Scope& scope, std::size_t next) {
    for (; next < passes.size(); ++next) {
        submit_wholes(scope, pass_levels[next]);
        passes[next].submit(scope);
        if (!one_at_a_time || next + 1 == passes.size()) continue;
        const AnyAccess turn{context.turn.get(), Mode::update, std::nullopt};
        scope.submit_list({.name = "end of pass", .place = Place::cpu}, {&turn, 1},
                          [this, &scope, next](const Piece&, const detail::Operand*) {
                              passes[next].release();
                              submit_passes(scope, next + 1);
                          });
        return;
    }
    submit_wholes(scope, std::numeric_limits<int>::max());
    submit_copies(scope);
}

std::vector<WholeOperand> Plan::State::operands_of(const Node& whole) const {
    std::vector<WholeOperand> operands;
    for (const auto& input : whole.inputs) {
        WholeOperand operand{nullptr, nullptr, input->shape, input->dtype};
        if (const auto resident = context.residents.find(input.get()); resident != context.residents.end())
            operand.buffer = resident->second;
        else if (const auto* memory = input->as<Memory>())
            operand.memory = memory->storage->bytes.get();
        operands.push_back(std::move(operand));
    }
    return operands;
}

// What its GPU body works in; -1 where the engine's GPUs do not compute it.
std::int64_t Plan::State::gpu_scratch(const Node& whole) const {
    const auto* devices = context.engine.core()->devices();
    if (devices == nullptr || !devices->may_choose_gpu() || kernels::cuda_kernels() == nullptr) return -1;
    // What is empty has no buffer.
    for (const auto& input : whole.inputs)
        if (input->shape.count() == 0) return -1;
    const auto scratch = whole.as<Whole>()->operation->gpu_scratch_bytes(operands_of(whole));
    if (!scratch) return -1;
    std::int64_t bytes = bytes_of(whole) + *scratch;
    for (const auto& input : whole.inputs) bytes += bytes_of(*input);
    return bytes <= context.device_memory ? *scratch : -1;
}

// Where the GPUs may compute it, the task has one block for either body.
std::int64_t Plan::State::whole_scratch(const Node& whole) const {
    return std::max(whole.as<Whole>()->operation->scratch_bytes(operands_of(whole), context.engine.threads()),
                    gpu_scratch(whole));
}

void Plan::State::submit_whole(Scope& scope, const Node& whole, AnyBuffer& result) {
    const auto& operation = *whole.as<Whole>()->operation;
    auto operands = operands_of(whole);
    if (gpu_scratch(whole) < 0) return operation.submit(scope, context.engine, operands, result);
    for (std::size_t i = 0; i < operands.size(); ++i)
        if (operands[i].buffer == nullptr)
            operands[i].buffer = &context.lend(*whole.inputs[i], buffer_shape(whole.inputs[i]->shape));
    const bool borrowed = result.core()->borrowed;
    result.core()->returns = borrowed;
    operation.submit_with_gpu(scope, context.engine, operands, result);
    if (!borrowed && !one_at_a_time) return;
    // As Pass::submit_returns.
    const AnyAccess access{&result, Mode::read, std::nullopt};
    scope.submit_list({.name = "return", .place = Place::cpu}, {&access, 1},
                      [](const Piece&, const detail::Operand*) {});
}

// Those of levels below `level` that are not submitted yet.
void Plan::State::submit_wholes(Scope& scope, int level) {
    for (; next_whole < wholes.size() && wholes[next_whole].level < level; ++next_whole) {
        const auto& [node, at, counts] = wholes[next_whole];
        AnyBuffer& result = *context.residents.at(node.get());
        submit_whole(scope, *node, result);
        if (counts == nullptr) continue;
        const AnyAccess access{&result, Mode::read, std::nullopt};
        scope.submit_list({.name = "statistics"}, {&access, 1},
                          [=, stats = counts, dtype = node->dtype, n = node->shape.count()](
                              const Piece&, const detail::Operand* operands) {
                              count_non_finite(dtype, operands[0].data, n, *stats);
                          });
    }
}

void Plan::State::submit_copies(Scope& scope) {
    for (const auto i : copied) {
        const auto& root = *roots[i];
        if (root.shape.count() == 0) continue;
        const AnyAccess access{context.residents.at(&root), Mode::read, std::nullopt};
        auto* sink = targets[i].sink;
        auto* done = &context.progress.bytes_done;
        scope.submit_list(
            {.name = "write", .lane = Lane::io}, {&access, 1},
            [=, box = Box::whole(root.shape), bytes = bytes_of(root)](const Piece&, const detail::Operand* operands) {
                sink->write(box, operands[0].data);
                done->fetch_add(bytes, std::memory_order_relaxed);
            });
    }
}

bool Plan::State::could_stream() {
    if (streams) return false;
    streams.emplace(canonicalizer, context.engine.threads(), static_cast<std::int64_t>(context.engine.memory_limit()));
    std::set<const Node*> seen;
    std::vector<NodePtr> open(roots);
    while (!open.empty()) {
        const NodePtr node = std::move(open.back());
        open.pop_back();
        if (!seen.insert(node.get()).second) continue;
        if (streams->find(*node) != nullptr) return true;
        open.insert(open.end(), node->inputs.begin(), node->inputs.end());
    }
    return false;
}

// `kept`: bytes of each value that may be kept for speed alone.
void Plan::State::make(std::vector<Target> wanted, std::int64_t kept) {
    targets = std::move(wanted);
    std::vector<int> levels;
    make_stages(levels, kept);
    make_residents();
    make_passes(levels);
    write_reports();
}

// In memory is fastest. Where that does not fit, what can stream does, and less is kept for speed: rather slow than not
// at all.
Plan::Plan(Engine& engine, std::vector<Target> targets) {
    const auto limit = static_cast<std::int64_t>(engine.memory_limit());
    for (auto kept = limit / 8;; kept /= 4) {
        bool could_stream = false;
        for (const bool streams : {false, true}) {
            if (streams && !could_stream) continue;
            state_ = std::make_unique<State>(engine);
            if (streams) state_->streams.emplace(state_->canonicalizer, engine.threads(), limit);
            try {
                state_->make(targets, kept);
                return;
            } catch (const OutOfMemory&) {
                could_stream = !streams && state_->could_stream();
                if (kept == 0 && !could_stream) throw;
            }
        }
    }
}

Plan::Plan(Plan&&) noexcept = default;
Plan::~Plan() = default;

const PlanReport& Plan::report() const { return state_->report; }
const Progress& Plan::progress() const { return state_->context.progress; }
const TargetStats& Plan::stats(std::size_t target) const { return *state_->stats[target]; }

void Plan::finish() {
    auto& state = *state_;
    state.passes.clear();
    state.streams.reset();
    state.canonicalizer = {};
    state.wholes.clear();
    state.context.residents.clear();
    state.context.evaluators.clear();
    state.context.turn.reset();
    state.buffers.clear();
    state.context.lent.clear();
    state.memory.clear();
    state.stages.clear();
    state.held = {};
    state.roots.clear();
    state.targets.clear();
}

std::vector<Array> Plan::submit(Scope& scope) {
    auto& state = *state_;
    for (const auto* node : state.held.pending) wait_for(*node);
    const auto workers = static_cast<std::size_t>(std::max(state.context.engine.workers(), 1));
    while (state.context.evaluators.size() < workers) state.context.evaluators.emplace_back();
    if (state.one_at_a_time)
        state.context.turn = std::make_unique<AnyBuffer>(state.context.engine, DType::uint8, Shape{1});
    state.submit_passes(scope, 0);
    std::vector<Array> arrays;
    for (std::size_t i = 0; i < state.targets.size(); ++i) {
        if (state.targets[i].sink) continue;
        auto storage = std::make_shared<Storage>();
        storage->bytes = state.memory[i];
        arrays.emplace_back(memory(state.roots[i]->dtype, state.roots[i]->shape, std::move(storage)));
    }
    return arrays;
}

}  // namespace heddle::array
