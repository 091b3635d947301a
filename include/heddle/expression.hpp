#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "heddle/array.hpp"

namespace heddle {

// The arrays that a text describes, lazily: one for each statement, in order; a last expression alone has the name "".
// The language is docs/expressions.md: Python's operators and NumPy's functions, `name = expression` separated by ';'
// or newlines. `inputs` are the names that the text may use; a C++ number among them acts as a Python number.
// Throws ParseError for what the text gets wrong by itself, and ShapeError, DTypeError or ArgumentError where its
// arrays do not fit; all show the line with a caret. Any thread; a selection by a mask reads that mask here.
HEDDLE_API std::vector<NamedArray> parse_expression(std::string_view text, std::span<const NamedArray> inputs = {});

}  // namespace heddle
