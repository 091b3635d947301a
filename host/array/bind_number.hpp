#pragma once

#include <complex>
#include <string>
#include <string_view>
#include <variant>

#include "heddle/array.hpp"
#include "host/expr/ast.hpp"

namespace heddle::array {

__extension__ using Int128 = __int128;

// A Python number: what a literal is, and what operators on literals give. Integers stop at 128 bits here and at 64
// where they become arrays.
using Number = std::variant<bool, Int128, double, std::complex<double>>;

// Python's operators. ArgumentError where Python raises (a division by zero, an order of complex numbers, …) or an
// integer outgrows 128 bits.
Number apply(expr::ast::UnaryOp op, const Number& a);
Number apply(expr::ast::BinaryOp op, const Number& a, const Number& b);
bool compare(expr::ast::CompareOp op, const Number& a, const Number& b);
bool truth(const Number& a);

// A weak array of rank 0. ArgumentError for an integer of more than 64 bits.
Array to_array(const Number& number);
// "int", "float", …
std::string_view type_name(const Number& number);
std::string to_string(Int128 value);

}  // namespace heddle::array
