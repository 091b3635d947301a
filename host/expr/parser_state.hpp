#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/expr/ast.hpp"
#include "host/expr/ast_children.hpp"
#include "host/expr/lexer.hpp"
#include "host/expr/parser.hpp"

namespace heddle::expr {

// Recursive descent with one token of look-ahead; parser.cpp has the statements and operators, parser_primary.cpp what
// stands between operators.
class Parser {
public:
    explicit Parser(std::shared_ptr<const Source> source);
    ast::Module module();

private:
    // Statements.
    ast::Statement statement(const ast::Statement* above);
    void check_new_name(const Token& name);
    void check_target(const ast::Node& target) const;
    void end_statement();

    // Operators, loosest first.
    ast::NodePtr expression();
    ast::NodePtr conjunction();
    ast::NodePtr inversion();
    ast::NodePtr comparison();
    ast::NodePtr arithmetic(int level);
    ast::NodePtr sign();
    ast::NodePtr power();

    // Values.
    ast::NodePtr postfix();
    ast::NodePtr primary();
    ast::NodePtr parenthesised();
    ast::NodePtr list();
    ast::NodePtr call(ast::NodePtr callee);
    void argument(ast::Call& call);
    ast::NodePtr member(ast::NodePtr object);
    ast::NodePtr dataset_attribute(ast::NodePtr object);
    ast::NodePtr subscript(ast::NodePtr object);
    ast::NodePtr subscript_item();
    std::vector<ast::NodePtr> items(TokenKind closing, const Token& opener, bool& trailing_comma);

    // Tokens.
    const Token& current() const { return current_; }
    bool at(TokenKind kind) const { return current_.kind == kind; }
    Token advance();
    bool accept(TokenKind kind);
    Token close(TokenKind closing, const Token& opener, const char* expected);
    std::string describe(const Token& token) const;
    std::string written(const Token& token) const;
    [[noreturn]] void fail(const Span& span, Message message) const { source_->fail(span, std::move(message)); }
    [[noreturn]] void fail_operand() const;
    [[noreturn]] void fail_after_value(const std::string& expected) const;

    template <class Form>
    ast::NodePtr make(Span span, Form form) const {
        ast::Node node{std::move(form), span, 1};
        int depth = 0;
        ast::for_each_child(node, [&](const ast::Node& child) { depth = std::max(depth, child.depth); });
        node.depth = depth + 1;
        if (node.depth > ast::kMaxTreeDepth) fail_too_deep(span);
        return std::make_unique<ast::Node>(std::move(node));
    }
    [[noreturn]] void fail_too_deep(const Span& span) const;

    // Counts what is inside one another while it lives.
    struct Nesting {
        explicit Nesting(Parser& parser);
        ~Nesting() { --parser.nesting_; }
        Nesting(const Nesting&) = delete;
        Nesting& operator=(const Nesting&) = delete;
        Parser& parser;
    };

    std::shared_ptr<const Source> source_;
    Lexer lexer_;
    Token current_, next_, previous_;
    std::unordered_map<std::string, std::size_t> assigned_;  // name → where
    int nesting_ = 0;
};

}  // namespace heddle::expr
