#include "host/array/bind_call.hpp"

#include <algorithm>
#include <limits>

#include "host/array/bind_registry.hpp"
#include "host/array/node.hpp"
#include "host/base/nearest.hpp"

namespace heddle::array {
namespace {

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

std::size_t find_parameter(const Function& function, const std::string& name) {
    for (std::size_t i = 0; i < function.parameters.size(); ++i) {
        const auto& parameter = function.parameters[i];
        if (parameter.name == name || std::count(parameter.aliases.begin(), parameter.aliases.end(), name) > 0)
            return i;
    }
    return function.parameters.size();
}

std::optional<int> known_int(const Value& value) {
    auto integer = known_integer(value);
    if (!integer || *integer < std::numeric_limits<int>::min() || *integer > std::numeric_limits<int>::max())
        return std::nullopt;
    return static_cast<int>(*integer);
}

}  // namespace

void fail_at(const expr::Source& source, const expr::Span& at, expr::Message message) {
    throw_pointed(source, at,
                  ArgumentError(std::move(message.problem), std::move(message.reason), std::move(message.remedy)));
}

Call::Call(const Function& function, const expr::Source& source, const expr::Span& at)
    : function_(function), source_(source), at_(at), arguments_(function.parameters.size()) {}

void Call::set(std::vector<Value> positional, std::vector<std::pair<expr::Span, Value>> keywords,
               const std::vector<std::string>& keyword_names) {
    const auto& parameters = function_.parameters;
    if (positional.size() > parameters.size())
        source_.fail(positional[parameters.size()].at,
                     {function_.name + "() takes at most " + std::to_string(parameters.size()) +
                          (parameters.size() == 1 ? " argument" : " arguments"),
                      std::to_string(positional.size()) + " are given", "write it as " + function_.signature});
    for (std::size_t i = 0; i < positional.size(); ++i) arguments_[i] = std::move(positional[i]);
    for (std::size_t k = 0; k < keywords.size(); ++k) {
        const auto& name = keyword_names[k];
        auto i = find_parameter(function_, name);
        if (i == parameters.size()) {
            std::vector<std::string_view> known;
            for (const auto& parameter : parameters) known.push_back(parameter.name);
            auto near = nearest_name(name, known);
            source_.fail(keywords[k].first, {function_.name + "() has no argument " + in_quotes(name),
                                             near.empty() ? "" : "did you mean " + in_quotes(near) + "?",
                                             "write it as " + function_.signature});
        }
        if (arguments_[i])
            source_.fail(keywords[k].first, {"the argument " + in_quotes(parameters[i].name) + " is given twice", "",
                                             "remove one of them"});
        arguments_[i] = std::move(keywords[k].second);
    }
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (parameters[i].otherwise.empty() && !arguments_[i])
            source_.fail(at_, {function_.name + "() needs the argument " + in_quotes(parameters[i].name), "",
                               "write it as " + function_.signature});
}

void Call::fail(std::size_t i, const std::string& expected, const std::string& remedy) const {
    fail_at(
        source_, value(i).at,
        {"the argument " + in_quotes(function_.parameters[i].name) + " of " + function_.name + "() must be " + expected,
         "it is " + describe(value(i)), remedy});
}

Array Call::array(std::size_t i) const {
    return at_place(source_, value(i).at, [&] { return to_array(value(i)); });
}

Array Call::array_in(const Value& item) const {
    return at_place(source_, item.at, [&] { return to_array(item); });
}

bool Call::flag(std::size_t i) const {
    if (!given(i)) return false;
    const auto* number = value(i).as<Number>();
    if (!number) fail(i, "True or False", "write True or False");
    return truth(*number);
}

std::int64_t Call::integer(std::size_t i, std::int64_t otherwise) const {
    if (!given(i)) return otherwise;
    auto integer = known_integer(value(i));
    if (!integer) fail(i, "a whole number known now", "write it as an integer");
    return *integer;
}

double Call::real(std::size_t i, double otherwise) const {
    if (!given(i)) return otherwise;
    auto real = known_real(value(i));
    if (!real) fail(i, "a number known now", "write the number itself");
    return *real;
}

std::optional<DType> Call::dtype(std::size_t i) const {
    if (!given(i)) return std::nullopt;
    if (const auto* dtype = value(i).as<DType>()) return *dtype;
    const auto* name = value(i).as<std::string>();
    if (!name) fail(i, "an element type", "write one such as float32, or 'float32'");
    return at_place(source_, value(i).at, [&] { return parse_dtype(*name); });
}

Axes Call::axes(std::size_t i) const {
    if (!given(i)) return {};
    std::string remedy = "write one such as axis=0 or axis=(0, 1)";
    bool two_arrays = (function_.name == "min" || function_.name == "max") && value(i).as<Array>();
    if (two_arrays) remedy = "write " + function_.name + "imum(a, b) for the " + function_.name + "imum of two arrays";
    const int rank = array(0).rank();
    std::vector<int> axes;
    auto add = [&](const Value& v) {
        auto axis = known_int(v);
        if (!axis) fail(i, "one axis, or a tuple of axes", remedy);
        axes.push_back(at_place(source_, v.at, [&] { return normalize_axis(*axis, rank); }));
    };
    if (const auto* list = value(i).as<Values>()) {
        for (const auto& item : list->items) add(item);
    } else {
        add(value(i));
    }
    return Axes(std::move(axes));
}

Shape Call::shape(std::size_t i) const {
    std::vector<std::int64_t> extents;
    auto add = [&](const Value& v) {
        auto extent = known_integer(v);
        if (!extent || *extent < 0)
            fail(i, "a shape: one extent, or a tuple of extents, none negative", "write one such as (10, 20)");
        extents.push_back(*extent);
    };
    if (const auto* list = value(i).as<Values>()) {
        for (const auto& item : list->items) add(item);
    } else {
        add(value(i));
    }
    return at_place(source_, value(i).at, [&] {
        Shape shape{std::span<const std::int64_t>(extents)};
        std::int64_t count = 1;
        for (auto extent : shape)
            if (__builtin_mul_overflow(count, extent, &count) || count > (std::int64_t{1} << 60))
                throw ArgumentError("the shape is too large", to_string(shape) + " has more than 2**60 elements",
                                    "choose smaller extents");
        return shape;
    });
}

Axis axis_of(const Call& call, std::size_t i, Axis otherwise) {
    if (call.none(i)) return std::nullopt;
    if (!call.given(i)) return otherwise;
    const auto axes = call.axes(i).list();
    if (axes.size() != 1) call.fail(i, "one axis, or None", "write one such as axis=0");
    return axes.front();
}

}  // namespace heddle::array
