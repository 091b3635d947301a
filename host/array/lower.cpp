#include "host/array/lower.hpp"

namespace heddle::array {

std::string key_of(const Leaf& leaf) {
    return std::to_string(reinterpret_cast<std::uintptr_t>(leaf.node.get())) + to_key(leaf.access);
}

void Lowering::output(const NodePtr& node, DType dtype) {
    builder_.output(lower(node, identity_access(node->shape.rank())), dtype);
}

int Lowering::lower(const NodePtr& node, const Access& access) {
    const auto key = std::pair(node.get(), to_key(access));
    if (const auto found = values_.find(key); found != values_.end()) return found->second;
    int value = -1;
    if (resident_.contains(node.get())) {
        value = leaf(node, access);
    } else if (const auto* constant = node->as<Constant>()) {
        value = node->weak ? builder_.weak_constant(constant->value) : builder_.constant(constant->value);
    } else if (node->is<Elementwise>()) {
        value = lower_elementwise(*node, access);
    } else if (node->is<Cast>()) {
        value = builder_.cast(lower(node->inputs[0], access), node->dtype);
    } else if (const auto* view = node->as<View>()) {
        value = lower(node->inputs[0], through_view(*view, access));
    } else if (const auto* take = node->as<Take>()) {
        value = lower(node->inputs[0], through_take(*take, access));
    } else {
        value = leaf(node, access);
    }
    values_.emplace(key, value);
    return value;
}

int Lowering::lower_elementwise(const Node& node, const Access& access) {
    std::array<int, 3> arguments{-1, -1, -1};
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
        arguments[i] = lower(node.inputs[i], through_broadcast(node.inputs[i]->shape, node.shape, access));
    const auto op = node.as<Elementwise>()->op;
    return builder_.apply_promoted(op, arguments[0], arguments[1], arguments[2]);
}

int Lowering::leaf(const NodePtr& node, const Access& access) {
    leaves_.push_back({node, access});
    return builder_.input(node->dtype);
}

}  // namespace heddle::array
