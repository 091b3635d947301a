#include "host/expr/typing.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "heddle/error.hpp"
#include "tests/support/paths.hpp"

namespace heddle::expr {
namespace {

OperandType operand(const std::string& name) {
    if (name == "int") return {DType::int64, true};
    if (name == "float") return {DType::float64, true};
    if (name == "complex") return {DType::complex128, true};
    return {parse_dtype(name), false};
}

Op op_named(std::string_view name) {
    for (std::size_t i = 0; i < kernels::kOps.size(); ++i) {
        if (kernels::kOps[i].name == name) return static_cast<Op>(i);
    }
    ADD_FAILURE() << "no operation " << name;
    return Op::add;
}

std::string result_of(Op op, const std::vector<OperandType>& operands) {
    try {
        return std::string(name_of(resolve(op, operands).result));
    } catch (const DTypeError&) {
        return "error";
    }
}

// What NumPy 2 changed on purpose, or rejects where we have a use: complex sign and order stay as they were.
TEST(Typing, AgreesWithNumPyOnEveryPairOfTypes) {
    std::ifstream file(test::source_path("tests/expr/data/promotion.txt"));
    ASSERT_TRUE(file);
    std::string line;
    int rows = 0, wrong = 0;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string name, word;
        words >> name;
        std::vector<std::string> texts;
        while (words >> word) texts.push_back(word);
        std::vector<OperandType> operands;
        for (std::size_t i = 0; i + 1 < texts.size(); ++i) operands.push_back(operand(texts[i]));
        const std::string found = result_of(op_named(name), operands);
        if (found != texts.back() && ++wrong < 20) ADD_FAILURE() << line << ", not " << found;
        ++rows;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(rows, 9000);
}

TEST(Typing, RoundingKeepsIntegers) {
    for (Op op : {Op::floor, Op::ceil, Op::round, Op::trunc}) {
        EXPECT_EQ(result_of(op, {{DType::int16}}), "int16");
        EXPECT_EQ(result_of(op, {{DType::boolean}}), "bool");
    }
}

TEST(Typing, NumbersAloneHaveNumPysDefaults) {
    EXPECT_EQ(result_of(Op::add, {operand("int"), operand("int")}), "int64");
    EXPECT_EQ(result_of(Op::add, {operand("int"), operand("float")}), "float64");
    EXPECT_EQ(result_of(Op::divide, {operand("int"), operand("int")}), "float64");
    EXPECT_EQ(result_of(Op::where, {{DType::boolean}, operand("int"), operand("float")}), "float64");
    EXPECT_EQ(result_of(Op::where, {{DType::float64}, {DType::float32}, operand("float")}), "float32");
}

TEST(Typing, ArgumentsAreWhatTheKernelsTake) {
    const std::array where{OperandType{DType::float32}, OperandType{DType::int16}, OperandType{DType::float32}};
    EXPECT_EQ(resolve(Op::where, where).arguments[0], DType::boolean);
    EXPECT_EQ(resolve(Op::where, where).arguments[1], DType::float32);
    const std::array compare{OperandType{DType::int8}, OperandType{DType::uint8}};
    EXPECT_EQ(resolve(Op::less, compare).arguments[0], DType::int16);
    EXPECT_EQ(resolve(Op::abs, std::array{OperandType{DType::complex64}}).arguments[0], DType::complex64);
}

TEST(Typing, ErrorsSayWhatWouldWork) {
    try {
        resolve(Op::subtract, std::array{OperandType{DType::boolean}, OperandType{DType::boolean}});
        FAIL();
    } catch (const DTypeError& e) {
        EXPECT_EQ(
            std::string(e.what()),
            "no subtract of bool, bool: subtract exists for integers, floats and complex numbers; use logical_xor, or "
            "cast to an integer type");
    }
    EXPECT_THROW(resolve(Op::add, std::array{OperandType{DType::int8}}), ArgumentError);
}

TEST(Typing, WeakIntegersMustFit) {
    const auto fits = [](std::int64_t v, DType t) {
        try {
            check_weak_fits(Scalar::of_int(v), t);
            return true;
        } catch (const ArgumentError&) {
            return false;
        }
    };
    EXPECT_TRUE(fits(255, DType::uint8));
    EXPECT_FALSE(fits(256, DType::uint8));
    EXPECT_FALSE(fits(-1, DType::uint8));
    EXPECT_TRUE(fits(-128, DType::int8));
    EXPECT_FALSE(fits(-129, DType::int8));
    EXPECT_FALSE(fits(128, DType::int8));
    EXPECT_TRUE(fits(INT64_MIN, DType::int64));
    EXPECT_FALSE(fits(-1, DType::uint64));
    EXPECT_TRUE(fits(1 << 20, DType::float16));
    EXPECT_THROW(check_weak_fits(Scalar::of_uint(~0ull), DType::int64), ArgumentError);
}

TEST(Scalar, PrintsAsPythonDoes) {
    EXPECT_EQ(to_string(Scalar::of_float(0.1)), "0.1");
    EXPECT_EQ(to_string(Scalar::of_float(0.1, DType::float32)), "0.1");
    EXPECT_EQ(to_string(Scalar::of_float(2)), "2.0");
    EXPECT_EQ(to_string(Scalar::of_int(-3, DType::int8)), "-3");
    EXPECT_EQ(to_string(Scalar::of_bool(true)), "True");
    EXPECT_EQ(to_string(Scalar::of_complex({1, -2})), "(1.0-2.0j)");
}

}  // namespace
}  // namespace heddle::expr
