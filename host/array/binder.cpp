#include "host/array/binder.hpp"

#include <algorithm>

#include "heddle/functions.hpp"
#include "host/base/nearest.hpp"

namespace heddle::array {

namespace ast = expr::ast;

namespace {

Array apply(ast::UnaryOp op, const Array& a) {
    switch (op) {
        case ast::UnaryOp::positive:
            return +a;
        case ast::UnaryOp::negative:
            return -a;
        case ast::UnaryOp::invert:
            return ~a;
        default:
            return logical_not(a);
    }
}

Array apply(ast::BinaryOp op, const Array& a, const Array& b) {
    switch (op) {
        case ast::BinaryOp::logical_or:
            return logical_or(a, b);
        case ast::BinaryOp::logical_and:
            return logical_and(a, b);
        case ast::BinaryOp::bit_or:
            return a | b;
        case ast::BinaryOp::bit_xor:
            return a ^ b;
        case ast::BinaryOp::bit_and:
            return a & b;
        case ast::BinaryOp::shift_left:
            return a << b;
        case ast::BinaryOp::shift_right:
            return a >> b;
        case ast::BinaryOp::add:
            return a + b;
        case ast::BinaryOp::subtract:
            return a - b;
        case ast::BinaryOp::multiply:
            return a * b;
        case ast::BinaryOp::divide:
            return a / b;
        case ast::BinaryOp::floor_divide:
            return floor_divide(a, b);
        case ast::BinaryOp::modulo:
            return a % b;
        default:
            return pow(a, b);
    }
}

Array compare(ast::CompareOp op, const Array& a, const Array& b) {
    switch (op) {
        case ast::CompareOp::less:
            return a < b;
        case ast::CompareOp::less_equal:
            return a <= b;
        case ast::CompareOp::greater:
            return a > b;
        case ast::CompareOp::greater_equal:
            return a >= b;
        case ast::CompareOp::equal:
            return a == b;
        default:
            return a != b;
    }
}

// Neither operand brings a shape: joining two tuples means something else in Python than adding two arrays.
void check_operands(const Value& left, const Value& right) {
    if (left.as<Values>() && right.as<Values>())
        throw DTypeError("an operator between " + describe(left) + " and " + describe(right), "",
                         "write array([1, 2, 3]) for an array of numbers");
}

// The work would find this too, but only after it has begun.
void check_exponent(const Array& base, const Value& exponent) {
    auto known = known_integer(exponent);
    if (known && *known < 0 && (is_integer(base.dtype()) || is_bool(base.dtype())))
        throw ArgumentError("an integer to a negative integer power is no integer",
                            "the base is " + std::string(name_of(base.dtype())),
                            "write the exponent as a float: x ** " + std::to_string(*known) + ".0");
}

}  // namespace

Binder::Binder(const ast::Module& module, const Environment& environment)
    : module_(module), source_(*module.source), environment_(environment) {}

std::vector<Binding> Binder::bindings() {
    std::vector<Binding> out;
    auto is_result = ast::results(module_);
    for (std::size_t i = 0; i < module_.statements.size(); ++i) {
        const auto& statement = module_.statements[i];
        if (environment_.find(statement.name))
            fail(statement.name_at, {"'" + statement.name + "' is an input already",
                                     "arrays never change once they exist", "choose another name"});
        depth_ = 0;
        auto value = evaluate(*statement.value);
        depth_ += statement.value->depth;
        if (depth_ > kMaxDependencyDepth)
            fail(statement.name_at, {"the statements depend on one another too deeply",
                                     "more than " + std::to_string(kMaxDependencyDepth) + " operations form a chain",
                                     "write intermediate results to a file and go on from there"});
        add_result(out, statement, value, is_result[i]);
        if (!statement.name.empty()) assigned_.emplace(statement.name, Assigned{std::move(value), depth_});
    }
    return out;
}

void Binder::add_result(std::vector<Binding>& out, const ast::Statement& statement, const Value& value, bool result) {
    const auto* values = value.as<Values>();
    if (values && values->kind == Values::Kind::histogram) {
        out.push_back({statement.name, *values->items[0].as<Array>(), result});
        for (std::size_t i = 1; i < values->items.size(); ++i) {
            const std::string suffix = values->items.size() == 2 ? "_edges" : i == 1 ? "_xedges" : "_yedges";
            const std::string edges = (statement.name.empty() ? "result" : statement.name) + suffix;
            for (const auto& other : module_.statements)
                if (other.name == edges)
                    fail(other.name_at,
                         {"'" + edges + "' is assigned twice",
                          "the histogram at " + source_.where(statement.value->at.mark) + " gives its edges this name",
                          "choose another name here"});
            out.push_back({edges, *values->items[i].as<Array>(), result});
        }
        return;
    }
    // What a later statement uses may be a type or None; what nobody uses must be an array.
    // Nor are the several results of nonzero() and unique_counts() one.
    const auto holds_array = [](const Value& item) { return item.as<Array>() != nullptr; };
    bool several = values && std::any_of(values->items.begin(), values->items.end(), holds_array);
    bool is_array = value.as<Array>() || value.as<Number>() || (values && !several);
    if (is_array || result)
        out.push_back(
            {statement.name, at_place(source_, statement.value->at, [&] { return to_array(value); }), result});
}

Value Binder::evaluate(const ast::Node& node) {
    const auto& at = node.at;
    if (const auto* n = node.as<ast::Integer>()) return {Number(Int128{n->value}), at};
    if (const auto* n = node.as<ast::Floating>()) return {Number(n->value), at};
    if (const auto* n = node.as<ast::Imaginary>()) return {Number(std::complex<double>(0, n->value)), at};
    if (const auto* n = node.as<ast::Text>()) return {n->value, at};
    if (const auto* n = node.as<ast::Name>()) return name(n->name, at);
    if (const auto* n = node.as<ast::DatasetAttribute>()) return dataset_attribute(*n, at);
    if (const auto* n = node.as<ast::Unary>()) return unary(*n, at);
    if (node.as<ast::Binary>()) return binary_chain(node);
    if (const auto* n = node.as<ast::Comparison>()) return comparison(*n, at);
    if (const auto* n = node.as<ast::Call>()) return call(*n, at);
    if (const auto* n = node.as<ast::Member>()) return member(*n, at);
    if (const auto* n = node.as<ast::Subscript>()) return subscript(*n, at);
    if (const auto* n = node.as<ast::Sequence>()) return sequence(*n, at);
    switch (*node.as<ast::Constant>()) {
        case ast::Constant::true_:
            return {Number(true), at};
        case ast::Constant::false_:
            return {Number(false), at};
        case ast::Constant::none:
            return {NoneValue{}, at};
        default:
            return {EllipsisValue{}, at};
    }
}

Value Binder::name(const std::string& name, const expr::Span& at) {
    if (auto it = assigned_.find(name); it != assigned_.end()) {
        depth_ = std::max(depth_, it->second.depth);
        auto value = it->second.value;
        value.at = at;
        return value;
    }
    if (const auto* bound = environment_.find(name)) return from_array(bound->array, at);
    if (const auto* constant = find_constant(name)) {
        auto value = *constant;
        value.at = at;
        return value;
    }
    for (const auto& statement : module_.statements)
        if (statement.name == name)
            fail(at, {"'" + name + "' is used before it is assigned",
                      "its assignment is at " + source_.where(statement.name_at.begin), "move that statement forward"});
    if (const auto* function = find_function(name))
        fail(at,
             {"'" + name + "' is a function", "a function needs its arguments", "write it as " + function->signature});
    auto known = environment_.names();
    std::string list;
    std::sort(known.begin(), known.end());
    for (std::size_t i = 0; i < known.size() && i < 12; ++i) list += (i == 0 ? "" : ", ") + std::string(known[i]);
    if (known.size() > 12) list += ", …";
    for (const auto& [assigned, value] : assigned_) known.push_back(assigned);
    auto near = nearest_name(name, known);
    fail(at, {"unknown name '" + name + "'", near.empty() ? "" : "did you mean '" + near + "'?",
              list.empty() ? "give it as an input" : "the inputs are " + list});
}

Value Binder::dataset_attribute(const ast::DatasetAttribute& form, const expr::Span& at) {
    const auto* bound = environment_.find(form.dataset);
    if (!bound && assigned_.count(form.dataset) == 0) name(form.dataset, at);
    if (!bound || !bound->attribute)
        fail(at, {"'" + form.dataset + "' has no attributes", "it is not a dataset of a file",
                  "bind the name to a dataset, or write the number itself"});
    return from_array(at_place(source_, at, [&] { return bound->attribute(form.attribute); }), at);
}

Value Binder::sequence(const ast::Sequence& form, const expr::Span& at) {
    Values values{form.brackets == ast::Brackets::tuple ? Values::Kind::tuple : Values::Kind::list, {}};
    for (const auto& item : form.items) values.items.push_back(evaluate(*item));
    return {std::move(values), at};
}

Value Binder::unary(const ast::Unary& form, const expr::Span& at) {
    auto operand = evaluate(*form.operand);
    return at_place(source_, at, [&]() -> Value {
        if (const auto* number = operand.as<Number>()) return {apply(form.op, *number), at};
        return {apply(form.op, to_array(operand)), at};
    });
}

// a + b + c + … is a deep tree to the left: a loop instead of recursion keeps the stack flat.
Value Binder::binary_chain(const ast::Node& node) {
    std::vector<const ast::Node*> chain;
    const auto* first = &node;
    for (; first->as<ast::Binary>(); first = first->as<ast::Binary>()->left.get()) chain.push_back(first);
    auto value = evaluate(*first);
    for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
        const auto& form = *(*it)->as<ast::Binary>();
        value = binary(form.op, value, evaluate(*form.right), (*it)->at);
    }
    return value;
}

