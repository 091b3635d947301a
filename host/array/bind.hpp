#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heddle/array.hpp"
#include "host/expr/ast.hpp"

namespace heddle::array {

// Finds an attribute of the dataset that a name is bound to; throws IoError when there is none.
using AttributeReader = std::function<Array(const std::string& attribute)>;

struct BoundName {
    Array array;
    AttributeReader attribute;  // null: the name is not bound to a dataset
};

// The names that a text may use.
class Environment {
public:
    // Throws ArgumentError for a second array of the same name.
    void add(const std::string& name, Array array, AttributeReader attribute = nullptr);
    const BoundName* find(const std::string& name) const;
    std::vector<std::string_view> names() const;

private:
    std::unordered_map<std::string, BoundName> names_;
};

struct Binding {
    std::string name;  // "" for a last expression without a name
    Array array;
    bool result;  // no later statement uses the name
};

// The lazy arrays of a module's statements, in order. A statement that yields a histogram gives more bindings:
// NAME (the counts) and NAME_edges, or "" and result_edges; of pairs, NAME_xedges and NAME_yedges. Throws ParseError
// for names, functions and arguments that do not exist, and ShapeError, DTypeError, ArgumentError or IoError from the
// arrays, with the place in the text added. Any thread.
std::vector<Binding> bind(const expr::ast::Module& module, const Environment& environment);

// Arrays that a text describes may depend on one another this deep.
inline constexpr int kMaxDependencyDepth = 2000;

}  // namespace heddle::array
