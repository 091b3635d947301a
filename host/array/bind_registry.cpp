#include "host/array/bind_registry.hpp"

#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

namespace heddle::array {
namespace {

std::string trim(std::string_view text) {
    auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return "";
    return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

// The parts of `text` between the separators, those inside brackets not counted.
std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] == '(') ++depth;
        if (i < text.size() && text[i] == ')') --depth;
        if (i < text.size() && (text[i] != separator || depth > 0)) continue;
        if (auto part = trim(text.substr(begin, i - begin)); !part.empty()) parts.push_back(std::move(part));
        begin = i + 1;
    }
    return parts;
}

Function make_function(const FunctionRow& row, std::string_view group) {
    Function function;
    auto open = row.signature.find('(');
    function.name = row.signature.substr(0, open);
    function.doc = row.doc;
    function.group = group;
    function.aliases = split(row.aliases, ',');
    function.method = row.method;
    function.implementation = row.implementation;
    function.signature = function.name + "(";
    for (const auto& text : split(row.signature.substr(open + 1, row.signature.size() - open - 2), ',')) {
        auto equals = text.find('=');
        auto names = split(std::string_view(text).substr(0, equals), '|');
        Parameter parameter{names[0], {names.begin() + 1, names.end()}, ""};
        if (equals != std::string::npos) parameter.otherwise = text.substr(equals + 1);
        if (!function.parameters.empty()) function.signature += ", ";
        function.signature += parameter.name;
        if (equals != std::string::npos) function.signature += "=" + parameter.otherwise;
        function.parameters.push_back(std::move(parameter));
    }
    function.signature += ")";
    return function;
}

std::vector<Function> make_functions() {
    std::vector<Function> all;
    auto add = [&](std::string_view group, std::span<const FunctionRow> rows) {
        for (const auto& row : rows) all.push_back(make_function(row, group));
    };
    add("Arithmetic", arithmetic_rows());
    add("Exponentials and logarithms", exponential_rows());
    add("Trigonometry", trigonometric_rows());
    add("Rounding", rounding_rows());
    add("Comparison, logic and bits", comparison_rows());
    add("Complex numbers", complex_rows());
    add("Reductions", reduction_rows());
    add("Counting and grouping", group_rows());
    add("Order and running values", line_rows());
    add("Selection and search", selection_rows());
    add("Shape and type", shaping_rows());
    add("Joined and moved", joining_rows());
    add("New arrays", making_rows());
    return all;
}

std::unordered_map<std::string_view, const Function*> make_index() {
    std::unordered_map<std::string_view, const Function*> index;
    for (const auto& function : functions()) {
        index.emplace(function.name, &function);
        for (const auto& alias : function.aliases) index.emplace(alias, &function);
    }
    return index;
}

std::unordered_map<std::string_view, Value> make_constants() {
    constexpr double kInf = std::numeric_limits<double>::infinity();
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    std::unordered_map<std::string_view, Value> constants;
    constants["pi"] = {Number(3.141592653589793238), {}};
    constants["e"] = {Number(2.718281828459045235), {}};
    constants["inf"] = {Number(kInf), {}};
    constants["nan"] = {Number(kNan), {}};
    constants["newaxis"] = {NoneValue{}, {}};
    for (std::size_t i = 0; i < kDTypeCount; ++i) {
        auto dtype = static_cast<DType>(i);
        constants[name_of(dtype)] = {dtype, {}};
    }
    constants["int"] = {DType::int64, {}};
    constants["float"] = {DType::float64, {}};
    constants["complex"] = {DType::complex128, {}};
    return constants;
}

}  // namespace

const std::vector<Function>& functions() {
    static const auto all = make_functions();
    return all;
}

const Function* find_function(std::string_view name) {
    static const auto index = make_index();
    auto it = index.find(name);
    return it == index.end() ? nullptr : it->second;
}

std::vector<std::string_view> function_names() {
    std::vector<std::string_view> names;
    for (const auto& function : functions()) {
        names.push_back(function.name);
        names.insert(names.end(), function.aliases.begin(), function.aliases.end());
    }
    return names;
}

const Value* find_constant(std::string_view name) {
    static const auto constants = make_constants();
    auto it = constants.find(name);
    return it == constants.end() ? nullptr : &it->second;
}

std::string function_reference() {
    std::string text;
    std::string_view group;
    for (const auto& function : functions()) {
        if (function.group != group) {
            group = function.group;
            text +=
                (text.empty() ? "### " : "\n### ") + function.group + "\n\n| function | what it gives |\n|---|---|\n";
        }
        text += "| `" + function.signature + "` | " + function.doc;
        for (std::size_t i = 0; i < function.aliases.size(); ++i)
            text += (i == 0 ? " Also `" : ", `") + function.aliases[i] + "`";
        text += function.aliases.empty() ? " |\n" : ". |\n";
    }
    return text;
}

}  // namespace heddle::array
