#include "host/array/plan.hpp"

#include <algorithm>
#include <limits>

#include "heddle/error.hpp"
#include "host/array/evaluation.hpp"
#include "host/array/graph.hpp"
#include "host/array/pass.hpp"
#include "host/array/pass_parts.hpp"
#include "host/array/pass_runner.hpp"
#include "host/array/whole.hpp"
#include "host/memory/host_memory.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"
#include "kernels/cuda_kernels.hpp"

namespace heddle::array {
namespace {

std::int64_t bytes_of(const Node& node) { return node.shape.count() * static_cast<std::int64_t>(size_of(node.dtype)); }

void collect_pending(const NodePtr& node, std::set<const Node*>& seen, std::vector<const Node*>& pending) {
    if (!seen.insert(node.get()).second) return;
    if (const auto* memory = node->as<Memory>(); memory && memory->storage->pending) pending.push_back(node.get());
    for (const auto& input : node->inputs) collect_pending(input, seen, pending);
}

// A product that waits for its pass: what it runs over, from which level on, and the inputs that it would share.
struct Item {
    Product product;
    int level;
    Shape space;
    std::set<std::string> inputs;
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
    std::vector<const Node*> pending;
    PlanReport report;
    std::int64_t resident_bytes = 0;
    std::size_t next_whole = 0;
    bool one_at_a_time = false;  // the passes: together they would not fit the memory

    explicit State(Engine& engine) : context{engine, {}, {}, {}, {}, 0, {}} {
        context.device_memory = static_cast<std::int64_t>(engine.core()->device_memory());
    }

    bool is_staged(const NodePtr& node) const {
        return std::any_of(stages.begin(), stages.end(), [&](const auto& stage) { return stage.node == node; });
    }
    void make_stages(std::vector<int>& levels);
    void make_residents();
    void make_passes(const std::vector<int>& levels);
    void add_pass(const Shape& space, const std::vector<Product>& products, int level, std::int64_t memory);
    std::set<const Node*> stages_before(int level) const;
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

void Plan::State::make_stages(std::vector<int>& levels) {
    const auto limit = static_cast<std::int64_t>(context.engine.memory_limit());
    Canonicalizer canonicalizer;
    Stager stager(limit / 8);
    std::set<const Node*> seen;
    for (const auto& target : targets) {
        collect_pending(target.array.node(), seen, pending);
        roots.push_back(canonicalizer.canonical(target.array.node()));
        stats.push_back(std::make_unique<TargetStats>());
    }
    report.warnings = numpy_warnings(roots);
    for (const auto& root : roots) {
        if (is_step(*root)) stager.add(root);
        levels.push_back(stager.level_of(root));
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
    resident_bytes = static_cast<std::int64_t>(memory::block_bytes(1));  // the passes' turn
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
    for (const auto& stage : stages)
        if (stage.node->is<Whole>() && stage.node->shape.count() > 0)
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
}

std::set<const Node*> Plan::State::stages_before(int level) const {
    std::set<const Node*> nodes;
    for (const auto& stage : stages)
        if (stage.level < level && stage.node->shape.count() > 0) nodes.insert(stage.node.get());
    return nodes;
}

std::vector<Item> Plan::State::make_items(const std::vector<int>& levels) {
    std::vector<Item> items;
    std::set<const Node*> made;
    const auto add = [&](Product product, int level) {
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
             targets[i].statistics == Statistics::none ? nullptr : stats[i].get(), targets[i].name},
            level);
    }
    for (const auto& stage : stages) {
        if (stage.node->shape.count() == 0 || !made.insert(stage.node.get()).second) continue;
        const auto* reduction = stage.node->as<Reduction>();
        const std::string name = reduction ? std::string(kernels::name_of(reduction->reduce)) : "intermediate";
        add({stage.node, context.residents.at(stage.node.get()), nullptr, nullptr, name}, stage.level);
    }
    return items;
}

void Plan::State::make_passes(const std::vector<int>& levels) {
    auto items = make_items(levels);
    // What no stage waits for can run with a later pass over the same inputs.
    for (auto& item : items) {
        if (is_staged(item.product.node)) continue;
        for (const auto& other : items)
            if (other.level > item.level && other.space == item.space && share(item.inputs, other.inputs))
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
        auto inputs = items.front().inputs;
        items.erase(items.begin());
        for (bool joined = true; joined;) {
            joined = false;
            for (auto item = items.begin(); item != items.end(); ++item) {
                if (item->level != level || item->space != space || !share(item->inputs, inputs)) continue;
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

Plan::Plan(Engine& engine, std::vector<Target> targets) : state_(std::make_unique<State>(engine)) {
    state_->targets = std::move(targets);
    std::vector<int> levels;
    state_->make_stages(levels);
    state_->make_residents();
    state_->make_passes(levels);
    state_->write_reports();
}

Plan::Plan(Plan&&) noexcept = default;
Plan::~Plan() = default;

const PlanReport& Plan::report() const { return state_->report; }
const Progress& Plan::progress() const { return state_->context.progress; }
const TargetStats& Plan::stats(std::size_t target) const { return *state_->stats[target]; }

void Plan::finish() {
    auto& state = *state_;
    state.passes.clear();
    state.wholes.clear();
    state.context.residents.clear();
    state.context.evaluators.clear();
    state.context.turn.reset();
    state.buffers.clear();
    state.context.lent.clear();
    state.memory.clear();
    state.stages.clear();
    state.pending.clear();
    state.roots.clear();
    state.targets.clear();
}

std::vector<Array> Plan::submit(Scope& scope) {
    auto& state = *state_;
    for (const auto* node : state.pending) wait_for(*node);
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
