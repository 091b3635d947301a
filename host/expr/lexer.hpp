#pragma once

#include <cstddef>
#include <vector>

#include "host/expr/source.hpp"
#include "host/expr/token.hpp"

namespace heddle::expr {

// Cuts a source into Python's tokens, one call at a time. Newlines inside brackets, comments and continued lines
// (a backslash at the end) are skipped. Keeps a reference to the source.
class Lexer {
public:
    explicit Lexer(const Source& source);
    // The next token; `end` for ever after the last. Throws ParseError.
    Token next();

private:
    Token punctuator();
    Token word();
    Token string_literal(char quote);
    Token number();                       // lexer_number.cpp
    Token integer(int base);              // lexer_number.cpp
    void check_number_end(Token& token);  // lexer_number.cpp

    bool skip_blanks();  // true when it stands before a newline that counts
    void follow_brackets(const Token& token);
    [[noreturn]] void fail_at_character();
    char peek(std::size_t ahead = 0) const;

    const Source& source_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Token> open_;  // the brackets that wait for their closing ones
};

// Whether a character may start, or go on, a name: ASCII letters, '_', letters of other scripts, digits inside.
bool starts_name(char32_t c);
bool continues_name(char32_t c);

}  // namespace heddle::expr