Value Binder::binary(ast::BinaryOp op, const Value& left, const Value& right, const expr::Span& at) {
    return at_place(source_, at, [&]() -> Value {
        const auto *a = left.as<Number>(), *b = right.as<Number>();
        if (a && b) return {apply(op, *a, *b), at};
        check_operands(left, right);
        auto x = to_array(left), y = to_array(right);
        if (op == ast::BinaryOp::power) check_exponent(x, right);
        return {apply(op, x, y), at};
    });
}

Value Binder::comparison(const ast::Comparison& form, const expr::Span& at) {
    auto left = evaluate(*form.operands[0]);
    std::optional<Value> all;
    for (std::size_t i = 0; i < form.ops.size(); ++i) {
        auto right = evaluate(*form.operands[i + 1]);
        auto pair = compare_pair(form.ops[i], left, right, at);
        all = all ? binary(ast::BinaryOp::logical_and, *all, pair, at) : std::move(pair);
        left = std::move(right);
    }
    return *all;
}

Value Binder::compare_pair(ast::CompareOp op, const Value& left, const Value& right, const expr::Span& at) {
    return at_place(source_, at, [&]() -> Value {
        const auto *a = left.as<Number>(), *b = right.as<Number>();
        if (a && b) return {Number(compare(op, *a, *b)), at};
        check_operands(left, right);
        return {compare(op, to_array(left), to_array(right)), at};
    });
}

}  // namespace heddle::array
