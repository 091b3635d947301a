#include <algorithm>
#include <string>

#include "host/expr/hints.hpp"
#include "host/expr/parser_state.hpp"

namespace heddle::expr {

Token Parser::advance() {
    previous_ = std::move(current_);
    current_ = std::move(next_);
    next_ = current_.kind == TokenKind::end ? current_ : lexer_.next();
    return previous_;
}

bool Parser::accept(TokenKind kind) {
    if (!at(kind)) return false;
    advance();
    return true;
}

std::string Parser::written(const Token& token) const {
    return std::string(source_->text().substr(token.begin, token.end - token.begin));
}

std::string Parser::describe(const Token& token) const {
    if (token.kind == TokenKind::end) return "the end of the text";
    if (token.kind == TokenKind::separator && source_->text()[token.begin] != ';') return "the end of the line";
    auto text = written(token);
    // A long string literal would push the rest of the message out of sight.
    if (text.size() > 40) return token.kind == TokenKind::text ? "a string" : "a long token";
    return "'" + text + "'";
}

Token Parser::close(TokenKind closing, const Token& opener, const char* expected) {
    if (at(closing)) return advance();
    bool new_line = source_->place(current().begin).line > source_->place(previous_.end).line;
    bool fresh = at(TokenKind::end) || at(TokenKind::separator) || at(TokenKind::assign) ||
                 (new_line && next_.kind == TokenKind::assign);
    if (fresh) {
        std::string bracket = written(opener);
        fail(opener.span(), {"'" + bracket + "' is not closed",
                             "found " + describe(current()) + " before its '" + closing_of(bracket[0]) + "'",
                             std::string("add the missing '") + closing_of(bracket[0]) + "'"});
    }
    fail_after_value(expected);
}

void Parser::fail_operand() const {
    auto found = describe(current());
    std::string after;
    bool starts = previous_.begin == previous_.end || previous_.kind == TokenKind::separator;
    if (!starts) after = " after " + describe(previous_);
    std::string remedy = "write a number, a name, a call such as log(x), or an expression in brackets";
    if (at(TokenKind::separator) && source_->text()[current().begin] != ';')
        remedy = "put the whole expression in brackets, or end the line with '\\', to go on with the next line";
    else if (starts && current().kind != TokenKind::close_paren && current().kind != TokenKind::close_bracket)
        remedy = "a line cannot begin with it; put an expression of several lines in brackets";
    else if (at(TokenKind::word_not))
        remedy = "put brackets around it: (not x)";
    fail(current().span(), {"expected a value" + after + ", found " + found, "", remedy});
}

void Parser::fail_after_value(const std::string& expected) const {
    const auto& token = current();
    if (token.kind == TokenKind::name)
        if (auto slip = slip_of_word(token.text); !slip.problem.empty()) fail(token.span(), std::move(slip));
    std::string remedy = "check what stands before it";
    switch (token.kind) {
        case TokenKind::name:
        case TokenKind::integer:
        case TokenKind::floating:
        case TokenKind::imaginary:
            remedy = "write '*' between them to multiply";
            break;
        case TokenKind::comma:
            remedy = "one statement for each result: a = ...; b = ...";
            break;
        case TokenKind::colon:
            remedy = "ranges go into square brackets: x[1:5]";
            break;
        case TokenKind::assign:
            remedy = "write '==' to compare";
            break;
        case TokenKind::word_not:
            remedy = "write 'and not', 'or not', or '!=' for unequal";
            break;
        case TokenKind::tilde:
            remedy = "write '& ~x' to combine with a negation";
            break;
        case TokenKind::text:
            remedy = "put an operator between them, or remove the string";
            break;
        default:
            break;
    }
    fail(token.span(), {"expected " + expected + ", found " + describe(token), "", remedy});
}

}  // namespace heddle::expr
