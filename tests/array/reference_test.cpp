#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "heddle/heddle.hpp"
#include "host/array/operations.hpp"
#include "tests/array/array_values.hpp"
#include "tests/support/paths.hpp"

// Against NumPy and SciPy themselves: data/make_reference.py wrote data/reference.json.
namespace heddle::test {
namespace {

using Json = nlohmann::json;
using Complex = std::complex<double>;

bool is_inexact(DType t) { return is_float(t) || is_complex(t); }

double real_from(const Json& value) {
    return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}
Complex number_from(const Json& value) {
    return value.is_array() ? Complex(real_from(value[0]), real_from(value[1])) : Complex(real_from(value));
}
std::vector<Complex> numbers_from(const Json& values) {
    std::vector<Complex> numbers;
    for (const Json& value : values) numbers.push_back(number_from(value));
    return numbers;
}

template <class T>
Array array_of(const std::vector<T>& values, const Shape& shape) {
    return detail::array_from_bytes(dtype_of<T>, values.data(), values.size(), shape, true);
}

Shape shape_from(const Json& json) { return Shape(json.at("shape").get<std::vector<std::int64_t>>()); }

Array array_from(Engine& engine, const Json& json) {
    const DType dtype = parse_dtype(json.at("dtype").get<std::string>());
    const Array wide = is_complex(dtype) ? array_of(numbers_from(json.at("values")), shape_from(json))
                       : is_float(dtype)
                           ? real(array_of(numbers_from(json.at("values")), shape_from(json)))
                           : array_of(json.at("values").get<std::vector<std::int64_t>>(), shape_from(json));
    return evaluate(engine, wide.astype(dtype));
}

bool within(double got, double want, double error, double scale) {
    if (std::isnan(want)) return std::isnan(got);
    if (error == 0 || std::isinf(want)) return got == want;
    return std::abs(got - want) <= error * std::max(std::abs(want), scale);
}

// What is `exact` has NumPy's sign of zero too; of equal zeros a sort may give either first.
void compare_numbers(const std::vector<Complex>& got, const std::vector<Complex>& want, double error, bool any_zero) {
    double most = 0;
    for (const Complex& value : want)
        if (std::isfinite(std::abs(value))) most = std::max(most, std::abs(value));
    for (std::size_t i = 0; i < want.size(); ++i) {
        const Complex g = got[i], w = want[i];
        const double scale = std::max(std::abs(w), 1e-3 * most);
        const bool near = within(g.real(), w.real(), error, scale) && within(g.imag(), w.imag(), error, scale);
        const bool signs = error > 0 || any_zero || w != 0.0 || std::signbit(g.real()) == std::signbit(w.real());
        if (!near || !signs) {
            ADD_FAILURE() << "element " << i << " is " << g << ", NumPy's " << w;
            return;
        }
    }
}

void check(Engine& engine, const Json& wanted, const std::vector<NamedArray>& inputs) {
    const std::string text = wanted.at("text");
    SCOPED_TRACE(text);
    try {
        const Array got = parse_expression(text, inputs).back().array;
        ASSERT_EQ(name_of(got.dtype()), wanted.at("dtype").get<std::string>());
        ASSERT_EQ(got.shape(), shape_from(wanted));
        if (is_inexact(got.dtype())) {
            compare_numbers(values<Complex>(engine, got), numbers_from(wanted.at("values")),
                            wanted.value("within", 0.0), std::regex_search(text, std::regex("^(sort|topk|unique)")));
        } else {
            EXPECT_EQ(values<std::int64_t>(engine, got), wanted.at("values").get<std::vector<std::int64_t>>());
        }
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
    }
}

const Json& reference() {
    static const Json read = Json::parse(std::ifstream(source_path("tests/array/data/reference.json")));
    return read;
}

TEST(Reference, EveryExpressionGivesNumPysValues) {
    Engine engine({.threads = 2});
    std::vector<NamedArray> inputs;
    for (const auto& [name, json] : reference().at("inputs").items())
        inputs.push_back({name, array_from(engine, json)});
    for (const Json& wanted : reference().at("cases")) check(engine, wanted, inputs);
    EXPECT_GT(reference().at("cases").size(), 850u);
}

TEST(Reference, NamesEveryOperationOfTheTable) {
    std::set<std::string> named;
    const std::regex word("[a-z_0-9]+");
    for (const Json& wanted : reference().at("cases")) {
        const std::string text = wanted.at("text");
        for (std::sregex_iterator found(text.begin(), text.end(), word), end; found != end; ++found)
            named.insert(found->str());
    }
    for (const array::Operation& operation : array::operations())
        EXPECT_TRUE(named.contains(operation.name)) << operation.name << ": add a case to make_reference.py";
}

}  // namespace
}  // namespace heddle::test
