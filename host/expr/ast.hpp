#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/expr/source.hpp"

// The parsed form of an expression text: what was written, before names, types and shapes are known.
namespace heddle::expr::ast {

struct Node;
using NodePtr = std::unique_ptr<Node>;

enum class UnaryOp : std::uint8_t { positive, negative, invert, logical_not };
enum class BinaryOp : std::uint8_t {
    logical_or,
    logical_and,
    bit_or,
    bit_xor,
    bit_and,
    shift_left,
    shift_right,
    add,
    subtract,
    multiply,
    divide,
    floor_divide,
    modulo,
    power,
};
enum class CompareOp : std::uint8_t { less, less_equal, greater, greater_equal, equal, not_equal };
enum class Constant : std::uint8_t { true_, false_, none, ellipsis };
enum class Brackets : std::uint8_t { tuple, list };

struct Integer {
    std::uint64_t value;
};
struct Floating {
    double value;
};
struct Imaginary {
    double value;
};
struct Text {
    std::string value;
};
struct Name {
    std::string name;
};
// raw@gain: the attribute of the dataset that a name is bound to.
struct DatasetAttribute {
    std::string dataset, attribute;
};
struct Unary {
    UnaryOp op;
    NodePtr operand;
};
struct Binary {
    BinaryOp op;
    NodePtr left, right;
};
// a < b <= c: operands a, b, c and ops <, <=.
struct Comparison {
    std::vector<NodePtr> operands;
    std::vector<CompareOp> ops;
};
struct Keyword {
    std::string name;
    Span at;  // of the name
    NodePtr value;
};
// f(x, axis=0), and x.f(axis=0) with a Member as its callee.
struct Call {
    NodePtr callee;
    std::vector<NodePtr> arguments;
    std::vector<Keyword> keywords;
};
// x.real
struct Member {
    NodePtr object;
    std::string name;
};
// x[1, 2:3]; x[(1, 2)] has the same two items, as in Python.
struct Subscript {
    NodePtr object;
    std::vector<NodePtr> items;
};
// start:stop:step inside a subscript; each part may be null.
struct Slice {
    NodePtr start, stop, step;
};
struct Sequence {
    Brackets brackets;
    std::vector<NodePtr> items;
};

struct Node {
    std::variant<Integer, Floating, Imaginary, Text, Constant, Name, DatasetAttribute, Unary, Binary, Comparison, Call,
                 Member, Subscript, Slice, Sequence>
        form;
    Span at;
    int depth = 1;  // of the tree below, this node included: at most kMaxTreeDepth

    template <class Form>
    const Form* as() const {
        return std::get_if<Form>(&form);
    }
};

// `name = value`, or a value alone (empty name), which only the last statement may be.
struct Statement {
    std::string name;
    Span name_at;
    NodePtr value;
};

struct Module {
    std::shared_ptr<const Source> source;
    std::vector<Statement> statements;
};

// Recursion over a tree is safe: nothing is deeper than this.
inline constexpr int kMaxTreeDepth = 1000;

// A name as the text uses it.
struct NameUse {
    std::string name;
    Span at;
};
// Every name that is used before the module assigns it (its inputs, and constants such as pi), once each, in order of
// first use; names of called functions are not among them.
std::vector<NameUse> free_names(const Module& module);
// For each statement, whether no later statement uses its name: these are the module's results.
std::vector<bool> results(const Module& module);

// The text of a tree: parse(print(m)) == m.
std::string print(const Node& node);
std::string print(const Module& module);
std::string_view spelling(UnaryOp op);
std::string_view spelling(BinaryOp op);
std::string_view spelling(CompareOp op);

// Equal in everything but the positions.
bool operator==(const Node& a, const Node& b);
bool operator==(const Module& a, const Module& b);

}  // namespace heddle::expr::ast
