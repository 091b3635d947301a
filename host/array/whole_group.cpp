// Reductions by label.

#include "heddle/error.hpp"
#include "heddle/evaluate.hpp"
#include "heddle/functions.hpp"
#include "heddle/groups.hpp"
#include "host/array/indices.hpp"
#include "host/array/scatter.hpp"

namespace heddle {
namespace {

using array::Scatter;
using kernels::Group;

// The index at which the element of an array in C order lies, as text; a row's is one number.
std::string place_of(std::int64_t element, const Shape& shape) {
    if (shape.rank() == 1) return std::to_string(element);
    Shape index = Shape::filled(shape.rank(), 0);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        index[axis] = element % shape[axis];
        element /= shape[axis];
    }
    return to_string(index);
}

class Labels final : public array::Places {
public:
    Labels(DType dtype, const Shape& shape, std::int64_t groups) : dtype_(dtype), shape_(shape), groups_(groups) {}

    std::string key() const override { return "labels"; }
    int operands() const override { return 1; }
    bool is_of_elements(int) const override { return true; }
    void check(const void* const*) const override {}
    std::int64_t load(const void* const* in, std::int64_t first, std::int64_t n, std::int64_t* places) const override {
        return kernels::places_of_labels(dtype_, at(in, first), n, groups_, places);
    }
    void fail(const void* const* in, std::int64_t where, std::int64_t element) const override {
        std::int64_t label = 0;
        kernels::places_of_labels(dtype_, at(in, where), 1, groups_, &label);
        const std::string text =
            is_unsigned(dtype_) ? std::to_string(static_cast<std::uint64_t>(label)) : std::to_string(label);
        throw ArgumentError("the label " + text + " at index " + place_of(element, shape_) + " is no group",
                            "the groups are 0 to " + std::to_string(groups_ - 1),
                            label < 0 && !is_unsigned(dtype_) ? "give what belongs to no group a label of its own"
                                                              : "ask for more groups, or check the labels");
    }

private:
    const void* at(const void* const* in, std::int64_t first) const {
        return static_cast<const std::byte*>(in[0]) + first * static_cast<std::int64_t>(size_of(dtype_));
    }
    DType dtype_;
    Shape shape_;
    std::int64_t groups_;
};

void check_labels(const std::string& name, const Array& labels, std::int64_t groups) {
    if (!is_integer(labels.dtype()) && !is_bool(labels.dtype()))
        throw DTypeError(name + " needs integers as labels", "they are " + std::string(name_of(labels.dtype())),
                         "convert them with astype(int64)");
    if (groups < 1)
        throw ArgumentError(name + " needs at least one group", std::to_string(groups) + " were asked for",
                            "give the number of groups: the largest label plus 1");
}

Array grouped(Group group, const std::string& name, const Array* values, const Array& labels, std::int64_t groups,
              Axis axis) {
    check_labels(name, labels, groups);
    const Shape shape = values ? values->shape() : labels.shape();
    const int along = axis ? array::normalize_axis(*axis, shape.rank()) : -1;
    const bool row = axis && labels.rank() == 1 && shape.rank() > 1;
    if (row && labels.shape()[0] != shape[along])
        throw ShapeError("the labels of " + name + " do not fit axis " + std::to_string(along),
                         "there are " + std::to_string(labels.shape()[0]) + " labels for " +
                             std::to_string(shape[along]) + " elements",
                         "give one label for each element of the axis");
    const Array places = row || labels.shape() == shape ? labels : labels.broadcast_to(shape);
    Scatter scatter{name, group, shape, along, groups, row, nullptr};
    const Shape result = array::scattered_shape(scatter);
    array::check_results(name, result);
    scatter.places = std::make_shared<Labels>(places.dtype(), places.shape(), groups);
    std::vector<array::NodePtr> operands{places.node()};
    if (values) operands.push_back(values->node());
    return Array(array::make_scatter(scatter, std::move(operands), values ? values->dtype() : DType::boolean, result));
}

// A row of no results has nothing to compute.
Array counted(const Array& x, const Array* weights, std::int64_t length) {
    if (length == 0 || x.size() == 0) return weights ? full<double>({length}, 0) : full<std::int64_t>({length}, 0);
    return grouped(weights ? Group::sum : Group::count, "bincount", weights, x, length, {});
}

// The result's length. All of x is looked at now.
std::int64_t length_of(const Array& x, std::int64_t minlength) {
    if (minlength < 0)
        throw ArgumentError("minlength must not be negative", "it is " + std::to_string(minlength), "leave it out");
    if (x.size() > 0) check_labels("bincount", x, 1);
    if (x.rank() != 1)
        throw ShapeError("bincount counts a row of values", "the shape is " + to_string(x.shape()),
                         "use group_count, or one row of it");
    if (x.size() == 0) return minlength;
    Engine engine(array::options_at_once(x));
    // The extremes of float64 are the fastest, and hold 32 bits exactly.
    const Array exact = size_of(x.dtype()) <= 4 ? x.astype(DType::float64) : x;
    const Array bounds[] = {min(exact).astype(DType::int64), max(exact).astype(DType::uint64)};
    const auto found = evaluate(engine, bounds);
    const auto least = found[0].item<std::int64_t>();
    if (least < 0 && !is_unsigned(x.dtype()))
        throw ArgumentError("bincount cannot count the negative value " + std::to_string(least),
                            "it is at index " + std::to_string(values<std::int64_t>(engine, argmin(x))[0]),
                            "select what is not negative, or subtract the smallest value");
    const auto most = found[1].item<std::uint64_t>();
    if (most >= std::uint64_t{1} << 48)
        throw ArgumentError("bincount would have too many counts", "the largest value is " + std::to_string(most),
                            "use a histogram, or sort the values");
    return std::max(static_cast<std::int64_t>(most) + 1, minlength);
}

}  // namespace

Array group_sum(const Array& values, const Array& labels, std::int64_t groups, Axis axis) {
    return grouped(Group::sum, "group_sum", &values, labels, groups, axis);
}
Array group_mean(const Array& values, const Array& labels, std::int64_t groups, Axis axis) {
    return grouped(Group::mean, "group_mean", &values, labels, groups, axis);
}
Array group_min(const Array& values, const Array& labels, std::int64_t groups, Axis axis) {
    return grouped(Group::min, "group_min", &values, labels, groups, axis);
}
Array group_max(const Array& values, const Array& labels, std::int64_t groups, Axis axis) {
    return grouped(Group::max, "group_max", &values, labels, groups, axis);
}
Array group_count(const Array& labels, std::int64_t groups, Axis axis) {
    return grouped(Group::count, "group_count", nullptr, labels, groups, axis);
}

Array bincount(const Array& x, std::int64_t minlength) { return counted(x, nullptr, length_of(x, minlength)); }

Array bincount(const Array& x, const Array& weights, std::int64_t minlength) {
    if (weights.shape() != x.shape())
        throw ShapeError(
            "bincount needs a weight for each value",
            "the values' shape is " + to_string(x.shape()) + ", the weights' " + to_string(weights.shape()),
            "give as many weights as values");
    if (is_complex(weights.dtype()))
        throw DTypeError("bincount adds up real weights", "these are " + std::string(name_of(weights.dtype())),
                         "use group_sum, or take real() or imag() first");
    const Array wide = weights.astype(DType::float64);
    return counted(x, &wide, length_of(x, minlength));
}

}  // namespace heddle
