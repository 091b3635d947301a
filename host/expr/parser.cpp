#include "host/expr/parser.hpp"

#include <algorithm>
#include <optional>

#include "host/expr/hints.hpp"
#include "host/expr/parser_state.hpp"

namespace heddle::expr {
namespace {

using ast::BinaryOp;
using ast::CompareOp;
using ast::NodePtr;

struct Operator {
    BinaryOp op;
    int level;
};

// The left-associative operators between comparison and sign, with Python's levels.
constexpr int kLowest = 1;
std::optional<Operator> arithmetic_operator(TokenKind kind) {
    switch (kind) {
        case TokenKind::pipe:
            return Operator{BinaryOp::bit_or, 1};
        case TokenKind::hat:
            return Operator{BinaryOp::bit_xor, 2};
        case TokenKind::ampersand:
            return Operator{BinaryOp::bit_and, 3};
        case TokenKind::shift_left:
            return Operator{BinaryOp::shift_left, 4};
        case TokenKind::shift_right:
            return Operator{BinaryOp::shift_right, 4};
        case TokenKind::plus:
            return Operator{BinaryOp::add, 5};
        case TokenKind::minus:
            return Operator{BinaryOp::subtract, 5};
        case TokenKind::star:
            return Operator{BinaryOp::multiply, 6};
        case TokenKind::slash:
            return Operator{BinaryOp::divide, 6};
        case TokenKind::floor_slash:
            return Operator{BinaryOp::floor_divide, 6};
        case TokenKind::percent:
            return Operator{BinaryOp::modulo, 6};
        default:
            return std::nullopt;
    }
}

std::optional<CompareOp> compare_operator(TokenKind kind) {
    switch (kind) {
        case TokenKind::less:
            return CompareOp::less;
        case TokenKind::less_equal:
            return CompareOp::less_equal;
        case TokenKind::greater:
            return CompareOp::greater;
        case TokenKind::greater_equal:
            return CompareOp::greater_equal;
        case TokenKind::equal:
            return CompareOp::equal;
        case TokenKind::not_equal:
            return CompareOp::not_equal;
        default:
            return std::nullopt;
    }
}

Span joined(const ast::Node& left, const ast::Node& right, const Token& mark) {
    return {left.at.begin, right.at.end, mark.begin};
}

}  // namespace

Parser::Parser(std::shared_ptr<const Source> source) : source_(std::move(source)), lexer_(*source_) {
    current_ = lexer_.next();
    next_ = current_.kind == TokenKind::end ? current_ : lexer_.next();
}

Parser::Nesting::Nesting(Parser& p) : parser(p) {
    if (++parser.nesting_ <= kMaxNesting) return;
    --parser.nesting_;  // the destructor of a failed constructor does not run
    parser.fail(parser.current().span(),
                {"the expression is nested too deeply",
                 "more than " + std::to_string(kMaxNesting) + " brackets, signs or powers are inside one another",
                 "give the inner parts names of their own: t = ...; y = f(t)"});
}

void Parser::fail_too_deep(const Span& span) const {
    fail(span, {"the expression is too long a chain",
                "more than " + std::to_string(ast::kMaxTreeDepth) + " operations follow one another",
                "give parts of it names of their own: t = a + b; y = t + c"});
}

ast::Module Parser::module() {
    ast::Module module{source_, {}};
    for (;;) {
        while (accept(TokenKind::separator)) {
        }
        if (at(TokenKind::end)) break;
        if (!module.statements.empty() && module.statements.back().name.empty())
            fail(module.statements.back().value->at,
                 {"this value is not used", "only the last statement may be an expression without a name",
                  "give it a name: name = expression"});
        module.statements.push_back(statement(module.statements.empty() ? nullptr : &module.statements.back()));
    }
    if (module.statements.empty()) fail(Span{}, {"the expression is empty", "", "write one such as: y = 2 * x"});
    return module;
}

ast::Statement Parser::statement(const ast::Statement* above) {
    ast::Statement result;
    auto first = current();
    if (at(TokenKind::name) && next_.kind == TokenKind::assign) {
        auto name = advance();
        check_new_name(name);
        advance();
        result.name = name.text;
        result.name_at = name.span();
    } else if (above && (at(TokenKind::plus) || at(TokenKind::minus))) {
        // Python would call this an unexpected indent; reading it as a statement would drop half of the sum.
        auto [line, column] = source_->place(first.begin);
        auto start = source_->place(above->name_at.begin);
        if (line > start.line && column > start.column)
            fail(first.span(), {"this line looks like the rest of the line above", "a statement ends with its line",
                                "put the whole expression in brackets, or end the line above with '\\'"});
    }
    result.value = expression();
    if (at(TokenKind::assign)) {
        if (result.name.empty()) check_target(*result.value);
        fail(current().span(), {"'=' inside an expression", "a statement assigns one name",
                                "write '==' to compare, or a statement of its own to assign"});
    }
    end_statement();
    return result;
}

void Parser::check_new_name(const Token& name) {
    if (auto slip = slip_of_word(name.text); !slip.problem.empty()) fail(name.span(), std::move(slip));
    auto [earlier, is_new] = assigned_.emplace(name.text, name.begin);
    if (is_new) return;
    fail(name.span(),
         {"'" + name.text + "' is assigned twice",
          "it was assigned at " + source_->where(earlier->second) + ", and arrays never change once they exist",
          "choose another name here"});
}

void Parser::check_target(const ast::Node& target) const {
    if (target.as<ast::Subscript>())
        fail(target.at, {"elements cannot be assigned", "arrays never change once they exist",
                         "choose between old and new values with where(condition, new, old)"});
    if (target.as<ast::Constant>())
        fail(target.at, {"'" + ast::print(target) + "' cannot be assigned", "it is a constant", "choose another name"});
}

void Parser::end_statement() {
    if (at(TokenKind::end) || accept(TokenKind::separator)) return;
    fail_after_value("an operator or the end of the statement");
}

NodePtr Parser::expression() {
    Nesting guard(*this);
    auto left = conjunction();
    while (at(TokenKind::word_or)) {
        auto op = advance();
        auto right = conjunction();
        auto span = joined(*left, *right, op);
        left = make(span, ast::Binary{BinaryOp::logical_or, std::move(left), std::move(right)});
    }
    return left;
}

NodePtr Parser::conjunction() {
    auto left = inversion();
    while (at(TokenKind::word_and)) {
        auto op = advance();
        auto right = inversion();
        auto span = joined(*left, *right, op);
        left = make(span, ast::Binary{BinaryOp::logical_and, std::move(left), std::move(right)});
    }
    return left;
}

NodePtr Parser::inversion() {
    if (!at(TokenKind::word_not)) return comparison();
    Nesting guard(*this);
    auto op = advance();
    auto operand = inversion();
    auto end = operand->at.end;
    return make(Span{op.begin, end, op.begin}, ast::Unary{ast::UnaryOp::logical_not, std::move(operand)});
}

NodePtr Parser::comparison() {
    auto first = arithmetic(kLowest);
    if (!compare_operator(current().kind)) return first;
    ast::Comparison form;
    auto begin = first->at.begin;
    auto mark = current().begin;
    form.operands.push_back(std::move(first));
    while (auto op = compare_operator(current().kind)) {
        advance();
        form.ops.push_back(*op);
        form.operands.push_back(arithmetic(kLowest));
    }
    auto end = form.operands.back()->at.end;
    return make(Span{begin, end, mark}, std::move(form));
}

NodePtr Parser::arithmetic(int level) {
    auto left = sign();
    for (;;) {
        auto found = arithmetic_operator(current().kind);
        if (!found || found->level < level) return left;
        auto op = advance();
        auto right = arithmetic(found->level + 1);
        auto span = joined(*left, *right, op);
        left = make(span, ast::Binary{found->op, std::move(left), std::move(right)});
    }
}

NodePtr Parser::sign() {
    ast::UnaryOp op;
    switch (current().kind) {
        case TokenKind::plus:
            op = ast::UnaryOp::positive;
            break;
        case TokenKind::minus:
            op = ast::UnaryOp::negative;
            break;
        case TokenKind::tilde:
            op = ast::UnaryOp::invert;
            break;
        default:
            return power();
    }
    Nesting guard(*this);
    auto token = advance();
    auto operand = sign();
    auto end = operand->at.end;
    return make(Span{token.begin, end, token.begin}, ast::Unary{op, std::move(operand)});
}

NodePtr Parser::power() {
    auto base = postfix();
    if (!at(TokenKind::power)) return base;
    Nesting guard(*this);
    auto op = advance();
    auto exponent = sign();
    auto span = joined(*base, *exponent, op);
    return make(span, ast::Binary{BinaryOp::power, std::move(base), std::move(exponent)});
}

ast::Module parse(std::string text, std::vector<Piece> pieces) {
    return Parser(std::make_shared<const Source>(std::move(text), std::move(pieces))).module();
}

}  // namespace heddle::expr
