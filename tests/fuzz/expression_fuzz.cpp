// Any bytes are either an expression that survives printing and reading back, or a ParseError that points into them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "heddle/error.hpp"
#include "host/expr/parser.hpp"

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace heddle::expr;
    std::string text(reinterpret_cast<const char*>(data), size);
    ast::Module module;
    try {
        module = parse(text);
    } catch (const heddle::ParseError& error) {
        require(error.line() >= 1 && error.column() >= 1);
        require(!error.problem().empty());
        require(first_invalid_utf8(error.what()) == std::string(error.what()).size());
        return 0;
    }
    require(ast::results(module).size() == module.statements.size());
    for (const auto& use : ast::free_names(module)) require(use.at.begin < use.at.end && use.at.end <= size);
    require(parse(ast::print(module)) == module);
    return 0;
}
