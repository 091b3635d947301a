#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "heddle/reductions.hpp"
#include "host/array/bind_value.hpp"

namespace heddle::array {

class Call;

struct Parameter {
    std::string name;                  // "axis"
    std::vector<std::string> aliases;  // other names that the keyword may have
    std::string otherwise;             // the default as text; "" where an argument must be given
};

using Unary = Array (*)(const Array&);
using Binary = Array (*)(const Array&, const Array&);
using Ternary = Array (*)(const Array&, const Array&, const Array&);
using Reduction1 = Array (*)(const Array&, const Axes&, KeepDims);
using Spread1 = Array (*)(const Array&, const Axes&, KeepDims, Ddof);
using General = Value (*)(const Call&);
using Implementation = std::variant<Unary, Binary, Ternary, Reduction1, General>;

// A function of the language.
struct Function {
    std::string name;
    std::string signature;  // "mean(a, axis=None, dtype=None, keepdims=False)"
    std::string doc;        // one sentence
    std::string group;      // "Reductions"
    std::vector<std::string> aliases;
    bool method = false;  // x.name(...) is name(x, ...)
    std::vector<Parameter> parameters;
    Implementation implementation;
};

// One row of a table of functions. The signature is the name and the parameters, "mean(a|x, axis=None)": what follows
// '|' are further names of the parameter; aliases are "asin, …".
struct FunctionRow {
    std::string_view signature, aliases, doc;
    Implementation implementation;
    bool method = false;
};

// All functions, group by group, in the order of the documentation.
const std::vector<Function>& functions();
// The function of this name or alias, or null.
const Function* find_function(std::string_view name);
// The names and aliases.
std::vector<std::string_view> function_names();
// The names pi, e, inf, nan, newaxis and the element types; null for every other name.
const Value* find_constant(std::string_view name);
// The functions as the Markdown table of docs/expressions.md.
std::string function_reference();

// The tables behind functions().
std::span<const FunctionRow> arithmetic_rows();
std::span<const FunctionRow> exponential_rows();
std::span<const FunctionRow> trigonometric_rows();
std::span<const FunctionRow> rounding_rows();
std::span<const FunctionRow> comparison_rows();
std::span<const FunctionRow> complex_rows();
std::span<const FunctionRow> reduction_rows();
std::span<const FunctionRow> group_rows();
std::span<const FunctionRow> line_rows();
std::span<const FunctionRow> selection_rows();
std::span<const FunctionRow> shaping_rows();
std::span<const FunctionRow> joining_rows();
std::span<const FunctionRow> making_rows();

}  // namespace heddle::array
