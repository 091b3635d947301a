#include "host/expr/ast.hpp"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <unordered_set>

#include "host/expr/ast_children.hpp"

namespace heddle::expr::ast {
namespace {

bool same(const NodePtr& a, const NodePtr& b) { return (!a && !b) || (a && b && *a == *b); }

bool same(const std::vector<NodePtr>& a, const std::vector<NodePtr>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const NodePtr& x, const NodePtr& y) { return same(x, y); });
}

bool same_form(const Integer& a, const Integer& b) { return a.value == b.value; }
bool same_form(const Floating& a, const Floating& b) {
    return std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value);
}
bool same_form(const Imaginary& a, const Imaginary& b) { return same_form(Floating{a.value}, Floating{b.value}); }
bool same_form(const Text& a, const Text& b) { return a.value == b.value; }
bool same_form(const Constant& a, const Constant& b) { return a == b; }
bool same_form(const Name& a, const Name& b) { return a.name == b.name; }
bool same_form(const DatasetAttribute& a, const DatasetAttribute& b) {
    return a.dataset == b.dataset && a.attribute == b.attribute;
}
bool same_form(const Unary& a, const Unary& b) { return a.op == b.op && same(a.operand, b.operand); }
bool same_form(const Binary& a, const Binary& b) {
    return a.op == b.op && same(a.left, b.left) && same(a.right, b.right);
}
bool same_form(const Comparison& a, const Comparison& b) { return a.ops == b.ops && same(a.operands, b.operands); }
bool same_form(const Call& a, const Call& b) {
    auto same_keyword = [](const Keyword& x, const Keyword& y) { return x.name == y.name && same(x.value, y.value); };
    return same(a.callee, b.callee) && same(a.arguments, b.arguments) &&
           std::equal(a.keywords.begin(), a.keywords.end(), b.keywords.begin(), b.keywords.end(), same_keyword);
}
bool same_form(const Member& a, const Member& b) { return a.name == b.name && same(a.object, b.object); }
bool same_form(const Subscript& a, const Subscript& b) { return same(a.object, b.object) && same(a.items, b.items); }
bool same_form(const Slice& a, const Slice& b) {
    return same(a.start, b.start) && same(a.stop, b.stop) && same(a.step, b.step);
}
bool same_form(const Sequence& a, const Sequence& b) { return a.brackets == b.brackets && same(a.items, b.items); }

template <class Visit>
void for_each_name(const Node& node, Visit&& visit) {
    if (const auto* name = node.as<Name>()) visit(name->name, node.at);
    if (const auto* attribute = node.as<DatasetAttribute>()) visit(attribute->dataset, node.at);
    if (const auto* call = node.as<Call>()) {
        // A function's name is no variable: it has a namespace of its own.
        for_each_child(node, [&](const Node& child) {
            if (&child != call->callee.get() || !child.as<Name>()) for_each_name(child, visit);
        });
        return;
    }
    for_each_child(node, [&](const Node& child) { for_each_name(child, visit); });
}

}  // namespace

bool operator==(const Node& a, const Node& b) {
    if (a.form.index() != b.form.index()) return false;
    return std::visit(
        [&](const auto& form) {
            using Form = std::decay_t<decltype(form)>;
            return same_form(form, std::get<Form>(b.form));
        },
        a.form);
}

bool operator==(const Module& a, const Module& b) {
    auto same_statement = [](const Statement& x, const Statement& y) {
        return x.name == y.name && same(x.value, y.value);
    };
    return std::equal(a.statements.begin(), a.statements.end(), b.statements.begin(), b.statements.end(),
                      same_statement);
}

std::vector<NameUse> free_names(const Module& module) {
    std::vector<NameUse> found;
    std::unordered_set<std::string> known;  // assigned, or found already
    for (const auto& statement : module.statements) {
        for_each_name(*statement.value, [&](const std::string& name, Span at) {
            if (known.insert(name).second) found.push_back({name, at});
        });
        if (!statement.name.empty()) known.insert(statement.name);
    }
    return found;
}

std::vector<bool> results(const Module& module) {
    std::vector<bool> unused(module.statements.size(), true);
    std::unordered_map<std::string, std::size_t> assigned;
    for (std::size_t i = 0; i < module.statements.size(); ++i) {
        for_each_name(*module.statements[i].value, [&](const std::string& name, Span) {
            if (auto it = assigned.find(name); it != assigned.end()) unused[it->second] = false;
        });
        assigned.emplace(module.statements[i].name, i);
    }
    return unused;
}

}  // namespace heddle::expr::ast
