// Any text over small arrays gives arrays or one of Heddle's errors, which points into the text.
#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "heddle/error.hpp"
#include "host/array/bind.hpp"
#include "host/expr/ast_children.hpp"
#include "host/expr/parser.hpp"

namespace {

using namespace heddle;
namespace ast = heddle::expr::ast;

array::Environment make_environment() {
    std::vector<double> d(12, 0.5);
    std::vector<float> f(12, -1.F);
    std::vector<std::uint8_t> u{1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 251, 252};
    std::vector<std::int32_t> n(12, -3);
    std::vector<std::complex<float>> c(12, {1, 2});
    array::Environment environment;
    environment.add("d", from_values(d, {3, 4}));
    environment.add("f", from_values(f, {3, 4}));
    environment.add("u", from_values(u, {4, 3}));
    environment.add("n", from_values(n, {2, 2, 3}));
    environment.add("c", from_values(c, {12}));
    environment.add("k", from_values(std::vector<std::int64_t>{0, 1, 1}, {3}));
    environment.add("two", Array(2));
    environment.add("x", Array(0.5), [](const std::string& name) -> Array {
        if (name == "gain") return Array(3.5);
        throw IoError("no attribute '" + name + "'", "", "look at the file");
    });
    return environment;
}

// Selections are computed while binding; one over an array that the text itself makes could be of any size.
bool selects_from_made_arrays(const ast::Node& node, bool in_subscript = false) {
    if (const auto* call = node.as<ast::Call>(); call && in_subscript) return true;
    if (const auto* name = node.as<ast::Name>(); name && in_subscript && name->name.size() > 1 && name->name != "two")
        return true;
    bool found = false;
    ast::for_each_child(node, [&](const ast::Node& child) {
        const auto* subscript = node.as<ast::Subscript>();
        found =
            found || selects_from_made_arrays(child, in_subscript || (subscript && &child != subscript->object.get()));
    });
    return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto environment = make_environment();
    try {
        auto module = expr::parse(std::string(reinterpret_cast<const char*>(data), size));
        for (const auto& statement : module.statements)
            if (selects_from_made_arrays(*statement.value) || statement.name.size() == 1) return 0;
        for (const auto& binding : array::bind(module, environment))
            if (binding.array.shape().count() < 0) std::abort();
    } catch (const Error& error) {
        if (std::string_view(error.what()).find("column ") == std::string_view::npos) std::abort();
    }
    return 0;
}
