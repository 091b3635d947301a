#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heddle/error.hpp"
#include "heddle/expression.hpp"

namespace heddle {
namespace {

enum class Kind { parse, shape, dtype, argument };

struct Case {
    const char* text;
    int column;
    Kind kind;
    const char* part;  // of what()
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.text; }

Kind kind_of(const Error& error) {
    if (dynamic_cast<const ParseError*>(&error)) return Kind::parse;
    if (dynamic_cast<const ShapeError*>(&error)) return Kind::shape;
    if (dynamic_cast<const DTypeError*>(&error)) return Kind::dtype;
    EXPECT_NE(dynamic_cast<const ArgumentError*>(&error), nullptr);
    return Kind::argument;
}

class BindErrors : public testing::TestWithParam<Case> {};

TEST_P(BindErrors, KeepTheirTypeAndPointAtThePlace) {
    const auto& c = GetParam();
    const std::vector<double> values(12);
    const std::vector<NamedArray> inputs{{"d", from_values(values, {3, 4})},
                                         {"u", from_values(std::vector<std::uint8_t>(12), {3, 4})},
                                         {"key", from_values(std::vector<std::int64_t>(3), {3})}};
    try {
        parse_expression(c.text, inputs);
        FAIL() << "was accepted";
    } catch (const Error& error) {
        std::string what = error.what();
        EXPECT_EQ(what.rfind("column " + std::to_string(c.column) + ": ", 0), 0U) << what;
        const auto picture = "\n  " + std::string(c.text) + "\n";
        EXPECT_NE(what.find(picture), std::string::npos) << what;
        EXPECT_EQ(what.find(picture), what.rfind(picture)) << what;
        EXPECT_NE(what.find(c.part), std::string::npos) << what;
        EXPECT_EQ(kind_of(error), c.kind) << what;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Names, BindErrors,
    testing::Values(Case{"mean(raw)", 6, Kind::parse, "unknown name 'raw'; the inputs are d, key, u"},
                    Case{"1 + kay", 5, Kind::parse, "did you mean 'key'?"},
                    Case{"meen(d)", 1, Kind::parse, "did you mean 'mean'?"},
                    Case{"artcan2(d, u)", 1, Kind::parse, "did you mean 'arctan2'?"},
                    Case{"sin", 1, Kind::parse, "sin(x)"}, Case{"d(3)", 1, Kind::parse, "not a function"},
                    Case{"d = 2", 1, Kind::parse, "input already"},
                    Case{"y = t + 1; t = 2", 5, Kind::parse, "assigned: its assignment is at column 12"},
                    Case{"np.mean(d)", 1, Kind::parse, "mean(...)"}, Case{"np.pi + d", 1, Kind::parse, "write pi"},
                    Case{"d.maen()", 3, Kind::parse, "'.mean'"}, Case{"d.units", 3, Kind::parse, "raw@name"},
                    Case{"d.sqrt()", 3, Kind::parse, "sqrt(x)"}, Case{"d@gain", 1, Kind::parse, "no attributes"},
                    Case{"q@gain", 1, Kind::parse, "unknown name"},
                    Case{"h_edges = 1; h = histogram(d)", 1, Kind::parse, "twice"}));

INSTANTIATE_TEST_SUITE_P(
    Arguments, BindErrors,
    testing::Values(
        Case{"mean()", 1, Kind::parse, "mean(a, axis=None"}, Case{"log(d, 2)", 8, Kind::parse, "at most 1 argument:"},
        Case{"mean(d, axes=0)", 9, Kind::parse, "'axis'"}, Case{"mean(d, 0, axis=1)", 12, Kind::parse, "twice"},
        Case{"mean(d, axis=2)", 14, Kind::shape, "no axis 2"}, Case{"mean(d, (0, 5))", 13, Kind::shape, "no axis 5"},
        Case{"mean(d, axis=d)", 14, Kind::argument, "a tuple of axes"},
        Case{"max(d, u)", 8, Kind::argument, "maximum(a, b)"},
        Case{"sum(d, keepdims=d)", 17, Kind::argument, "True or False"},
        Case{"histogram(d, range=5)", 20, Kind::argument, "range=(low, high)"},
        Case{"histogram(d, bins=d)", 1, Kind::shape, "a row of at least two"},
        Case{"histogram(d, bins=None, range=(0, 1), weights=key)", 1, Kind::shape, "a weight for each value"},
        Case{"histogram(d, bins='auto')", 19, Kind::argument, "their edges"},
        Case{"histogram(d, density=d)", 22, Kind::argument, "True or False"},
        Case{"histogram2d(d, key)", 1, Kind::shape, "as many x as y"},
        Case{"histogram2d(d, d, (2, 'a'))", 19, Kind::argument, "their edges"},
        Case{"histogram2d(d, d, 2, (0, 1))", 22, Kind::argument, "two numbers"},
        Case{"histogram2d(d, d, 2, 1)", 22, Kind::argument, "two pairs"},
        Case{"bincount(d)", 1, Kind::dtype, "needs integers"}, Case{"bincount(u)", 1, Kind::shape, "a row of values"},
        Case{"1 + bincount(key - 1)", 5, Kind::argument, "the negative value -1"},
        Case{"bincount(key, u)", 1, Kind::shape, "a weight for each"},
        Case{"bincount(key, None, 1.5)", 21, Kind::argument, "whole number"},
        Case{"group_sum(d, u)", 1, Kind::parse, "the argument 'groups'"},
        Case{"group_sum(d, u, 3.5)", 17, Kind::argument, "whole number"},
        Case{"group_sum(d, u, 0)", 1, Kind::argument, "at least one group"},
        Case{"group_sum(d, u, 3, axis=2)", 25, Kind::shape, "no axis 2"},
        Case{"group_sum(d, u, 3, axis=(0, 1))", 25, Kind::argument, "one axis"},
        Case{"group_sum(d, key, 3, axis=1)", 1, Kind::shape, "3 labels for 4"},
        Case{"group_mean(d, d, 3)", 1, Kind::dtype, "needs integers"},
        Case{"segment_sum(d, u)", 1, Kind::shape, "must be a row"},
        Case{"segment_sum(d, [0.0, 3])", 1, Kind::dtype, "must be integers"},
        Case{"segment_sum(d, key, None)", 21, Kind::argument, "one axis"},
        Case{"histogram(d, 0)", 1, Kind::argument, "at least one bin"},
        Case{"linspace(0, 1, 'a')", 16, Kind::argument, "whole number"},
        Case{"zeros((2, -1))", 7, Kind::argument, "negative"},
        Case{"zeros((2**40, 2**40))", 7, Kind::argument, "2**60"}, Case{"arange(0, 1, 0)", 1, Kind::argument, "step"},
        Case{"d.astype('f5')", 10, Kind::dtype, "'f5'"}, Case{"d.astype(3)", 10, Kind::argument, "element type"},
        Case{"float32(d, u)", 1, Kind::parse, "one argument"}));

INSTANTIATE_TEST_SUITE_P(Joins, BindErrors,
                         testing::Values(Case{"concatenate(d)", 13, Kind::argument, "write concatenate((a, b))"},
                                         Case{"concatenate((d, key))", 1, Kind::shape, "(3, 4) and (3,)"},
                                         Case{"concatenate((1, 2))", 1, Kind::shape, "stack()"},
                                         Case{"reshape(d, (5, -1))", 1, Kind::shape, "12 elements"},
                                         Case{"pad(d, 'a')", 8, Kind::argument, "(before, after)"},
                                         Case{"pad(d, 1, mode='mean')", 16, Kind::argument, "'reflect'"},
                                         Case{"pad(d, -1)", 1, Kind::argument, "less than nothing"},
                                         Case{"roll(d, 0.5)", 9, Kind::argument, "whole number"},
                                         Case{"roll(d, (1, 2, 3), (0, 1))", 9, Kind::argument, "one for each axis"},
                                         Case{"downsample(d, 0)", 1, Kind::argument, "1 and more"},
                                         Case{"gradient(d, edge_order=2)", 24, Kind::argument, "must be 1"},
                                         Case{"gradient(d) + 1", 13, Kind::dtype, "stack((a, b))"}));

INSTANTIATE_TEST_SUITE_P(
    Values, BindErrors,
    testing::Values(Case{"d + key", 3, Kind::shape, "(3, 4) and (3,)"}, Case{"d & u", 3, Kind::dtype, "bitwise_and"},
                    Case{"u + 300", 3, Kind::argument, "300"}, Case{"u ** -1", 3, Kind::argument, "x ** -1.0"},
                    Case{"1 / 0", 3, Kind::argument, "division by zero"},
                    Case{"2 ** 200", 3, Kind::argument, "128 bits"}, Case{"d * 2 ** 64", 3, Kind::argument, "64 bits"},
                    Case{"1 << -1", 3, Kind::argument, "negative"}, Case{"1j < 2", 4, Kind::dtype, "complex"},
                    Case{"~1.5", 1, Kind::dtype, "'~'"}, Case{"d + None", 3, Kind::dtype, "None"},
                    Case{"d + 'a'", 3, Kind::dtype, "a string"}, Case{"(1, 2) + (3, 4)", 8, Kind::dtype, "tuple"},
                    Case{"y = float32", 5, Kind::dtype, "float32(x)"},
                    Case{"[[1, 2], [3]] + d", 15, Kind::shape, "length"},
                    Case{"histogram(d) * 2", 14, Kind::dtype, "[0] are the counts"}));

INSTANTIATE_TEST_SUITE_P(
    Selections, BindErrors,
    testing::Values(Case{"topk(d, 5)", 1, Kind::argument, "ask for 0 to 4"},
                    Case{"topk(d, d)", 9, Kind::argument, "known now"},
                    Case{"argtopk(d, 1, axis=2)", 20, Kind::shape, "no axis 2"},
                    Case{"searchsorted(d, 1)", 1, Kind::shape, "select one row"},
                    Case{"searchsorted(key, d, 'up')", 22, Kind::argument, "'left' or 'right'"},
                    Case{"digitize(1j, key)", 1, Kind::dtype, "complex"},
                    Case{"take(d, [0, 12])", 1, Kind::shape, "index 12 is out of range: it stands at position 1"},
                    Case{"take(d, 1.5)", 1, Kind::dtype, "whole numbers"},
                    Case{"take(d, 1, mode='rise')", 17, Kind::argument, "'raise', 'wrap' or 'clip'"},
                    Case{"take_along_axis(d, key, 0)", 1, Kind::shape, "as many dimensions"},
                    Case{"put(d, key == 1.0, 2, 3)", 23, Kind::argument, "'clip'"},
                    Case{"compress(d, d)", 1, Kind::shape, "one row"},
                    Case{"compress([0, 0, 0, 1], d, 0)", 1, Kind::shape, "position 3 of 3 elements"},
                    Case{"compress([1], d, 5)", 1, Kind::shape, "no axis 5"},
                    Case{"compress([1], d, 18)", 1, Kind::shape, "no axis 18"},
                    Case{"compress([1], d, 4294967296)", 1, Kind::shape, "no axis"},
                    Case{"pad(d, 9000000000000000000)", 1, Kind::argument, "2**60"},
                    Case{"pad(d, 10000000000, mode='wrap')", 1, Kind::argument, "64 bits"},
                    Case{"repeat(arange(2), (9000000000000000000, 1))", 1, Kind::argument, "2**28"},
                    Case{"extract(key > 0, d)", 1, Kind::shape, "does not fit"},
                    Case{"nonzero(1)", 1, Kind::shape, "one axis"}, Case{"unique_counts(d)", 1, Kind::dtype, "[0]"},
                    Case{"unique_counts(d)[2]", 17, Kind::argument, "2 elements"},
                    Case{"d[0, d > 1]", 2, Kind::shape, "first"}, Case{"d[u.T > 1]", 2, Kind::shape, "does not fit"}));

INSTANTIATE_TEST_SUITE_P(
    Subscripts, BindErrors,
    testing::Values(Case{"d[5]", 2, Kind::shape, "out of range"}, Case{"d[0, 0, 0]", 2, Kind::shape, "too many"},
                    Case{"d[1.5]", 3, Kind::argument, "a float"}, Case{"d['a']", 3, Kind::argument, "a string"},
                    Case{"d[::u]", 5, Kind::argument, "an array"}, Case{"d[::0]", 2, Kind::shape, "step"},
                    Case{"d[d]", 3, Kind::argument, "float64"}, Case{"d[key[:2] == 1]", 2, Kind::shape, "mask"},
                    Case{"d[[0, 7]]", 2, Kind::shape, "7"}, Case{"d[key, key]", 2, Kind::shape, "one axis"},
                    Case{"d[..., ...]", 2, Kind::shape, "one '...'"},
                    Case{"d.shape[7]", 8, Kind::argument, "2 elements"}));

}  // namespace
}  // namespace heddle
