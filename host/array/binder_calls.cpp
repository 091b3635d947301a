#include <algorithm>

#include "heddle/functions.hpp"
#include "host/array/binder.hpp"
#include "host/array/node.hpp"
#include "host/base/nearest.hpp"

namespace heddle::array {

namespace ast = expr::ast;

namespace {

// A function of Python numbers gives a NumPy scalar, which is as strong as an array in promotions.
Array strong(const Array& a) { return a.node()->weak ? a.astype(a.dtype()) : a; }

struct Invoke {
    const Call& call;
    Value of(const Array& a) const { return {strong(a), call.place()}; }
    Value operator()(Unary f) const { return of(f(call.array(0))); }
    Value operator()(Binary f) const { return of(f(call.array(0), call.array(1))); }
    Value operator()(Ternary f) const { return of(f(call.array(0), call.array(1), call.array(2))); }
    Value operator()(Reduction1 f) const {
        return of(f(call.array(0), call.axes(1), call.flag(2) ? KeepDims::yes : KeepDims::no));
    }
    Value operator()(General f) const {
        auto result = f(call);
        if (const auto* array = result.as<Array>()) return of(*array);
        return result;
    }
};

Value extents(const Shape& shape, const expr::Span& at) {
    Values values;
    for (auto extent : shape) values.items.push_back({Number(Int128{extent}), at});
    return {std::move(values), at};
}

}  // namespace

bool Binder::is_module_prefix(const ast::Node& object) const {
    const auto* name = object.as<ast::Name>();
    if (!name || assigned_.count(name->name) > 0 || environment_.find(name->name)) return false;
    return name->name == "np" || name->name == "numpy" || name->name == "ne" || name->name == "math";
}

Value Binder::call(const ast::Call& form, const expr::Span& at) {
    if (const auto* name = form.callee->as<ast::Name>()) {
        if (const auto* function = find_function(name->name)) return call_function(*function, form, nullptr, at);
        if (const auto* constant = find_constant(name->name); constant && constant->as<DType>())
            return cast(*constant->as<DType>(), form, at);
        fail_function(name->name, at);
    }
    const auto& member = *form.callee->as<ast::Member>();
    if (is_module_prefix(*member.object))
        fail(member.object->at, {"there is no '" + member.object->as<ast::Name>()->name + ".' here",
                                 "functions need no prefix", "write " + member.name + "(...)"});
    const auto* function = find_function(member.name);
    if (!function || !function->method) fail_member(member.name, evaluate(*member.object), form.callee->at);
    return call_function(*function, form, member.object.get(), at);
}

Value Binder::call_function(const Function& function, const ast::Call& form, const ast::Node* object,
                            const expr::Span& at) {
    std::vector<Value> positional;
    if (object) positional.push_back(evaluate(*object));
    for (const auto& argument : form.arguments) positional.push_back(evaluate(*argument));
    std::vector<std::pair<expr::Span, Value>> keywords;
    std::vector<std::string> keyword_names;
    for (const auto& keyword : form.keywords) {
        keywords.emplace_back(keyword.at, evaluate(*keyword.value));
        keyword_names.push_back(keyword.name);
    }
    // x.transpose(1, 0) lists its axes without a tuple, x.reshape(2, 3) its extents.
    if ((function.name == "transpose" || (function.name == "reshape" && object)) && positional.size() > 2) {
        Values axes;
        axes.items.assign(positional.begin() + 1, positional.end());
        auto first = positional[1].at;
        positional.resize(1);
        positional.push_back({std::move(axes), first});
    }
    Call bound(function, source_, at);
    bound.set(std::move(positional), std::move(keywords), keyword_names);
    return at_place(source_, at, [&] { return std::visit(Invoke{bound}, function.implementation); });
}

Value Binder::cast(DType dtype, const ast::Call& form, const expr::Span& at) {
    bool complex_pair = is_complex(dtype) && form.arguments.size() == 2;
    if (!form.keywords.empty() || (form.arguments.size() != 1 && !complex_pair))
        fail(at, {std::string(name_of(dtype)) + "() takes one argument", "", "write it as float32(x)"});
    auto first = evaluate(*form.arguments[0]);
    auto second = complex_pair ? evaluate(*form.arguments[1]) : first;
    return at_place(source_, at, [&]() -> Value {
        auto x = to_array(first);
        if (complex_pair) x = x + to_array(second) * Array(std::complex<double>(0, 1));
        return {x.astype(dtype), at};
    });
}

Value Binder::member(const ast::Member& form, const expr::Span& at) {
    if (is_module_prefix(*form.object))
        fail(form.object->at, {"there is no '" + form.object->as<ast::Name>()->name + ".' here", "names need no prefix",
                               "write " + form.name});
    auto object = evaluate(*form.object);
    const auto& name = form.name;
    bool known = name == "real" || name == "imag" || name == "T" || name == "shape" || name == "size" ||
                 name == "ndim" || name == "dtype";
    if (!known) fail_member(name, object, at);
    return at_place(source_, at, [&]() -> Value {
        auto x = to_array(object);
        if (name == "real") return {strong(heddle::real(x)), at};
        if (name == "imag") return {strong(heddle::imag(x)), at};
        if (name == "T") return {x.transpose(), at};
        if (name == "shape") return extents(x.shape(), at);
        if (name == "size") return {Number(Int128{x.size()}), at};
        if (name == "ndim") return {Number(Int128{x.rank()}), at};
        return {x.dtype(), at};
    });
}

void Binder::fail_function(const std::string& name, const expr::Span& at) {
    auto known = function_names();
    auto near = nearest_name(name, known);
    bool is_name = assigned_.count(name) > 0 || environment_.find(name) != nullptr;
    if (is_name)
        fail(at, {"'" + name + "' is an array, not a function", "",
                  "write " + name + "[...] to take a part of it, or '*' to multiply"});
    fail(at, {"there is no function '" + name + "'", near.empty() ? "" : "did you mean '" + near + "'?",
              "docs/expressions.md lists all functions"});
}

void Binder::fail_member(const std::string& name, const Value& object, const expr::Span& at) {
    std::vector<std::string_view> known{"real", "imag", "T", "shape", "size", "ndim", "dtype"};
    for (const auto& function : functions())
        if (function.method) known.push_back(function.name);
    auto near = nearest_name(name, known);
    std::string remedy = find_function(name) ? "write " + name + "(x)"
                                             : "the attributes are real, imag, T, shape, size, ndim and dtype; an "
                                               "attribute of a dataset is raw@name";
    fail(at,
         {describe(object) + " has no '." + name + "'", near.empty() ? "" : "did you mean '." + near + "'?", remedy});
}

}  // namespace heddle::array
