#include <charconv>
#include <limits>
#include <string>
#include <utility>

#include "host/expr/lexer.hpp"

namespace heddle::expr {
namespace {

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

// from_chars reports "out of range" for both ends: whether the number is 1 or more decides which one it was.
bool is_large(std::string_view digits) {
    auto e = digits.find_first_of("eE");
    auto mantissa = digits.substr(0, e);
    auto point = std::min(mantissa.find('.'), mantissa.size());
    auto first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) return false;
    auto magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    if (e == std::string_view::npos) return magnitude > 0;
    auto exponent = digits.substr(e + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
    if (error != std::errc{}) return !exponent.starts_with('-');
    return magnitude + value > 0;
}

}  // namespace

// Digits of `base` with single underscores between them, up to what is no digit.
Token Lexer::integer(int base) {
    auto begin = at_;
    if (base != 10) at_ += 2;
    Token token{TokenKind::integer, begin, begin, 0, 0, {}};
    bool digit_before = base != 10;  // 0x_1 is Python too
    bool any = false;
    for (;; ++at_) {
        if (peek() == '_' && digit_before && digit_value(peek(1)) < base) {
            digit_before = false;
            continue;
        }
        auto value = static_cast<std::uint64_t>(digit_value(peek()));
        if (value >= static_cast<std::uint64_t>(base)) break;
        auto b = static_cast<std::uint64_t>(base);
        if (token.integer > (std::numeric_limits<std::uint64_t>::max() - value) / b)
            source_.fail(begin, {"the integer does not fit into 64 bits",
                                 "the largest one is " + std::to_string(std::numeric_limits<std::uint64_t>::max()),
                                 "write it as a float, such as 1e20"});
        token.integer = token.integer * b + value;
        digit_before = any = true;
    }
    if (!any)
        source_.fail(begin, {"a number without digits", "",
                             "write at least one digit after '" + std::string(text_.substr(begin, 2)) + "'"});
    token.end = at_;
    return token;
}

Token Lexer::number() {
    auto begin = at_;
    if (peek() == '0') {
        auto prefix = peek(1) | 0x20;
        int base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : prefix == 'b' ? 2 : 10;
        if (base != 10) {
            auto token = integer(base);
            check_number_end(token);
            return token;
        }
    }
    std::string digits;
    auto take_digits = [&] {
        bool any = false;
        for (;; ++at_) {
            if (peek() == '_' && any && text_[at_ - 1] != '_' && digit_value(peek(1)) < 10) continue;
            if (digit_value(peek()) >= 10) return;
            digits.push_back(peek());
            any = true;
        }
    };
    take_digits();
    bool is_float = false;
    if (peek() == '.' && !(peek(1) == '.' && peek(2) == '.')) {
        is_float = true;
        digits.push_back('.');
        ++at_;
        take_digits();
    }
    auto sign = peek(1) == '+' || peek(1) == '-' ? std::size_t{1} : std::size_t{0};
    if ((peek() | 0x20) == 'e' && digit_value(peek(1 + sign)) < 10) {
        is_float = true;
        digits.push_back('e');
        if (peek(1) == '-') digits.push_back('-');
        at_ += 1 + sign;
        take_digits();
    }
    bool imaginary = (peek() | 0x20) == 'j';
    if (!is_float && !imaginary) {
        if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos)
            source_.fail(begin, {"an integer may not begin with 0", "Python allows it for octal numbers only, as 0o17",
                                 "remove the leading zeros"});
        at_ = begin;
        auto token = integer(10);
        check_number_end(token);
        return token;
    }
    Token token{imaginary ? TokenKind::imaginary : TokenKind::floating, begin, at_, 0, 0, {}};
    auto result = std::from_chars(digits.data(), digits.data() + digits.size(), token.number);
    if (result.ec == std::errc::result_out_of_range) {
        if (is_large(digits))
            source_.fail({begin, at_, begin}, {"the number is too large for a float64",
                                               "the largest one is about 1.8e308", "write inf for infinity"});
        token.number = 0;
    }
    if (imaginary) ++at_;
    check_number_end(token);
    return token;
}

void Lexer::check_number_end(Token& token) {
    token.end = at_;
    auto [c, length] = code_point_at(text_, at_);
    if (length == 0 || !continues_name(c)) return;
    auto stop = at_;
    for (auto p = code_point_at(text_, stop); p.length > 0 && continues_name(p.value); p = code_point_at(text_, stop))
        stop += p.length;
    auto tail = std::string(text_.substr(at_, stop - at_));
    auto number = std::string(text_.substr(token.begin, at_ - token.begin));
    Span span{token.begin, stop, at_};
    if (tail[0] == '_') source_.fail(span, {"'_' must stand between two digits of a number", "", "remove it"});
    if (tail.find_first_not_of("fFlLuU") == std::string::npos)
        source_.fail(span, {"a number takes no suffix such as '" + tail + "'", "",
                            "write " + number + ", or float32(" + number + ") for a certain type"});
    source_.fail(span, {"'" + tail + "' follows the number " + number + " directly", "",
                        "write " + number + "*" + tail + " to multiply"});
}

}  // namespace heddle::expr
