#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "host/array/bind_registry.hpp"
#include "host/array/operations.hpp"
#include "tests/support/paths.hpp"

namespace heddle::array {
namespace {

std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(ExpressionPage, ListsExactlyTheFunctionsThatExist) {
    auto page = read(test::source_path("docs/expressions.md"));
    auto begin = page.find("<!-- functions:");
    auto end = page.find("<!-- end of functions -->");
    ASSERT_NE(begin, std::string::npos);
    ASSERT_NE(end, std::string::npos);
    begin = page.find("-->\n", begin) + 4;
    auto wanted = "\n" + function_reference() + "\n";
    EXPECT_EQ(page.substr(begin, end - begin), wanted) << "the page should hold:\n" << wanted;
}

TEST(OperationsPage, SaysOfEachFunctionWhatHolds) {
    const auto page = read(test::source_path("docs/operations.md"));
    auto begin = page.find("<!-- operations:");
    const auto end = page.find("<!-- end of operations -->");
    ASSERT_NE(begin, std::string::npos);
    ASSERT_NE(end, std::string::npos);
    begin = page.find("-->\n", begin) + 4;
    const auto wanted = "\n" + operations_markdown() + "\n";
    EXPECT_EQ(page.substr(begin, end - begin), wanted) << "the page should hold:\n" << wanted;
}

TEST(ExpressionPage, NamesEveryMethod) {
    auto page = read(test::source_path("docs/expressions.md"));
    auto begin = page.find("## Attributes and methods");
    auto section = page.substr(begin, page.find("\n## ", begin) - begin);
    for (const auto& function : functions())
        EXPECT_EQ(section.find("`" + function.name + "`") != std::string::npos, function.method) << function.name;
}

}  // namespace
}  // namespace heddle::array
