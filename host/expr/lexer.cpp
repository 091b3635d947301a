#include "host/expr/lexer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "host/expr/hints.hpp"

namespace heddle::expr {
namespace {

struct Spelling {
    std::string_view text;
    TokenKind kind;
};

// Longest first, so that the first match is the right one.
constexpr std::array<Spelling, 33> kPunctuators{{
    {"...", TokenKind::ellipsis},
    {"**", TokenKind::power},
    {"//", TokenKind::floor_slash},
    {"<<", TokenKind::shift_left},
    {">>", TokenKind::shift_right},
    {"<=", TokenKind::less_equal},
    {">=", TokenKind::greater_equal},
    {"==", TokenKind::equal},
    {"!=", TokenKind::not_equal},
    {"+", TokenKind::plus},
    {"-", TokenKind::minus},
    {"*", TokenKind::star},
    {"/", TokenKind::slash},
    {"%", TokenKind::percent},
    {"&", TokenKind::ampersand},
    {"|", TokenKind::pipe},
    {"^", TokenKind::hat},
    {"~", TokenKind::tilde},
    {"<", TokenKind::less},
    {">", TokenKind::greater},
    {"=", TokenKind::assign},
    {"(", TokenKind::open_paren},
    {")", TokenKind::close_paren},
    {"[", TokenKind::open_bracket},
    {"]", TokenKind::close_bracket},
    {",", TokenKind::comma},
    {":", TokenKind::colon},
    {".", TokenKind::dot},
    {"@", TokenKind::at},
    {";", TokenKind::separator},
    {"\n", TokenKind::separator},
    {"\r\n", TokenKind::separator},
    {"\r", TokenKind::separator},
}};

constexpr std::array<Spelling, 6> kWords{{
    {"and", TokenKind::word_and},
    {"or", TokenKind::word_or},
    {"not", TokenKind::word_not},
    {"True", TokenKind::word_true},
    {"False", TokenKind::word_false},
    {"None", TokenKind::word_none},
}};

bool in(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }
bool is_digit(char32_t c) { return in(c, U'0', U'9'); }

}  // namespace

bool starts_name(char32_t c) {
    if (c < 0x80) return in(c, U'a', U'z') || in(c, U'A', U'Z') || c == U'_';
    if (c == 0xD7 || c == 0xF7) return false;
    // Blocks of letters; the symbols, punctuation and full-width ASCII between them stay out.
    return c == 0xAA || c == 0xB5 || c == 0xBA || in(c, 0xC0, 0x24F) || in(c, 0x250, 0x2AF) || in(c, 0x370, 0x37D) ||
           in(c, 0x37F, 0x1FFF) || in(c, 0x2C00, 0x2DFF) || in(c, 0x3041, 0xD7FF) || in(c, 0xF900, 0xFDFF) ||
           in(c, 0x10000, 0x1EFFF) || in(c, 0x20000, 0x3FFFF);
}

bool continues_name(char32_t c) { return starts_name(c) || is_digit(c) || in(c, 0x300, 0x36F); }

Lexer::Lexer(const Source& source) : source_(source), text_(source.text()) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte order mark
}

char Lexer::peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

bool Lexer::skip_blanks() {
    for (; at_ < text_.size();) {
        char c = peek();
        if (c == ' ' || c == '\t' || c == '\f') {
            ++at_;
        } else if (c == '#') {
            at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
        } else if (c == '\\' && (peek(1) == '\n' || peek(1) == '\r')) {
            at_ += peek(1) == '\r' && peek(2) == '\n' ? 3 : 2;
        } else if (c == '\n' || c == '\r') {
            if (open_.empty()) return true;
            ++at_;
        } else {
            return false;
        }
    }
    return false;
}

Token Lexer::next() {
    skip_blanks();
    if (at_ == text_.size()) {
        if (!open_.empty()) {
            const auto& opener = open_.back();
            std::string bracket(1, text_[opener.begin]);
            source_.fail(opener.span(), {"'" + bracket + "' is never closed", "",
                                         std::string("add the missing '") + closing_of(bracket[0]) + "'"});
        }
        return {TokenKind::end, at_, at_, 0, 0, {}};
    }
    char c = peek();
    if (is_digit(static_cast<unsigned char>(c)) || (c == '.' && is_digit(static_cast<unsigned char>(peek(1)))))
        return number();
    if (c == '"' || c == '\'') return string_literal(c);
    if (starts_name(code_point_at(text_, at_).value)) return word();
    return punctuator();
}

Token Lexer::punctuator() {
    if (auto slip = slip_of_operator(text_.substr(at_)); slip.length > 0)
        source_.fail({at_, at_ + slip.length, at_}, slip.message);
    for (auto [text, kind] : kPunctuators) {
        if (!text_.substr(at_).starts_with(text)) continue;
        Token token{kind, at_, at_ + text.size(), 0, 0, {}};
        at_ = token.end;
        follow_brackets(token);
        return token;
    }
    fail_at_character();
}

void Lexer::follow_brackets(const Token& token) {
    if (token.kind == TokenKind::open_paren || token.kind == TokenKind::open_bracket) {
        open_.push_back(token);
        return;
    }
    if (token.kind != TokenKind::close_paren && token.kind != TokenKind::close_bracket) return;
    std::string found(1, text_[token.begin]);
    if (open_.empty())
        source_.fail(token.span(), {"'" + found + "' has no opening bracket", "", "remove it, or add the missing one"});
    auto opener = open_.back();
    auto wanted = closing_of(text_[opener.begin]);
    if (wanted != found[0])
        source_.fail(token.span(), {"'" + found + "' does not close the '" + text_[opener.begin] + "' at " +
                                        source_.where(opener.begin),
                                    "", std::string("write '") + wanted + "' here"});
    open_.pop_back();
}

Token Lexer::word() {
    auto begin = at_;
    for (;;) {
        auto [c, length] = code_point_at(text_, at_);
        if (length == 0 || !continues_name(c)) break;
        at_ += length;
    }
    auto text = text_.substr(begin, at_ - begin);
    auto kind = TokenKind::name;
    for (auto w : kWords)
        if (w.text == text) kind = w.kind;
    return {kind, begin, at_, 0, 0, std::string(text)};
}

Token Lexer::string_literal(char quote) {
    auto begin = at_++;
    std::string value;
    for (; peek() != quote; ++at_) {
        if (at_ >= text_.size() || peek() == '\n' || peek() == '\r')
            source_.fail(begin, {"the string is never closed", "a string ends on the line where it begins",
                                 std::string("add the missing ") + quote});
        if (peek() != '\\') {
            value.push_back(peek());
            continue;
        }
        ++at_;
        switch (peek()) {
            case 'n':
                value.push_back('\n');
                break;
            case 't':
                value.push_back('\t');
                break;
            case '\\':
            case '\'':
            case '"':
                value.push_back(peek());
                break;
            default:
                source_.fail(at_ - 1, {"unknown escape in a string", "",
                                       R"(use \n, \t, \\, \' or \"; a backslash itself is \\)"});
        }
    }
    ++at_;
    return {TokenKind::text, begin, at_, 0, 0, std::move(value)};
}

void Lexer::fail_at_character() {
    auto [c, length] = code_point_at(text_, at_);
    source_.fail({at_, at_ + length, at_}, slip_of_character(c, std::string(text_.substr(at_, length))));
}

}  // namespace heddle::expr
