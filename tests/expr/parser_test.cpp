#include "host/expr/parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heddle/error.hpp"

namespace heddle::expr {
namespace {

// The structure, with a pair of brackets around every operation.
std::string grouped(const ast::Node& node) {
    if (const auto* unary = node.as<ast::Unary>())
        return "(" + std::string(spelling(unary->op)) + grouped(*unary->operand) + ")";
    if (const auto* binary = node.as<ast::Binary>())
        return "(" + grouped(*binary->left) + std::string(spelling(binary->op)) + grouped(*binary->right) + ")";
    if (const auto* comparison = node.as<ast::Comparison>()) {
        auto text = "(" + grouped(*comparison->operands[0]);
        for (std::size_t i = 0; i < comparison->ops.size(); ++i)
            text += std::string(spelling(comparison->ops[i])) + grouped(*comparison->operands[i + 1]);
        return text + ")";
    }
    return print(node);
}

std::string grouped(const std::string& text) { return grouped(*parse(text).statements.back().value); }

template <class Form>
Form only(const std::string& text) {
    auto module = parse(text);
    return std::move(std::get<Form>(module.statements.at(0).value->form));
}

TEST(Parser, BindsAsPythonDoes) {
    EXPECT_EQ(grouped("a or b and not c == d"), "(aor(band(not(c==d))))");
    EXPECT_EQ(grouped("a or b or c"), "((aorb)orc)");
    EXPECT_EQ(grouped("a | b ^ c & d << e + f * g"), "(a|(b^(c&(d<<(e+(f*g))))))");
    EXPECT_EQ(grouped("a * b + c << d & e ^ f | g"), "((((((a*b)+c)<<d)&e)^f)|g)");
    EXPECT_EQ(grouped("a - b - c"), "((a-b)-c)");
    EXPECT_EQ(grouped("a / b * c // d % e"), "((((a/b)*c)//d)%e)");
    EXPECT_EQ(grouped("2 ** 3 ** 4"), "(2**(3**4))");
    EXPECT_EQ(grouped("-a ** -b ** c"), "(-(a**(-(b**c))))");
    EXPECT_EQ(grouped("-a * b"), "((-a)*b)");
    EXPECT_EQ(grouped("a < b < c | d"), "(a<b<(c|d))");
    EXPECT_EQ(grouped("a > 1 & b < 2"), "(a>(1&b)<2)");
    EXPECT_EQ(grouped("not not a"), "(not(nota))");
    EXPECT_EQ(grouped("- -~+a"), "(-(-(~(+a))))");
    EXPECT_EQ(grouped("-x[0] ** 2"), "(-(x[0]**2))");
    EXPECT_EQ(grouped("(a + b) * c"), "((a+b)*c)");
}

TEST(Parser, ReadsNumbersAsPythonDoes) {
    EXPECT_EQ(only<ast::Integer>("1_000_000").value, 1000000U);
    EXPECT_EQ(only<ast::Integer>("0xFf").value, 255U);
    EXPECT_EQ(only<ast::Integer>("0o17").value, 15U);
    EXPECT_EQ(only<ast::Integer>("0B1_01").value, 5U);
    EXPECT_EQ(only<ast::Integer>("000").value, 0U);
    EXPECT_EQ(only<ast::Integer>("18446744073709551615").value, ~std::uint64_t{0});
    EXPECT_EQ(only<ast::Floating>("1.").value, 1.0);
    EXPECT_EQ(only<ast::Floating>(".5").value, 0.5);
    EXPECT_EQ(only<ast::Floating>("1_0.2_5e-1").value, 1.025);
    EXPECT_EQ(only<ast::Floating>("1e+3").value, 1000.0);
    EXPECT_EQ(only<ast::Floating>("01.5").value, 1.5);
    EXPECT_EQ(only<ast::Floating>("0.1").value, 0.1);
    EXPECT_EQ(only<ast::Floating>("5e-324").value, 5e-324);
    EXPECT_EQ(only<ast::Floating>("1e-999").value, 0.0);
    EXPECT_EQ(only<ast::Imaginary>("2j").value, 2.0);
    EXPECT_EQ(only<ast::Imaginary>("08.5e1J").value, 85.0);
}

TEST(Parser, ReadsStringsAndConstants) {
    EXPECT_EQ(only<ast::Text>(R"('it\'s')").value, "it's");
    EXPECT_EQ(only<ast::Text>(R"("a\\b\n\t")").value, "a\\b\n\t");
    EXPECT_EQ(only<ast::Constant>("None"), ast::Constant::none);
    EXPECT_EQ(only<ast::Constant>("True"), ast::Constant::true_);
}

TEST(Parser, ReadsSubscripts) {
    auto subscript = only<ast::Subscript>("x[::2, None, ..., -1, a == 1, [0, 2], 1:]");
    ASSERT_EQ(subscript.items.size(), 7U);
    const auto* slice = subscript.items[0]->as<ast::Slice>();
    ASSERT_NE(slice, nullptr);
    EXPECT_EQ(slice->start, nullptr);
    EXPECT_EQ(slice->stop, nullptr);
    ASSERT_NE(slice->step, nullptr);
    EXPECT_EQ(*subscript.items[1]->as<ast::Constant>(), ast::Constant::none);
    EXPECT_EQ(*subscript.items[2]->as<ast::Constant>(), ast::Constant::ellipsis);
    EXPECT_NE(subscript.items[4]->as<ast::Comparison>(), nullptr);
    EXPECT_EQ(only<ast::Subscript>("x[(1, 2)]").items.size(), 2U);
    EXPECT_EQ(only<ast::Subscript>("x[(1, 2),]").items.size(), 1U);
    EXPECT_EQ(only<ast::Subscript>("x[()]").items.size(), 0U);
}

TEST(Parser, ReadsCallsMembersAndAttributes) {
    auto call = only<ast::Call>("f(x, (0, 1), axis=(0, 1), keepdims=True,)");
    EXPECT_EQ(call.arguments.size(), 2U);
    ASSERT_EQ(call.keywords.size(), 2U);
    EXPECT_EQ(call.keywords[1].name, "keepdims");
    EXPECT_NE(only<ast::Call>("x.T.mean(axis=0)").callee->as<ast::Member>(), nullptr);
    EXPECT_EQ(only<ast::DatasetAttribute>("raw@gain").attribute, "gain");
    EXPECT_EQ(only<ast::DatasetAttribute>("raw@\"long name\"").attribute, "long name");
    EXPECT_EQ(only<ast::DatasetAttribute>("raw@in").attribute, "in");
    EXPECT_EQ(grouped("-raw@gain ** 2"), "(-(raw@'gain'**2))");
}

TEST(Parser, SeparatesStatements) {
    auto module = parse("# comment\n\na = (1 +\n  2) # more\r\nb = a \\\n + 1; c = [b,\n a];;\n a + b\n");
    ASSERT_EQ(module.statements.size(), 4U);
    EXPECT_EQ(module.statements[2].name, "c");
    EXPECT_EQ(module.statements[3].name, "");
    EXPECT_EQ(print(module), "a = 1 + 2\nb = a + 1\nc = [b, a]\na + b\n");
    EXPECT_EQ(parse("\xEF\xBB\xBFλ2 = µ").statements[0].name, "λ2");
}

TEST(Parser, KnowsInputsAndResults) {
    auto module = parse("t = raw - mean(dark, 0); mean = t / t.std(); s = raw@gain * pi; mean + s");
    std::vector<std::string> names;
    for (const auto& use : free_names(module)) names.push_back(use.name);
    EXPECT_EQ(names, (std::vector<std::string>{"raw", "dark", "pi"}));
    EXPECT_EQ(results(module), (std::vector<bool>{false, false, false, true}));
    EXPECT_EQ(results(parse("a = 1; b = a; c = 2")), (std::vector<bool>{false, true, true}));
}

TEST(Parser, NodesKnowTheirPlace) {
    auto module = parse("y = 1 +\\\n mean(x[0], axis=2)");
    const auto& sum = *module.statements[0].value;
    EXPECT_EQ(module.source->where(sum.at.mark), "line 1, column 7");
    const auto& call = *sum.as<ast::Binary>()->right;
    EXPECT_EQ(module.source->where(call.at.mark), "line 2, column 2");
    EXPECT_EQ(call.at.end - call.at.begin, std::string("mean(x[0], axis=2)").size());
    EXPECT_EQ(module.source->where(call.as<ast::Call>()->keywords[0].at.mark), "line 2, column 13");
}

TEST(Parser, PrintedTextReadsBackTheSame) {
    for (const char* text :
         {"mu = -log((raw - mean(dark,0)) / (mean(flat,0) - mean(dark,0)))", "x[::2, None, ..., -1:, (1,2), [0]]",
          "(-2) ** (-2) ** x", "-2 ** -2", "(a ** b) ** c", "not (a and not b) or (c or d)", "(a < b) < (c == d)",
          "a - (b - c) - (d + e)", "~(a | b) & (c ^ d) << (e >> f)", "(1).real + 1.5e300.imag", "(x + y).T[0]",
          "raw@'it\\'s \\\\ \\n' * 2", "((1,), (), [], [[1, 2], [3]])", "x[()] + x[(1,),] + x[1,]"}) {
        SCOPED_TRACE(text);
        auto module = parse(text);
        EXPECT_TRUE(parse(print(module)) == module) << print(module);
    }
}

TEST(Parser, DeepAndLongTextsAreRefusedNotFatal) {
    auto refused = [](const std::string& text) { EXPECT_THROW(parse(text), ParseError); };
    EXPECT_NO_THROW(parse(std::string(150, '(') + "x" + std::string(150, ')')));
    EXPECT_NO_THROW(parse(std::string(150, '-') + "x"));
    refused(std::string(100000, '(') + "x" + std::string(100000, ')'));
    refused(std::string(100000, '[') + std::string(100000, ']'));
    refused(std::string(100000, '-') + "x");
    std::string nots, powers, sum = "x", calls = "x", subscripts = "x";
    for (int i = 0; i < 20000; ++i) {
        nots += "not ";
        powers += "x**";
        sum += "+x";
        calls += ".f()";
        subscripts += "[0]";
    }
    for (const auto& text : {nots + "x", powers + "x", sum, calls, subscripts}) refused(text);
    refused("x" + std::string(kMaxSourceBytes, ' '));
}

}  // namespace
}  // namespace heddle::expr
