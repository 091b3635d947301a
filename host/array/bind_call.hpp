#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "heddle/lines.hpp"
#include "host/array/bind_value.hpp"

namespace heddle::array {

struct Function;

// One call of a function with its arguments in the order of the signature; a missing one is empty. The getters point
// at the argument when it is not what they need.
class Call {
public:
    Call(const Function& function, const expr::Source& source, const expr::Span& at);

    // Fills the arguments; throws ParseError for one too many, unknown, given twice, or missing.
    void set(std::vector<Value> positional, std::vector<std::pair<expr::Span, Value>> keywords,
             const std::vector<std::string>& keyword_names);

    const Function& function() const { return function_; }
    const expr::Span& place() const { return at_; }
    bool given(std::size_t i) const { return arguments_[i].has_value() && !arguments_[i]->is_none(); }
    bool none(std::size_t i) const { return arguments_[i].has_value() && arguments_[i]->is_none(); }
    const Value& value(std::size_t i) const { return *arguments_[i]; }

    Array array(std::size_t i) const;
    // Of an item of a tuple.
    Array array_in(const Value& item) const;
    bool flag(std::size_t i) const;
    std::int64_t integer(std::size_t i, std::int64_t otherwise) const;
    double real(std::size_t i, double otherwise) const;
    std::optional<DType> dtype(std::size_t i) const;
    Axes axes(std::size_t i) const;
    Shape shape(std::size_t i) const;
    [[noreturn]] void fail(std::size_t i, const std::string& expected, const std::string& remedy) const;

private:
    const Function& function_;
    const expr::Source& source_;
    expr::Span at_;
    std::vector<std::optional<Value>> arguments_;
};

// One axis of the first argument; None is all of the array as one line.
Axis axis_of(const Call& call, std::size_t i, Axis otherwise);

// Throws an ArgumentError that points at the place.
[[noreturn]] void fail_at(const expr::Source& source, const expr::Span& at, expr::Message message);

}  // namespace heddle::array
