#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "heddle/error.hpp"
#include "heddle/heddle.hpp"

namespace heddle::test {
namespace {

template <class T>
T between(std::vector<T> line, double q) {
    std::sort(line.begin(), line.end());
    const double position = static_cast<double>(line.size() - 1) * q;
    const auto i = static_cast<std::size_t>(position);
    const T t = static_cast<T>(position - std::floor(position));
    if (t == 0) return line[i];
    const T difference = line[i + 1] - line[i];
    return t < T(0.5) ? line[i] + difference * t : line[i + 1] - difference * (T(1) - t);
}

template <class T>
void expect_quantiles(Engine& engine, std::int64_t n) {
    std::vector<T> data(static_cast<std::size_t>(4 * n * 3));
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<T>(i * 7919 % 10007) / T(3) - T(1000);
    const Array a = from_values(data, {4, n, 3});
    for (const double q : {0.0, 0.1, 0.25, 1.0 / 3, 0.5, 0.9, 0.999, 1.0}) {
        EXPECT_EQ(values<T>(engine, quantile(a, q)), (std::vector<T>{between(data, q)})) << q;
        const auto got = values<T>(engine, quantile(a, q, 1));
        for (std::size_t l = 0; l < 12; ++l) {
            std::vector<T> line;
            for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
                line.push_back(data[(l / 3 * static_cast<std::size_t>(n) + i) * 3 + l % 3]);
            EXPECT_EQ(got[l], between(line, q)) << q << " of line " << l;
        }
    }
}

TEST(Quantiles, LieBetweenNeighboursInProportion) {
    Engine engine(EngineOptions{.threads = 2});
    for (const std::int64_t n : {1, 2, 3, 10, 101}) {
        expect_quantiles<float>(engine, n);
        expect_quantiles<double>(engine, n);
    }
}

TEST(Quantiles, HaveTheTypesAndShapesOfNumPy) {
    Engine engine(EngineOptions{.threads = 2});
    const Array n = from_values(std::vector<std::int32_t>{5, 1, 4, 2, 3, 6}, {2, 3});
    EXPECT_EQ(median(n).dtype(), DType::float64);
    EXPECT_EQ(values<double>(engine, median(n)), (std::vector<double>{3.5}));
    EXPECT_EQ(values<double>(engine, quantile(n, 0.25, 1)), (std::vector<double>{2.5, 2.5}));
    EXPECT_EQ(values<double>(engine, median(n > 3)), (std::vector<double>{0.5}));
    EXPECT_EQ(median(n.astype(DType::float32)).dtype(), DType::float32);
    EXPECT_EQ(quantile(n.astype(DType::float16), 0.3).dtype(), DType::float16);
    EXPECT_EQ(median(n, 0).shape(), (Shape{3}));
    EXPECT_EQ(median(n, -1, KeepDims::yes).shape(), (Shape{2, 1}));
    EXPECT_EQ(quantile(n, 0.3, {}, KeepDims::yes).shape(), (Shape{1, 1}));
    EXPECT_EQ(values<double>(engine, quantile(n, 0.5, 0, KeepDims::yes)), (std::vector<double>{3.5, 2, 5}));
    EXPECT_EQ(quantile(n, 0.3, 0, KeepDims::yes).shape(), (Shape{1, 3}));
}

TEST(Quantiles, OfALineWithNanAreNan) {
    Engine engine(EngineOptions{.threads = 2});
    const double inf = INFINITY;
    const Array a = from_values(std::vector<double>{1, NAN, 3, 4, 1, inf, 0, 2, -inf, 1, 2, 3}, {3, 4});
    for (const auto& line : {values<double>(engine, median(a, 1)), values<double>(engine, quantile(a, 0.5, 1))}) {
        EXPECT_TRUE(std::isnan(line[0]));
        EXPECT_EQ(line[1], 1.5);
        EXPECT_EQ(line[2], 1.5);
    }
    EXPECT_TRUE(std::isnan(values<double>(engine, quantile(a, 0.0))[0]));
    EXPECT_EQ(values<double>(engine, quantile(a(1), 1.0 / 3))[0], 1);
}

TEST(LinesOperations, AreFunctionsOfTheLanguage) {
    Engine engine(EngineOptions{.threads = 2});
    const NamedArray named[] = {{"x", from_values(std::vector<std::int32_t>{5, 1, 4, 2, 3, 6}, {2, 3})}};
    const auto got = [&](const std::string& text) {
        return values<double>(engine, parse_expression(text, named).back().array);
    };
    using List = std::vector<double>;
    EXPECT_EQ(got("sort(x)"), (List{1, 4, 5, 2, 3, 6}));
    EXPECT_EQ(got("sort(x, 0)"), (List{2, 1, 4, 5, 3, 6}));
    EXPECT_EQ(got("sort(x, axis=None)"), (List{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(got("argsort(x, axis=None)"), (List{1, 3, 4, 2, 0, 5}));
    EXPECT_EQ(got("x.argsort()"), (List{1, 2, 0, 0, 1, 2}));
    EXPECT_EQ(got("cumsum(x)"), (List{5, 6, 10, 12, 15, 21}));
    EXPECT_EQ(got("cumsum(x, axis=None)"), (List{5, 6, 10, 12, 15, 21}));
    EXPECT_EQ(got("x.cumsum(0)"), (List{5, 1, 4, 7, 4, 10}));
    EXPECT_EQ(got("x.cumprod(axis=-1)"), (List{5, 5, 20, 2, 6, 36}));
    EXPECT_EQ(got("cumprod(x)"), (List{5, 5, 20, 40, 120, 720}));
    EXPECT_EQ(got("cummax(x, 1)"), (List{5, 5, 5, 2, 3, 6}));
    EXPECT_EQ(got("cummin(x, 1)"), (List{5, 1, 1, 2, 2, 2}));
    EXPECT_EQ(got("median(x)"), (List{3.5}));
    EXPECT_EQ(got("median(x, axis=1, keepdims=True)"), (List{4, 3}));
    EXPECT_EQ(got("quantile(x, 0.2)"), (List{2}));
    EXPECT_EQ(got("percentile(x, 25, axis=1)"), (List{2.5, 2.5}));
    const Array narrow = parse_expression("cumsum(x, dtype=float32)", named).back().array;
    EXPECT_EQ(narrow.dtype(), DType::float32);
    EXPECT_EQ(got("cumsum(x, dtype=int8)"), (List{5, 6, 10, 12, 15, 21}));
    EXPECT_THROW(got("quantile(x, 20)"), ArgumentError);
    EXPECT_THROW(got("percentile(x, 101)"), ArgumentError);
    EXPECT_THROW(got("percentile(x, x)"), ArgumentError);
    EXPECT_THROW(got("sort(x, (0, 1))"), ArgumentError);
    EXPECT_THROW(got("sort(x, 2)"), ShapeError);
    EXPECT_THROW(got("x.sort()"), ParseError);
    EXPECT_THROW(got("quantile(x)"), ParseError);
}

}  // namespace
}  // namespace heddle::test
