#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/expr/source.hpp"

namespace heddle::expr {

enum class TokenKind : std::uint8_t {
    end,
    separator,  // a newline outside brackets, or ';'
    name,
    integer,
    floating,
    imaginary,
    text,
    word_and,
    word_or,
    word_not,
    word_true,
    word_false,
    word_none,
    plus,
    minus,
    star,
    slash,
    floor_slash,
    percent,
    power,
    ampersand,
    pipe,
    hat,
    tilde,
    shift_left,
    shift_right,
    less,
    less_equal,
    greater,
    greater_equal,
    equal,
    not_equal,
    assign,
    open_paren,
    close_paren,
    open_bracket,
    close_bracket,
    comma,
    colon,
    dot,
    ellipsis,
    at,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::size_t begin = 0, end = 0;  // bytes of the source
    std::uint64_t integer = 0;       // integer
    double number = 0;               // floating, imaginary
    std::string text;                // name, text (unescaped)

    Span span() const { return {begin, end, begin}; }
};

}  // namespace heddle::expr
