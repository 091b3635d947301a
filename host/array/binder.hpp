#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "host/array/bind.hpp"
#include "host/array/bind_call.hpp"
#include "host/array/bind_registry.hpp"

namespace heddle::array {

// Walks one module: binder.cpp has names and operators, binder_calls.cpp functions and members, binder_subscript.cpp
// subscripts.
class Binder {
public:
    Binder(const expr::ast::Module& module, const Environment& environment);
    std::vector<Binding> bindings();

private:
    struct Assigned {
        Value value;
        int depth;  // of the arrays it depends on
    };

    void add_result(std::vector<Binding>& out, const expr::ast::Statement& statement, const Value& value, bool result);

    Value evaluate(const expr::ast::Node& node);
    Value name(const std::string& name, const expr::Span& at);
    Value dataset_attribute(const expr::ast::DatasetAttribute& form, const expr::Span& at);
    Value sequence(const expr::ast::Sequence& form, const expr::Span& at);
    Value unary(const expr::ast::Unary& form, const expr::Span& at);
    Value binary_chain(const expr::ast::Node& node);
    Value binary(expr::ast::BinaryOp op, const Value& left, const Value& right, const expr::Span& at);
    Value comparison(const expr::ast::Comparison& form, const expr::Span& at);
    Value compare_pair(expr::ast::CompareOp op, const Value& left, const Value& right, const expr::Span& at);

    Value call(const expr::ast::Call& form, const expr::Span& at);
    Value call_function(const Function& function, const expr::ast::Call& form, const expr::ast::Node* object,
                        const expr::Span& at);
    Value cast(DType dtype, const expr::ast::Call& form, const expr::Span& at);
    Value member(const expr::ast::Member& form, const expr::Span& at);
    [[noreturn]] void fail_function(const std::string& name, const expr::Span& at);
    [[noreturn]] void fail_member(const std::string& name, const Value& object, const expr::Span& at);
    bool is_module_prefix(const expr::ast::Node& object) const;

    Value subscript(const expr::ast::Subscript& form, const expr::Span& at);
    Value element(const Values& values, const expr::ast::Subscript& form, const expr::Span& at);
    Index index(const expr::ast::Node& node);
    std::optional<std::int64_t> slice_part(const expr::ast::NodePtr& node);

    [[noreturn]] void fail(const expr::Span& at, expr::Message message) const { source_.fail(at, std::move(message)); }

    const expr::ast::Module& module_;
    const expr::Source& source_;
    const Environment& environment_;
    std::unordered_map<std::string, Assigned> assigned_;
    int depth_ = 0;  // of the names that the current statement uses
};

}  // namespace heddle::array
