#pragma once

#include "host/expr/ast.hpp"

namespace heddle::expr::ast {

// Calls visit(child) for each direct child that is not null, in the order of the text.
template <class Visit>
void for_each_child(const Node& node, Visit&& visit) {
    auto one = [&](const NodePtr& child) {
        if (child) visit(*child);
    };
    auto all = [&](const std::vector<NodePtr>& children) {
        for (const auto& child : children) one(child);
    };
    if (const auto* unary = node.as<Unary>()) {
        one(unary->operand);
    } else if (const auto* binary = node.as<Binary>()) {
        one(binary->left), one(binary->right);
    } else if (const auto* comparison = node.as<Comparison>()) {
        all(comparison->operands);
    } else if (const auto* call = node.as<Call>()) {
        one(call->callee), all(call->arguments);
        for (const auto& keyword : call->keywords) one(keyword.value);
    } else if (const auto* member = node.as<Member>()) {
        one(member->object);
    } else if (const auto* subscript = node.as<Subscript>()) {
        one(subscript->object), all(subscript->items);
    } else if (const auto* slice = node.as<Slice>()) {
        one(slice->start), one(slice->stop), one(slice->step);
    } else if (const auto* sequence = node.as<Sequence>()) {
        all(sequence->items);
    }
}

}  // namespace heddle::expr::ast
