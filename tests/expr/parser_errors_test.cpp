#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heddle/error.hpp"
#include "host/expr/parser.hpp"

namespace heddle::expr {
namespace {

struct Case {
    const char* text;
    int line, column;
    const char* problem;  // a part of problem()
    const char* remedy;   // a part of remedy()
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.text; }

class ParserErrors : public testing::TestWithParam<Case> {};

TEST_P(ParserErrors, PointAtThePlaceAndSayWhatToDo) {
    const auto& c = GetParam();
    try {
        parse(c.text);
        FAIL() << "was accepted";
    } catch (const ParseError& error) {
        EXPECT_EQ(error.line(), c.line) << error.what();
        EXPECT_EQ(error.column(), c.column) << error.what();
        EXPECT_NE(error.problem().find(c.problem), std::string::npos) << error.what();
        EXPECT_NE(error.remedy().find(c.remedy), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find('^'), std::string::npos) << error.what();
    }
}

INSTANTIATE_TEST_SUITE_P(
    Operators, ParserErrors,
    testing::Values(Case{"a && b", 1, 3, "no operator '&&'", "'and'"}, Case{"a || b", 1, 3, "no operator '||'", "'or'"},
                    Case{"!a", 1, 1, "no operator '!'", "'not'"}, Case{"a <> b", 1, 3, "'<>'", "'!='"},
                    Case{"x += 2", 1, 3, "'+='", "new name"}, Case{"a === b", 1, 3, "'==='", "'=='"},
                    Case{"x > 1 ? 2 : 3", 1, 7, "'?'", "where("}, Case{"f((a := 2))", 1, 6, "':='", "own"},
                    Case{"a + * b", 1, 5, "expected a value after '+', found '*'", "write a number"},
                    Case{"x +", 1, 4, "found the end of the text", "write a number"},
                    Case{"y = x +\nz", 1, 8, "found the end of the line", "brackets"},
                    Case{"y = x\n  + z", 2, 3, "rest of the line above", "brackets"},
                    Case{"a == not b", 1, 6, "found 'not'", "(not x)"},
                    Case{"a b", 1, 3, "expected an operator", "'*'"}, Case{"* a", 1, 1, "found '*'", "begin"}));

INSTANTIATE_TEST_SUITE_P(Brackets, ParserErrors,
                         testing::Values(Case{"(a + b", 1, 1, "'(' is never closed", "')'"},
                                         Case{"f(x[1, 2)", 1, 9, "does not close the '['", "']'"},
                                         Case{"a + b)", 1, 6, "no opening bracket", "remove"},
                                         Case{"y = (a + b\nz = 3", 1, 5, "'(' is not closed", "')'"},
                                         Case{"f(a b)", 1, 5, "expected ',' or ')'", "'*'"},
                                         Case{"x[]", 1, 3, "expected an index", "x[0]"},
                                         Case{"(a:b)", 1, 3, "found ':'", "x[1:5]"}, Case{"{a}", 1, 1, "'{'", "( )"}));

INSTANTIATE_TEST_SUITE_P(Words, ParserErrors,
                         testing::Values(Case{"a if c else b", 1, 3, "'if'", "where(condition, a, b)"},
                                         Case{"x in y", 1, 3, "'in'", "=="},
                                         Case{"lambda x: x", 1, 1, "'lambda'", "whole arrays"},
                                         Case{"import numpy", 1, 1, "'import'", "remove"},
                                         Case{"for = 2", 1, 1, "'for'", "loops"}));

INSTANTIATE_TEST_SUITE_P(
    Statements, ParserErrors,
    testing::Values(Case{"a = 1; a = 2", 1, 8, "assigned twice", "another name"},
                    Case{"a = b = 3", 1, 7, "'=' inside", "'=='"}, Case{"x[0] = 2", 1, 2, "elements", "where("},
                    Case{"True = 1", 1, 1, "cannot be assigned", "another name"},
                    Case{"a\nb", 1, 1, "not used", "name ="}, Case{"a, b", 1, 2, "found ','", "one statement"},
                    Case{"", 1, 1, "empty", "y = 2 * x"}, Case{" # nothing\n", 1, 1, "empty", "y = 2 * x"},
                    Case{"y =", 1, 4, "after '='", "write a number"}));

INSTANTIATE_TEST_SUITE_P(Calls, ParserErrors,
                         testing::Values(Case{"f(a=1, 2)", 1, 8, "positional argument follows 'a='", "forward"},
                                         Case{"f(a=1, a=2)", 1, 8, "given twice", "remove"},
                                         Case{"f(*a)", 1, 3, "unpack", "one by one"},
                                         Case{"f(a+1=2)", 1, 6, "'=' follows", "'=='"},
                                         Case{"2(x)", 1, 2, "cannot be called", "'*'"},
                                         Case{"x.", 1, 3, "expected a name after '.'", ".real"},
                                         Case{"raw@", 1, 5, "attribute's name", "raw@name"},
                                         Case{"(a+b)@c", 1, 6, "'@' must follow", "matrices"}));

INSTANTIATE_TEST_SUITE_P(
    Characters, ParserErrors,
    testing::Values(Case{"a − b", 1, 3, "minus", "'-'"}, Case{"“x”", 1, 1, "quote", "\""},
                    Case{"λλλ² + 1", 1, 4, "superscript", "x**2"}, Case{"a × b", 1, 3, "multiplication", "'*'"},
                    Case{"a ≤ b", 1, 3, "operator", "'<='"}, Case{"（a)", 1, 1, "full-width", "'('"},
                    Case{"a\u00a0+ b", 1, 2, "no-break space", "plain space"}, Case{"$x", 1, 1, "'$'", "remove"},
                    Case{"a \\ b", 1, 3, "last character", "remove"}, Case{"a\x01", 1, 2, "0x01", "remove"},
                    Case{"'abc", 1, 1, "never closed", "'"}, Case{R"('a\qb')", 1, 3, "escape", "\\n"}));

INSTANTIATE_TEST_SUITE_P(Numbers, ParserErrors,
                         testing::Values(Case{"2x", 1, 2, "follows the number", "2*x"},
                                         Case{"1.5f", 1, 4, "suffix", "float32(1.5)"},
                                         Case{"007", 1, 1, "begin with 0", "zeros"},
                                         Case{"0x", 1, 1, "without digits", "digit"},
                                         Case{"1__0", 1, 2, "'_'", "remove"}, Case{"1e999", 1, 1, "too large", "inf"},
                                         Case{"18446744073709551616", 1, 1, "64 bits", "float"}));

TEST(ParserErrors, ShowTheLineWithACaret) {
    try {
        parse("a = 1\nb = µ +\t* 2  # why");
        FAIL();
    } catch (const ParseError& error) {
        EXPECT_STREQ(error.what(),
                     "line 2, column 9: expected a value after '+', found '*'; write a number, a name, a call such as "
                     "log(x), or an expression in brackets\n  b = µ + * 2  # why\n          ^");
    }
}

TEST(ParserErrors, CutALongLineAroundTheCaret) {
    std::string sum = "x";
    for (int i = 0; i < 200; ++i) sum += " + x";
    try {
        parse(sum + " + )" + sum);
        FAIL();
    } catch (const ParseError& error) {
        std::string what = error.what();
        auto picture = what.substr(what.find('\n') + 1);
        auto line = picture.substr(0, picture.find('\n'));
        EXPECT_LT(line.size(), 115U);
        // The ellipsis in front is three bytes but one column.
        EXPECT_EQ(line.at(picture.substr(picture.find('\n') + 1).find('^') + 2), ')');
    }
}

TEST(ParserErrors, RefuseWhatIsNotUtf8) {
    for (std::string text : {"a\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a + \x80"})
        EXPECT_THROW(parse(text), ParseError) << text;
}

}  // namespace
}  // namespace heddle::expr
