#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "host/expr/source.hpp"

namespace heddle::expr {

// What people write by habit of another language or editor, and what it is called here.

struct Slip {
    std::size_t length = 0;  // 0: no slip
    Message message;
};
// An operator of another language at the start of `text`: "&&", "||", "!", "+=", ":=", "<>", …
Slip slip_of_operator(std::string_view text);
// The message for a character that no token starts with; `shown` is the character.
Message slip_of_character(char32_t c, const std::string& shown);
// The message for a word of Python's that this language does not have ("if", "lambda", "in", …); an empty problem
// for every other word.
Message slip_of_word(std::string_view word);

constexpr char closing_of(char bracket) { return bracket == '(' ? ')' : ']'; }

}  // namespace heddle::expr
