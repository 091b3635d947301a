#include "host/array/bind.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "heddle/expression.hpp"
#include "host/array/bind_registry.hpp"
#include "host/array/node.hpp"
#include "host/expr/parser.hpp"

namespace heddle::array {
namespace {

std::vector<NamedArray> inputs() {
    std::vector<double> d(12);
    std::vector<float> f(12);
    std::vector<std::uint8_t> u(12);
    std::vector<std::int32_t> n(12);
    std::vector<std::complex<float>> c(12);
    for (std::size_t i = 0; i < 12; ++i) {
        d[i] = static_cast<double>(i) / 7 - 0.5;
        f[i] = static_cast<float>(i);
        u[i] = static_cast<std::uint8_t>(21 * i);
        n[i] = static_cast<std::int32_t>(i) - 5;
        c[i] = {f[i], 1};
    }
    return {{"d", from_values(d, {3, 4})}, {"f", from_values(f, {3, 4})}, {"u", from_values(u, {3, 4})},
            {"n", from_values(n, {3, 4})}, {"c", from_values(c, {3, 4})}, {"two", Array(2)}};
}

Array last(const std::string& text) { return parse_expression(text, inputs()).back().array; }

// "float32 (3, 4)"
std::string type_of(const std::string& text) {
    auto array = last(text);
    return std::string(name_of(array.dtype())) + " " + to_string(array.shape());
}

// The number that an expression of numbers folds to, and whether it stays a Python number.
std::string folded(const std::string& text) {
    auto array = last(text);
    const auto* scalar = constant_of(*array.node());
    if (!scalar) return "no constant";
    return expr::to_string(*scalar) + (array.node()->weak ? "" : " " + std::string(name_of(array.dtype())));
}

TEST(Bind, FoldsNumbersAsPythonDoes) {
    EXPECT_EQ(folded("2 * 3 + 4"), "10");
    EXPECT_EQ(folded("1 / 2"), "0.5");
    EXPECT_EQ(folded("7 // 2"), "3");
    EXPECT_EQ(folded("-7 // 2"), "-4");
    EXPECT_EQ(folded("-7 % 3"), "2");
    EXPECT_EQ(folded("7 % -3"), "-2");
    EXPECT_EQ(folded("-7.5 // 2"), "-4.0");
    EXPECT_EQ(folded("-7.5 % 2"), "0.5");
    EXPECT_EQ(folded("10 ** -2"), "0.01");
    EXPECT_EQ(folded("2 ** 10"), "1024");
    EXPECT_EQ(folded("-2 ** 2"), "-4");
    EXPECT_EQ(folded("2 ** 63"), "9223372036854775808");
    EXPECT_EQ(folded("2 ** 100 // 2 ** 90"), "1024");
    EXPECT_EQ(folded("-2 ** 63"), "-9223372036854775808");
    EXPECT_EQ(folded("2 * pi"), "6.283185307179586");
    EXPECT_EQ(folded("1 << 10 | 3"), "1027");
    EXPECT_EQ(folded("-1 >> 1"), "-1");
    EXPECT_EQ(folded("True + True"), "2");
    EXPECT_EQ(folded("3 < 4 < 5"), "True bool");
    EXPECT_EQ(folded("3 < 5 < 4"), "False bool");
    EXPECT_EQ(folded("not 0"), "True bool");
    EXPECT_EQ(folded("0 or 5"), "5");
    EXPECT_EQ(folded("two ** two"), "4");
    EXPECT_EQ(folded("sqrt(4)"), "2.0 float64");
    EXPECT_EQ(folded("add(1, 2)"), "3 int64");
    EXPECT_EQ(folded("float32(2)"), "2.0 float32");
}

TEST(Bind, PromotesAsNumPyDoes) {
    EXPECT_EQ(type_of("u + 1"), "uint8 (3, 4)");
    EXPECT_EQ(type_of("u + 1.0"), "float64 (3, 4)");
    EXPECT_EQ(type_of("f * 2 * pi"), "float32 (3, 4)");
    EXPECT_EQ(type_of("f * sqrt(2)"), "float64 (3, 4)");
    EXPECT_EQ(type_of("f + 1j"), "complex64 (3, 4)");
    EXPECT_EQ(type_of("n / 2"), "float64 (3, 4)");
    EXPECT_EQ(type_of("n // 2"), "int32 (3, 4)");
    EXPECT_EQ(type_of("0 < d < 1"), "bool (3, 4)");
    EXPECT_EQ(type_of("not d and f or u"), "bool (3, 4)");
    EXPECT_EQ(type_of("where(d > 0, f, 0)"), "float32 (3, 4)");
    EXPECT_EQ(type_of("clip(u, 10, 100)"), "uint8 (3, 4)");
    EXPECT_EQ(type_of("fabs(n)"), "float64 (3, 4)");
    EXPECT_EQ(type_of("abs(c)"), "float32 (3, 4)");
    EXPECT_EQ(type_of("complex(d, f)"), "complex128 (3, 4)");
}

TEST(Bind, CallsFunctionsAndMethods) {
    EXPECT_EQ(type_of("mean(d, 0)"), "float64 (4,)");
    EXPECT_EQ(type_of("d.mean(axis=(0, 1), keepdims=True)"), "float64 (1, 1)");
    EXPECT_EQ(type_of("std(f, axis=-1, ddof=1)"), "float32 (3,)");
    EXPECT_EQ(type_of("sum(u)"), "uint64 ()");
    EXPECT_EQ(type_of("sum(u, dtype=uint8)"), "uint8 ()");
    EXPECT_EQ(type_of("u.sum(dtype='float32', axis=1)"), "float32 (3,)");
    EXPECT_EQ(type_of("argmax(d, axis=1)"), "int64 (3,)");
    EXPECT_EQ(type_of("d.astype(float32)"), "float32 (3, 4)");
    EXPECT_EQ(type_of("d.astype('<f4')"), "float32 (3, 4)");
    EXPECT_EQ(type_of("d.astype(f.dtype)"), "float32 (3, 4)");
    EXPECT_EQ(type_of("clip(u, max=10)"), "uint8 (3, 4)");
    EXPECT_EQ(type_of("clip(u, a_min=10)"), "uint8 (3, 4)");
    EXPECT_EQ(type_of("round(d, 2)"), "float64 (3, 4)");
    EXPECT_EQ(type_of("d.transpose(1, 0)"), "float64 (4, 3)");
    EXPECT_EQ(type_of("transpose(d, (1, 0)) + d.T"), "float64 (4, 3)");
    EXPECT_EQ(type_of("swapaxes(d[None], 0, 2)"), "float64 (4, 3, 1)");
    EXPECT_EQ(type_of("squeeze(d[None, :1])"), "float64 (4,)");
    EXPECT_EQ(type_of("expand_dims(d, -1)"), "float64 (3, 4, 1)");
    EXPECT_EQ(type_of("diff(u, axis=0)"), "uint8 (2, 4)");
    EXPECT_EQ(type_of("broadcast_to(d, (2, 3, 4))"), "float64 (2, 3, 4)");
}

TEST(Bind, JoinsAndMovesArrays) {
    EXPECT_EQ(type_of("concatenate((f, u))"), "float32 (6, 4)");
    EXPECT_EQ(type_of("concatenate([d, n[:, :1]], axis=-1)"), "float64 (3, 5)");
    EXPECT_EQ(type_of("concat((u, [[1, 2, 3, 4]]), axis=None)"), "int64 (16,)");
    EXPECT_EQ(type_of("stack((u, u), 2)"), "uint8 (3, 4, 2)");
    EXPECT_EQ(type_of("vstack((f, f[0]))"), "float32 (4, 4)");
    EXPECT_EQ(type_of("hstack((f, c))"), "complex64 (3, 8)");
    EXPECT_EQ(type_of("reshape(d, (-1, 2))"), "float64 (6, 2)");
    EXPECT_EQ(type_of("u.reshape(2, -1)"), "uint8 (2, 6)");
    EXPECT_EQ(type_of("u.reshape((2, 6)).ravel()"), "uint8 (12,)");
    EXPECT_EQ(type_of("moveaxis(d[None], (0, 1), (2, 0))"), "float64 (3, 4, 1)");
    EXPECT_EQ(type_of("roll(n, (1, -1), (0, 1))"), "int32 (3, 4)");
    EXPECT_EQ(type_of("pad(u, 1)"), "uint8 (5, 6)");
    EXPECT_EQ(type_of("pad(u, (1, 2), 'edge')"), "uint8 (6, 7)");
    EXPECT_EQ(type_of("pad(u, ((1, 2), (0, 5)), mode='wrap')"), "uint8 (6, 9)");
    EXPECT_EQ(type_of("tile(u, (2, 1, 2))"), "uint8 (2, 3, 8)");
    EXPECT_EQ(type_of("u.repeat(2, axis=0)"), "uint8 (6, 4)");
    EXPECT_EQ(type_of("repeat(u, [1, 0, 2], 0)"), "uint8 (3, 4)");
    EXPECT_EQ(type_of("downsample(u, (2, 3))"), "float64 (1, 1)");
    EXPECT_EQ(type_of("diff(u, 2)"), "uint8 (3, 2)");
    EXPECT_EQ(type_of("gradient(u, axis=0)"), "float64 (3, 4)");
    EXPECT_EQ(type_of("gradient(f, 0.5)[1]"), "float32 (3, 4)");
}

TEST(Bind, MakesArrays) {
    EXPECT_EQ(type_of("arange(5)"), "int64 (5,)");
    EXPECT_EQ(type_of("arange(0, 1, 0.25)"), "float64 (4,)");
    EXPECT_EQ(type_of("linspace(0, 1, 5, dtype=float32)"), "float32 (5,)");
    EXPECT_EQ(type_of("zeros((2, 3))"), "float64 (2, 3)");
    EXPECT_EQ(type_of("ones(4, uint8)"), "uint8 (4,)");
    EXPECT_EQ(type_of("full(d.shape, 1j)"), "complex128 (3, 4)");
    EXPECT_EQ(type_of("zeros_like(u)"), "uint8 (3, 4)");
    EXPECT_EQ(type_of("array([[1, 2, 3], [4, 5, 6]])"), "int64 (2, 3)");
    EXPECT_EQ(type_of("array([1, 2.5])"), "float64 (2,)");
    EXPECT_EQ(type_of("[True, False]"), "bool (2,)");
    EXPECT_EQ(type_of("[1, 2j] * d[:, :2]"), "complex128 (3, 2)");
    EXPECT_EQ(type_of("[2**63, 1]"), "uint64 (2,)");
}

TEST(Bind, SelectsAndSearches) {
    EXPECT_EQ(type_of("topk(f, 2)"), "float32 (3, 2)");
    EXPECT_EQ(type_of("argtopk(x=f, k=5, axis=None)"), "int64 (5,)");
    EXPECT_EQ(type_of("searchsorted(d[0], f, side='right')"), "int64 (3, 4)");
    EXPECT_EQ(type_of("d[0].searchsorted(3)"), "int64 ()");
    EXPECT_EQ(type_of("digitize(u, [1, 2.5], right=True)"), "int64 (3, 4)");
    EXPECT_EQ(type_of("take(c, [[0, 1]], axis=0)"), "complex64 (1, 2, 4)");
    EXPECT_EQ(type_of("u.take(argmax(u, 0), 0, mode='clip')"), "uint8 (4, 4)");
    EXPECT_EQ(type_of("take_along_axis(u, argsort(u))"), "uint8 (3, 4)");
    EXPECT_EQ(type_of("put(u, [1, -1], 3.5, mode='wrap')"), "uint8 (3, 4)");
    EXPECT_EQ(type_of("put_along_axis(u, [[0]], 1, axis=1)"), "uint8 (3, 4)");
    EXPECT_EQ(type_of("compress([0, 1], u, axis=-2)"), "uint8 (1, 4)");
    EXPECT_EQ(type_of("compress(n[0] > -4, u, axis=1)"), "uint8 (3, 2)");
    EXPECT_EQ(type_of("extract(n > 0, f)"), "float32 (6,)");
    EXPECT_EQ(type_of("f[n > 0]"), "float32 (6,)");
    EXPECT_EQ(type_of("f[n[:, 0] > -2, 0]"), "float32 (2,)");
    EXPECT_EQ(type_of("f[[[0, 1], [2, 0]], 1]"), "float32 (2, 2)");
    EXPECT_EQ(type_of("nonzero(n)[1]"), "int64 (11,)");
    EXPECT_EQ(type_of("n.nonzero()[-1]"), "int64 (11,)");
    EXPECT_EQ(type_of("flatnonzero(n > 3)"), "int64 (3,)");
    EXPECT_EQ(type_of("argwhere(n > 3)"), "int64 (3, 2)");
    EXPECT_EQ(type_of("unique(n // 2)"), "int32 (7,)");
    EXPECT_EQ(type_of("q = unique_counts(n // 2); q[0] * q[1]"), "int64 (7,)");
}

TEST(Bind, TakesParts) {
    EXPECT_EQ(type_of("d[0]"), "float64 (4,)");
    EXPECT_EQ(type_of("d[::2, None, ..., -1]"), "float64 (2, 1)");
    EXPECT_EQ(type_of("d[1, -1]"), "float64 ()");
    EXPECT_EQ(type_of("d[(1, -1)]"), "float64 ()");
    EXPECT_EQ(type_of("d[:, d.shape[0] - 1:]"), "float64 (3, 2)");
    EXPECT_EQ(type_of("d[::-1, newaxis]"), "float64 (3, 1, 4)");
    EXPECT_EQ(type_of("d[None:None:two]"), "float64 (2, 4)");
    EXPECT_EQ(folded("d.T.shape[0]"), "4");
    EXPECT_EQ(folded("d.size * d.ndim"), "24");
}

TEST(Bind, GivesStatementsInOrder) {
    auto bound = bind(expr::parse("a = d * 2; b = a + 1; c2 = b.sum(); h = histogram(d, 4, (0, 1))"), [] {
        Environment environment;
        for (const auto& input : inputs()) environment.add(input.name, input.array);
        return environment;
    }());
    std::vector<std::string> results;
    for (const auto& binding : bound) results.push_back(binding.name + (binding.result ? "!" : ""));
    EXPECT_EQ(results, (std::vector<std::string>{"a", "b", "c2!", "h!", "h_edges!"}));
    EXPECT_EQ(to_string(bound[3].array.shape()), "(4,)");
    EXPECT_EQ(to_string(bound[4].array.shape()), "(5,)");
    EXPECT_EQ(type_of("h = histogram(d); h[1]"), "float64 (11,)");
    EXPECT_EQ(type_of("t = float32; d.astype(t)"), "float32 (3, 4)");
    EXPECT_EQ(type_of("mean = mean(d, 0); mean(d - mean)"), "float64 ()");
}

TEST(Bind, CountsAndGroups) {
    EXPECT_EQ(type_of("bincount([1, 3, 1])"), "int64 (4,)");
    EXPECT_EQ(type_of("bincount([1, 3, 1], minlength=6)"), "int64 (6,)");
    EXPECT_EQ(type_of("bincount(n[1] + 1, f[1])"), "float64 (4,)");
    EXPECT_EQ(type_of("histogram(f, bins=[0, 1, 5])[0]"), "int64 (2,)");
    EXPECT_EQ(type_of("histogram(f, d[0])[1]"), "float64 (4,)");
    EXPECT_EQ(type_of("histogram(f, 3, (0, 1), weights=f)[0]"), "float32 (3,)");
    EXPECT_EQ(type_of("histogram(f, 3, density=True)[0]"), "float64 (3,)");
    EXPECT_EQ(type_of("histogram2d(f, d)[0]"), "int64 (10, 10)");
    EXPECT_EQ(type_of("histogram2d(f, d, (2, [0, 1, 2, 3]), ((0, 1), None), weights=n)[0]"), "float64 (2, 3)");
    EXPECT_EQ(type_of("histogram2d(f, d, [0, 1, 2, 3])[2]"), "float64 (4,)");
    EXPECT_EQ(type_of("group_sum(f, u, 5)"), "float32 (5,)");
    EXPECT_EQ(type_of("group_sum(u, [0, 1, 1], 5, axis=0)"), "uint64 (5, 4)");
    EXPECT_EQ(type_of("group_mean(u, u, groups=5, axis=-1)"), "float64 (3, 5)");
    EXPECT_EQ(type_of("group_max(c, u, 5)"), "complex64 (5,)");
    EXPECT_EQ(type_of("group_count(u, 5, axis=1)"), "int64 (3, 5)");
    EXPECT_EQ(type_of("segment_sum(u, [0, 3])"), "uint64 (1, 4)");
    EXPECT_EQ(type_of("segment_min(u, [0, 1, 4], axis=1)"), "uint8 (3, 2)");
    std::vector<std::string> names;
    for (const auto& result : parse_expression("h = histogram2d(f, d, 3)", inputs())) names.push_back(result.name);
    EXPECT_EQ(names, (std::vector<std::string>{"h", "h_xedges", "h_yedges"}));
}

TEST(Bind, AsksTheEnvironmentForAttributes) {
    Environment environment;
    environment.add("raw", full<float>({2}, 1.F), [](const std::string& name) -> Array {
        if (name == "gain") return full<float>({}, 2.F);
        if (name == "scale") return Array(0.5);
        throw IoError("no attribute '" + name + "'", "", "look at the file");
    });
    auto value = [&](const std::string& text) { return bind(expr::parse(text), environment).back().array; };
    EXPECT_EQ(value("raw * raw@gain").dtype(), DType::float32);
    EXPECT_EQ(value("raw * raw@'scale'").dtype(), DType::float32);
    try {
        value("raw + raw@offset");
        FAIL();
    } catch (const IoError& error) {
        EXPECT_EQ(std::string(error.what()),
                  "column 7: no attribute 'offset'; look at the file\n  raw + raw@offset\n        ^~~~~~~~~~");
    }
}

TEST(Bind, LongAndDeepTextsAreFine) {
    std::string sum = "d";
    for (int i = 0; i < 900; ++i) sum += " + d";
    EXPECT_EQ(type_of(sum), "float64 (3, 4)");
    std::string chain = "a0 = d";
    for (int i = 1; i < 3000; ++i) chain += "; a" + std::to_string(i) + " = a" + std::to_string(i - 1) + " + 1";
    EXPECT_THROW(parse_expression(chain, inputs()), ParseError);
}

TEST(FunctionTable, IsConsistent) {
    std::vector<std::string_view> seen;
    for (auto name : function_names()) {
        EXPECT_EQ(std::count(seen.begin(), seen.end(), name), 0) << name;
        seen.push_back(name);
        EXPECT_NE(find_function(name), nullptr);
    }
    for (const auto& function : functions()) {
        EXPECT_EQ(function.doc.back(), '.') << function.name;
        EXPECT_FALSE(function.parameters.empty()) << function.name;
    }
}

}  // namespace
}  // namespace heddle::array
