#include "host/array/node.hpp"
#include "host/array/plan.hpp"
#include "host/io/dataset.hpp"

namespace heddle::array {
namespace {

using Origins = std::vector<std::optional<AxisOrigin>>;

Origins origins_of(const Node& node);

Origins stored_origins(const Stored& stored, int rank) {
    Origins origins;
    for (int axis = 0; axis < rank; ++axis) origins.push_back(AxisOrigin{stored.dataset, axis, 0, 1, nullptr});
    return origins;
}

Origins viewed_origins(const View& view, const Node& node) {
    Origins origins(static_cast<std::size_t>(node.shape.rank()));
    const auto inner = origins_of(*node.inputs[0]);
    for (std::size_t axis = 0; axis < view.axes.size(); ++axis) {
        const auto& entry = view.axes[axis];
        if (entry.axis < 0 || !inner[axis]) continue;
        auto origin = *inner[axis];
        if (origin.list) {
            auto list = std::make_shared<std::vector<std::int64_t>>();
            for (std::int64_t i = 0; i < node.shape[entry.axis]; ++i)
                list->push_back((*origin.list)[static_cast<std::size_t>(entry.start + entry.step * i)]);
            origin.list = std::move(list);
        } else {
            origin.start += entry.start * origin.step;
            origin.step *= entry.step;
        }
        origins[static_cast<std::size_t>(entry.axis)] = std::move(origin);
    }
    return origins;
}

Origins taken_origins(const Take& take, const Node& node) {
    auto origins = origins_of(*node.inputs[0]);
    auto& origin = origins[static_cast<std::size_t>(take.axis)];
    if (!origin) return origins;
    auto list = std::make_shared<std::vector<std::int64_t>>();
    for (const auto index : *take.list)
        list->push_back(origin->list ? (*origin->list)[static_cast<std::size_t>(index)]
                                     : origin->start + origin->step * index);
    origin->list = std::move(list);
    return origins;
}

// The first operand that has an axis of the result's full extent tells where it comes from; along the axis of a join
// none has.
Origins joined_origins(const Node& node) {
    Origins origins(static_cast<std::size_t>(node.shape.rank()));
    for (const auto& input : node.inputs) {
        const auto inner = origins_of(*input);
        const auto shift = origins.size() - inner.size();
        for (std::size_t axis = 0; axis < inner.size(); ++axis) {
            auto& origin = origins[axis + shift];
            const bool full = input->shape[static_cast<int>(axis)] == node.shape[static_cast<int>(axis + shift)];
            if (!origin && full) origin = inner[axis];
        }
    }
    return origins;
}

Origins reduced_origins(const Reduction& reduction, const Node& node) {
    Origins origins;
    const auto inner = origins_of(*node.inputs[0]);
    for (std::size_t axis = 0; axis < inner.size(); ++axis) {
        if (!reduction.axes[axis])
            origins.push_back(inner[axis]);
        else if (reduction.keep_dims)
            origins.emplace_back();
    }
    return origins;
}

Origins origins_of(const Node& node) {
    if (const auto* stored = node.as<Stored>()) return stored_origins(*stored, node.shape.rank());
    if (const auto* view = node.as<View>()) return viewed_origins(*view, node);
    if (const auto* take = node.as<Take>()) return taken_origins(*take, node);
    if (const auto* reduction = node.as<Reduction>()) return reduced_origins(*reduction, node);
    if (node.is<Elementwise>() || node.is<Cast>() || node.is<Join>()) return joined_origins(node);
    return Origins(static_cast<std::size_t>(node.shape.rank()));
}

}  // namespace

std::vector<std::optional<AxisOrigin>> axis_origins(const Array& array) { return origins_of(*array.node()); }

}  // namespace heddle::array
