#include "host/array/graph.hpp"

#include <algorithm>
#include <cstring>

#include "host/array/streams.hpp"
#include "host/array/whole.hpp"

namespace heddle::array {
namespace {

template <class T>
void put(std::string& key, const T& value) {
    key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put(std::string& key, const expr::Scalar& value) {
    std::array<std::byte, 16> bytes{};
    value.store(bytes.data());
    put(key, value.dtype);
    put(key, bytes);
}

struct KeyWriter {
    std::string& key;
    void operator()(const Constant& constant) const { put(key, constant.value); }
    void operator()(const Ramp& ramp) const {
        put(key, ramp.start);
        put(key, ramp.step);
        put(key, ramp.has_last);
        put(key, ramp.last);
    }
    void operator()(const Memory& memory) const { put(key, memory.storage.get()); }
    void operator()(const Stored& stored) const { put(key, stored.dataset.get()); }
    void operator()(const Elementwise& elementwise) const { put(key, elementwise.op); }
    void operator()(const Cast&) const {}
    void operator()(const View& view) const {
        for (const auto& axis : view.axes) {
            put(key, axis.axis);
            put(key, axis.start);
            put(key, axis.step);
        }
    }
    void operator()(const Take& take) const {
        put(key, take.axis);
        for (const auto index : *take.list) put(key, index);
    }
    void operator()(const Join& join) const { put(key, join.axis); }
    void operator()(const Reshape&) const {}
    void operator()(const Reduction& reduction) const {
        put(key, reduction.reduce);
        put(key, reduction.skip_nan);
        put(key, reduction.keep_dims);
        put(key, reduction.axes);
        put(key, reduction.ddof);
    }
    void operator()(const HistogramCounts& histogram) const {
        put(key, histogram.bins);
        put(key, histogram.values);
        put(key, histogram.outside);
    }
    void operator()(const Whole& whole) const { key += whole.operation->key(); }
};

bool is_fill(const Node& node) { return node.is<Constant>() || (node.is<View>() && is_fill(*node.inputs[0])); }

// The values come from memory, or are as cheap as if they did.
bool is_at_hand(const Node& node) {
    if (node.is<Constant>() || node.is<Memory>() || node.is<Ramp>()) return true;
    return (node.is<View>() || node.is<Take>()) && is_at_hand(*node.inputs[0]);
}

std::int64_t bytes_of(const Node& node) { return node.shape.count() * static_cast<std::int64_t>(size_of(node.dtype)); }

}  // namespace

std::string Canonicalizer::key_of(const Node& node) {
    std::string key;
    put(key, node.payload.index());
    put(key, node.dtype);
    put(key, node.weak);
    for (const auto extent : node.shape) put(key, extent);
    key += '|';
    for (const auto& input : node.inputs) put(key, ids_.at(input.get()));
    key += '|';
    std::visit(KeyWriter{key}, node.payload);
    return key;
}

NodePtr Canonicalizer::canonical(const NodePtr& node) {
    if (const auto found = done_.find(node.get()); found != done_.end()) return found->second;
    auto copy = std::make_shared<Node>(*node);
    for (auto& input : copy->inputs) input = canonical(input);
    const auto [entry, is_new] = known_.emplace(key_of(*copy), copy);
    if (is_new) ids_.emplace(copy.get(), static_cast<int>(ids_.size()));
    originals_.push_back(node);
    done_.emplace(node.get(), entry->second);
    return entry->second;
}

void Stager::add(const NodePtr& node) { stage(node); }

int Stager::stage(const NodePtr& node) {
    if (const auto found = staged_.find(node.get()); found != staged_.end()) return found->second;
    int level = 0;
    if (const auto* streamed = streams_ ? streams_->find(*node) : nullptr) {
        level = level_of_streamed(*streamed);
    } else if (node->is<Whole>()) {
        for (const auto& input : node->inputs)
            if (!is_whole_memory(*input)) level = std::max(level, stage(input) + 1);
    } else if (is_step(*node)) {
        for (const auto& input : node->inputs) level = std::max(level, level_of(input));
        // The bounds of a histogram are read while it runs, so they are stages too.
        for (std::size_t i = 1; i < node->inputs.size(); ++i) level = std::max(level, stage(node->inputs[i]) + 1);
    } else {
        levels_.erase(node.get());
        level = level_of(node);
    }
    staged_.emplace(node.get(), level);
    levels_[node.get()] = level + 1;
    stages_.push_back({node, level});
    return level;
}

int Stager::level_of_streamed(const Streamed& streamed) {
    int level = 0;
    for (std::size_t i = 0; i < streamed.operands.size(); ++i) {
        const auto& operand = streamed.operands[i];
        if (streamed.how.tiled[i])
            level = std::max(level, level_of(operand));
        else if (!is_whole_memory(*operand))
            level = std::max(level, stage(operand) + 1);
    }
    return level + streamed.how.rounds - 1;
}

int Stager::level_of(const NodePtr& node) {
    if (const auto found = levels_.find(node.get()); found != levels_.end()) return found->second;
    int level = 0;
    if (is_step(*node)) {
        level = stage(node) + 1;
    } else {
        for (const auto& input : node->inputs) level = std::max(level, operand_level(input, *node));
    }
    levels_[node.get()] = level;
    return level;
}

int Stager::operand_level(const NodePtr& input, const Node& user) {
    if (user.is<Join>() || user.is<Reshape>()) return piece_level(input);
    const bool repeats = input->shape.count() < user.shape.count() && !is_at_hand(*input) && !is_fill(*input);
    if (repeats && !is_step(*input) && bytes_of(*input) <= hoist_limit_) return stage(input) + 1;
    return level_of(input);
}

// Pieces are computed for each block that needs them. What is made of joined arrays itself is kept where that can be:
// else each round of x = x + roll(x, 1), say, would compute the rounds before it twice.
int Stager::piece_level(const NodePtr& piece) {
    const NodePtr* base = &piece;
    while ((*base)->is<View>() || (*base)->is<Take>()) base = &(*base)->inputs[0];
    const auto bytes = bytes_of(**base);
    const bool computed = (*base)->is<Elementwise>() || (*base)->is<Cast>();
    if (!computed || staged_.contains(base->get()) || !is_joined(*base)) return level_of(piece);
    const int level = level_of(*base);  // its own stages come first, and take their part of the memory
    if (bytes > hoist_limit_ || kept_bytes_ + bytes > 4 * hoist_limit_) return level;
    kept_bytes_ += bytes;
    return stage(*base) + 1;
}

// Whether blocks of the node need others of a joined or reshaped array.
bool Stager::is_joined(const NodePtr& node) {
    if (node->is<Join>() || node->is<Reshape>()) return true;
    if (is_step(*node) || staged_.contains(node.get())) return false;
    if (const auto found = joined_.find(node.get()); found != joined_.end()) return found->second;
    const bool joined =
        std::any_of(node->inputs.begin(), node->inputs.end(), [&](const auto& input) { return is_joined(input); });
    return joined_[node.get()] = joined;
}

namespace {

class WarningCollector {
public:
    void visit(const NodePtr& node) {
        if (!seen_.insert(node.get()).second) return;
        for (const auto& input : node->inputs) visit(input);
        if (const auto* elementwise = node->as<Elementwise>()) check_elementwise(*node, elementwise->op);
        if (node->is<Cast>()) check_narrowed_total(*node);
    }
    std::vector<std::string> take() { return std::move(warnings_); }

private:
    void add(std::string text) {
        if (std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end())
            warnings_.push_back(std::move(text));
    }
    void check_elementwise(const Node& node, expr::Op op) {
        const auto name = std::string(name_of(node.dtype));
        if (op == expr::Op::subtract && is_unsigned(node.dtype))
            add("a subtraction of " + name + " values wraps around below zero; write int64(a) - b, or float32(a) - b");
        if (op == expr::Op::negative && is_unsigned(node.dtype))
            add("the negative of " + name + " values wraps around; write -int64(a)");
        const bool grows =
            op == expr::Op::add || op == expr::Op::multiply || op == expr::Op::power || op == expr::Op::left_shift;
        if (grows && is_integer(node.dtype) && size_of(node.dtype) < 4)
            add(std::string(kernels::name_of(op)) + " of " + name +
                " values wraps around where it does not fit; write int64(a), or float32(a), first");
    }
    // sum(x, dtype=uint8)
    void check_narrowed_total(const Node& node) {
        const auto& total = *node.inputs[0];
        const auto* reduction = total.as<Reduction>();
        if (!reduction || !is_integer(node.dtype) || !is_integer(total.dtype)) return;
        const bool grows = reduction->reduce == kernels::Reduce::sum || reduction->reduce == kernels::Reduce::prod;
        if (grows && size_of(node.dtype) < size_of(total.dtype))
            add("the " + std::string(kernels::name_of(reduction->reduce)) + " as " + std::string(name_of(node.dtype)) +
                " wraps around where it does not fit; leave dtype out, which gives " +
                std::string(name_of(total.dtype)));
    }

    std::set<const Node*> seen_;
    std::vector<std::string> warnings_;
};

}  // namespace

std::vector<std::string> numpy_warnings(const std::vector<NodePtr>& roots) {
    WarningCollector collector;
    for (const auto& root : roots) collector.visit(root);
    return collector.take();
}

}  // namespace heddle::array
