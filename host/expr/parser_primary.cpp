#include <algorithm>

#include "host/expr/hints.hpp"
#include "host/expr/parser_state.hpp"

namespace heddle::expr {

using ast::NodePtr;

NodePtr Parser::postfix() {
    auto value = primary();
    for (;;) {
        switch (current().kind) {
            case TokenKind::open_paren:
                value = call(std::move(value));
                break;
            case TokenKind::open_bracket:
                value = subscript(std::move(value));
                break;
            case TokenKind::dot:
                value = member(std::move(value));
                break;
            case TokenKind::at:
                value = dataset_attribute(std::move(value));
                break;
            default:
                return value;
        }
    }
}

NodePtr Parser::primary() {
    auto span = current().span();
    switch (current().kind) {
        case TokenKind::integer:
            return make(span, ast::Integer{advance().integer});
        case TokenKind::floating:
            return make(span, ast::Floating{advance().number});
        case TokenKind::imaginary:
            return make(span, ast::Imaginary{advance().number});
        case TokenKind::text:
            return make(span, ast::Text{advance().text});
        case TokenKind::word_true:
            advance();
            return make(span, ast::Constant::true_);
        case TokenKind::word_false:
            advance();
            return make(span, ast::Constant::false_);
        case TokenKind::word_none:
            advance();
            return make(span, ast::Constant::none);
        case TokenKind::ellipsis:
            advance();
            return make(span, ast::Constant::ellipsis);
        case TokenKind::open_paren:
            return parenthesised();
        case TokenKind::open_bracket:
            return list();
        case TokenKind::name:
            if (auto slip = slip_of_word(current().text); !slip.problem.empty()) fail(span, std::move(slip));
            return make(span, ast::Name{advance().text});
        default:
            fail_operand();
    }
}

std::vector<NodePtr> Parser::items(TokenKind closing, const Token& opener, bool& trailing_comma) {
    std::vector<NodePtr> values;
    trailing_comma = false;
    while (!at(closing)) {
        values.push_back(expression());
        trailing_comma = accept(TokenKind::comma);
        if (!trailing_comma) break;
    }
    close(closing, opener, closing == TokenKind::close_paren ? "',' or ')'" : "',' or ']'");
    return values;
}

NodePtr Parser::parenthesised() {
    auto opener = advance();
    bool trailing_comma = false;
    auto values = items(TokenKind::close_paren, opener, trailing_comma);
    if (values.size() == 1 && !trailing_comma) return std::move(values[0]);
    return make(Span{opener.begin, previous_.end, opener.begin},
                ast::Sequence{ast::Brackets::tuple, std::move(values)});
}

NodePtr Parser::list() {
    auto opener = advance();
    bool trailing_comma = false;
    auto values = items(TokenKind::close_bracket, opener, trailing_comma);
    return make(Span{opener.begin, previous_.end, opener.begin}, ast::Sequence{ast::Brackets::list, std::move(values)});
}

NodePtr Parser::call(NodePtr callee) {
    if (!callee->as<ast::Name>() && !callee->as<ast::Member>())
        fail(current().span(),
             {"this value cannot be called", "only functions such as log(x) and methods can", "write '*' to multiply"});
    auto opener = advance();
    ast::Call form;
    while (!at(TokenKind::close_paren)) {
        argument(form);
        if (!accept(TokenKind::comma)) break;
    }
    close(TokenKind::close_paren, opener, "',' or ')'");
    Span span{callee->at.begin, previous_.end, callee->at.mark};
    form.callee = std::move(callee);
    return make(span, std::move(form));
}

void Parser::argument(ast::Call& call) {
    if (at(TokenKind::star) || at(TokenKind::power))
        fail(current().span(), {"'" + written(current()) + "' cannot unpack arguments", "", "write them one by one"});
    if (!(at(TokenKind::name) && next_.kind == TokenKind::assign)) {
        if (!call.keywords.empty())
            fail(current().span(), {"a positional argument follows '" + call.keywords.back().name + "='",
                                    "arguments without a name come first", "move it forward, or give it its name"});
        call.arguments.push_back(expression());
        if (at(TokenKind::assign))
            fail(current().span(),
                 {"'=' follows an expression", "only a plain name can name an argument", "write '==' to compare"});
        return;
    }
    auto name = advance();
    advance();
    for (const auto& earlier : call.keywords)
        if (earlier.name == name.text)
            fail(name.span(), {"the argument '" + name.text + "' is given twice", "", "remove one of them"});
    auto span = name.span();
    call.keywords.push_back({std::move(name.text), span, expression()});
}

NodePtr Parser::member(NodePtr object) {
    advance();
    if (current().text.empty() || at(TokenKind::text))
        fail(current().span(), {"expected a name after '.', found " + describe(current()), "",
                                "write an attribute such as .real, or a method such as .mean(axis=0)"});
    auto name = advance();
    Span span{object->at.begin, name.end, name.begin};
    return make(span, ast::Member{std::move(object), std::move(name.text)});
}

NodePtr Parser::dataset_attribute(NodePtr object) {
    auto sign = advance();
    const auto* name = object->as<ast::Name>();
    if (!name)
        fail(sign.span(), {"'@' must follow the name of a dataset", "raw@gain is the attribute 'gain' of raw",
                           "bind the dataset to a name first; '@' does not multiply matrices"});
    // A keyword is an attribute's name too; an empty string is none.
    if (current().text.empty())
        fail(current().span(), {"expected an attribute's name after '@', found " + describe(current()), "",
                                "write " + name->name + "@name or " + name->name + "@\"a longer name\""});
    auto attribute = advance();
    Span span{object->at.begin, attribute.end, object->at.begin};
    return make(span, ast::DatasetAttribute{name->name, std::move(attribute.text)});
}

NodePtr Parser::subscript(NodePtr object) {
    auto opener = advance();
    if (at(TokenKind::close_bracket))
        fail(current().span(), {"expected an index, found ']'", "", "write one such as x[0], x[:, 1] or x[..., -1]"});
    std::vector<NodePtr> values;
    bool comma = false;
    while (!at(TokenKind::close_bracket)) {
        values.push_back(subscript_item());
        comma = accept(TokenKind::comma);
        if (!comma) break;
    }
    close(TokenKind::close_bracket, opener, "',', ':' or ']'");
    Span span{object->at.begin, previous_.end, opener.begin};
    if (values.size() == 1 && !comma) {
        // x[(1, 2)] is x[1, 2].
        auto* tuple = std::get_if<ast::Sequence>(&values[0]->form);
        if (tuple && tuple->brackets == ast::Brackets::tuple) {
            auto inner = std::move(tuple->items);
            values = std::move(inner);
        }
    }
    return make(span, ast::Subscript{std::move(object), std::move(values)});
}

NodePtr Parser::subscript_item() {
    auto begin = current().begin;
    auto part = [&]() -> NodePtr {
        if (at(TokenKind::colon) || at(TokenKind::comma) || at(TokenKind::close_bracket)) return nullptr;
        return expression();
    };
    auto start = part();
    if (!at(TokenKind::colon)) {
        if (!start) fail_operand();
        return start;
    }
    auto colon = advance();
    auto stop = part();
    auto step = accept(TokenKind::colon) ? part() : nullptr;
    return make(Span{begin, previous_.end, start ? colon.begin : begin},
                ast::Slice{std::move(start), std::move(stop), std::move(step)});
}

}  // namespace heddle::expr
