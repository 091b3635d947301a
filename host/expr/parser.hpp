#pragma once

#include <string>

#include "host/expr/ast.hpp"

namespace heddle::expr {

// Brackets, signs and powers inside one another: at most this many.
inline constexpr int kMaxNesting = 200;

// Reads statements `name = expression`, separated by ';' or newlines, the last of which may be an expression alone,
// with Python's grammar and precedence (docs/expressions.md). Throws ParseError, which points at the first mistake.
// `pieces` say where the statements of a composed text come from. Any thread; never blocks.
ast::Module parse(std::string text, std::vector<Piece> pieces = {});

}  // namespace heddle::expr
