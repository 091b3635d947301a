#include "host/array/bind.hpp"

#include <utility>

#include "heddle/error.hpp"
#include "heddle/expression.hpp"
#include "host/array/binder.hpp"
#include "host/expr/parser.hpp"

namespace heddle {
namespace array {

void Environment::add(const std::string& name, Array array, AttributeReader attribute) {
    if (!names_.emplace(name, BoundName{std::move(array), std::move(attribute)}).second)
        throw ArgumentError("the name '" + name + "' is given twice", "", "give each input a name of its own");
}

const BoundName* Environment::find(const std::string& name) const {
    auto it = names_.find(name);
    return it == names_.end() ? nullptr : &it->second;
}

std::vector<std::string_view> Environment::names() const {
    std::vector<std::string_view> all;
    for (const auto& [name, bound] : names_) all.push_back(name);
    return all;
}

std::vector<Binding> bind(const expr::ast::Module& module, const Environment& environment) {
    return Binder(module, environment).bindings();
}

}  // namespace array

std::vector<NamedArray> parse_expression(std::string_view text, std::span<const NamedArray> inputs) {
    array::Environment environment;
    for (const auto& input : inputs) environment.add(input.name, input.array);
    std::vector<NamedArray> out;
    for (auto& binding : array::bind(expr::parse(std::string(text)), environment))
        out.push_back({std::move(binding.name), std::move(binding.array)});
    return out;
}

}  // namespace heddle
