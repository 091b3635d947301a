#include "host/array/binder.hpp"
#include "host/array/node.hpp"

namespace heddle::array {

namespace ast = expr::ast;

Value Binder::subscript(const ast::Subscript& form, const expr::Span& at) {
    auto object = evaluate(*form.object);
    if (const auto* values = object.as<Values>()) return element(*values, form, at);
    auto array = at_place(source_, at, [&] { return to_array(object); });
    std::vector<Index> items;
    for (const auto& item : form.items) items.push_back(index(*item));
    return {at_place(source_, at, [&] { return array.subscript(items); }), at};
}

Value Binder::element(const Values& values, const ast::Subscript& form, const expr::Span& at) {
    auto index = form.items.size() == 1 && !form.items[0]->as<ast::Slice>() ? known_integer(evaluate(*form.items[0]))
                                                                            : std::nullopt;
    if (!index)
        fail_at(source_, at,
                {"a tuple or list takes one whole number as its index", "",
                 "write [0], or array([...])[...] to index an array of numbers"});
    auto count = static_cast<std::int64_t>(values.items.size());
    if (*index < -count || *index >= count)
        fail_at(source_, at,
                {"index " + std::to_string(*index) + " is out of range",
                 "there are " + std::to_string(count) + " elements", "count from 0"});
    auto value = values.items[static_cast<std::size_t>(*index < 0 ? *index + count : *index)];
    value.at = at;
    return value;
}

std::optional<std::int64_t> Binder::slice_part(const ast::NodePtr& node) {
    if (!node) return std::nullopt;
    auto value = evaluate(*node);
    if (value.is_none()) return std::nullopt;
    auto integer = known_integer(value);
    if (!integer)
        fail_at(source_, value.at,
                {"a slice needs whole numbers known now", "this is " + describe(value), "write the number itself"});
    return integer;
}

Index Binder::index(const ast::Node& node) {
    if (const auto* slice = node.as<ast::Slice>()) {
        heddle::Slice result{slice_part(slice->start), slice_part(slice->stop), 1};
        result.step = slice_part(slice->step).value_or(1);
        return result;
    }
    auto value = evaluate(node);
    if (value.is_none()) return newaxis;
    if (value.as<EllipsisValue>()) return ellipsis;
    if (auto position = known_integer(value)) return *position;
    if (const auto* values = value.as<Values>(); values && values->items.empty())
        return Array(heddle::detail::array_from_bytes(DType::int64, nullptr, 0, {0}, true));
    bool selects = value.as<Array>() || value.as<Values>();
    auto array = selects ? at_place(source_, value.at, [&] { return to_array(value); }) : Array(false);
    if (!selects || array.rank() == 0 || !(is_bool(array.dtype()) || is_integer(array.dtype())))
        fail_at(source_, value.at,
                {"an index must be a whole number, a slice, a mask, or a list of whole numbers",
                 "this is " + describe(value) + (selects ? " of " + std::string(name_of(array.dtype())) : ""),
                 "write one such as x[0], x[1:5], x[key == 1] or x[[0, 2]]"});
    return at_place(source_, value.at, [&] { return Index(array); });
}

}  // namespace heddle::array
