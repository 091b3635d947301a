#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "heddle/array.hpp"
#include "heddle/error.hpp"
#include "host/array/bind_number.hpp"
#include "host/expr/source.hpp"

namespace heddle::array {

struct Value;
struct NoneValue {};
struct EllipsisValue {};
// A tuple or list, or what histogram() and histogram2d() return: counts, then the edges of each axis.
struct Values {
    enum class Kind { tuple, list, histogram };
    Kind kind = Kind::tuple;
    std::vector<Value> items;
};

// What an expression can stand for while it is bound.
struct Value {
    std::variant<Number, Array, NoneValue, EllipsisValue, std::string, DType, Values> form;
    expr::Span at;  // in the text

    template <class T>
    const T* as() const {
        return std::get_if<T>(&form);
    }
    bool is_none() const { return as<NoneValue>() != nullptr; }
};

// "an array", "a tuple", "None", …
std::string describe(const Value& value);
// The array that an operator or function works on: numbers and lists of numbers become arrays, everything else is a
// DTypeError or ShapeError.
Array to_array(const Value& value);
// A value of the array layer as a Value: numbers from C++ or the command line act as Python's.
Value from_array(const Array& array, const expr::Span& at);
// An integer known now: a number, or an integer array that is one constant; nullopt for every other value.
std::optional<std::int64_t> known_integer(const Value& value);
// A real number known now.
std::optional<double> known_real(const Value& value);

// An error that points into the text already.
struct PointedMark {};
template <class E>
struct Pointed final : E, PointedMark {
    using E::E;
};
template <class E>
[[noreturn]] void throw_pointed(const expr::Source& source, const expr::Span& span, const E& error) {
    auto m = source.point(span, {error.problem(), error.reason(), error.remedy()});
    throw Pointed<E>(std::move(m.problem), std::move(m.reason), std::move(m.remedy));
}

// Runs `work`; an error that it throws gets the place in the text, unless it has one, and keeps its type.
template <class Work>
auto at_place(const expr::Source& source, const expr::Span& span, Work&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const PointedMark&) {
        throw;
    } catch (const ShapeError& e) {
        throw_pointed(source, span, e);
    } catch (const DTypeError& e) {
        throw_pointed(source, span, e);
    } catch (const ArgumentError& e) {
        throw_pointed(source, span, e);
    } catch (const IoError& e) {
        throw_pointed(source, span, e);
    }
}

}  // namespace heddle::array
