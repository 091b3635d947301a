#include <array>

#include "heddle/groups.hpp"
#include "host/array/bind_call.hpp"
#include "host/array/bind_registry.hpp"

namespace heddle::array {
namespace {

using OfGroups = Array (*)(const Array&, const Array&, std::int64_t, Axis);
using OfSegments = Array (*)(const Array&, const Array&, int);

Axis axis_at(const Call& call, std::size_t i) {
    if (!call.given(i)) return std::nullopt;
    const auto axes = call.axes(i).list();
    if (axes.size() != 1) call.fail(i, "one axis, or None", "write one such as axis=0");
    return axes.front();
}

template <OfGroups reduce>
Value grouped(const Call& call) {
    return {reduce(call.array(0), call.array(1), call.integer(2, 0), axis_at(call, 3)), call.place()};
}

Value group_counts(const Call& call) {
    return {group_count(call.array(0), call.integer(1, 0), axis_at(call, 2)), call.place()};
}

template <OfSegments reduce>
Value segmented(const Call& call) {
    if (call.none(2)) call.fail(2, "one axis", "write one such as axis=0");
    return {reduce(call.array(0), call.array(1), axis_at(call, 2).value_or(0)), call.place()};
}

Value bincount_of(const Call& call) {
    const auto x = call.array(0);
    const auto minlength = call.integer(2, 0);
    return {call.given(1) ? bincount(x, call.array(1), minlength) : bincount(x, minlength), call.place()};
}

const std::string kBins = "write bins=10, or the edges: bins=[0, 1, 5]";
const std::string kRange = "write range=(low, high), or leave it out to take the smallest and largest value";

// A number of bins, or edges.
HistogramBins bins_of(const Call& call, std::size_t i, const Value& value) {
    if (const auto count = known_integer(value)) return {.count = *count};
    if (!value.as<Array>() && !value.as<Values>()) call.fail(i, "a number of bins, or their edges", kBins);
    return {.edges = to_array(value)};
}

HistogramRange range_of(const Call& call, std::size_t i, const Value& value, const std::string& remedy) {
    const auto* range = value.as<Values>();
    if (!range || range->items.size() != 2) call.fail(i, "two numbers", remedy);
    const auto low = known_real(range->items[0]), high = known_real(range->items[1]);
    if (!low || !high) call.fail(i, "two numbers known now", remedy);
    return {*low, *high};
}

HistogramOptions options_of(const Call& call, std::size_t density, std::size_t weights) {
    HistogramOptions options;
    if (call.flag(density)) options.density = Density::yes;
    if (call.given(weights)) options.weights = call.array(weights);
    return options;
}

Value parts_of(const Call& call, std::initializer_list<Array> parts) {
    Values values{Values::Kind::histogram, {}};
    for (const auto& part : parts) values.items.push_back({part, call.place()});
    return {std::move(values), call.place()};
}

Value histogram_of(const Call& call) {
    HistogramBins bins;
    if (call.given(1)) bins = bins_of(call, 1, call.value(1));
    if (call.given(2)) bins.range = range_of(call, 2, call.value(2), kRange);
    const auto made = histogram(call.array(0), bins, options_of(call, 3, 4));
    return parts_of(call, {made.counts, made.edges});
}

// Of both axes alike, or of each: bins=(8, 16), range=((0, 1), (0, 5)).
Value histogram2d_of(const Call& call) {
    std::array<HistogramBins, 2> bins;
    if (call.given(2)) {
        const auto* list = call.value(2).as<Values>();
        const bool each = list && list->items.size() == 2;
        for (std::size_t i = 0; i < 2; ++i) bins[i] = bins_of(call, 2, each ? list->items[i] : call.value(2));
    }
    if (call.given(3)) {
        const std::string remedy = "write range=((xlow, xhigh), (ylow, yhigh)), with None for what the values give";
        const auto* list = call.value(3).as<Values>();
        if (!list || list->items.size() != 2) call.fail(3, "two pairs of numbers", remedy);
        for (std::size_t i = 0; i < 2; ++i)
            if (!list->items[i].is_none()) bins[i].range = range_of(call, 3, list->items[i], remedy);
    }
    const auto made = histogram2d(call.array(0), call.array(1), bins[0], bins[1], options_of(call, 4, 5));
    return parts_of(call, {made.counts, made.x_edges, made.y_edges});
}

const std::array kGroups{
    FunctionRow{"histogram(a|x, bins=10, range=None, density=False, weights=None)", "",
                "Counts of values, or sums of their weights, in equal bins or between edges; [0] are the counts, [1] "
                "the edges. As a result it gives NAME and NAME_edges.",
                General(histogram_of)},
    FunctionRow{"histogram2d(x, y, bins=10, range=None, density=False, weights=None)", "",
                "The same for pairs, with bins and range of each axis: [1] and [2] are the edges, NAME_xedges and "
                "NAME_yedges.",
                General(histogram2d_of)},
    FunctionRow{"bincount(x, weights=None, minlength=0)", "",
                "How often each of 0, 1, … occurs, or the sum of its weights; x is looked at at once.",
                General(bincount_of)},
    FunctionRow{"group_sum(values, labels, groups, axis=None)", "",
                "The sum of the values of each label 0 … groups - 1; along an axis labels may be a row of its length.",
                General(grouped<&heddle::group_sum>)},
    FunctionRow{"group_mean(values, labels, groups, axis=None)", "",
                "The mean of the values of each label; NaN of none.", General(grouped<&heddle::group_mean>)},
    FunctionRow{"group_min(values, labels, groups, axis=None)", "", "The smallest value of each label; NaN of none.",
                General(grouped<&heddle::group_min>)},
    FunctionRow{"group_max(values, labels, groups, axis=None)", "", "The largest value of each label; NaN of none.",
                General(grouped<&heddle::group_max>)},
    FunctionRow{"group_count(labels, groups, axis=None)", "", "How often each label occurs.", General(group_counts)},
    FunctionRow{"segment_sum(values, offsets, axis=0)", "",
                "The sum of each part offsets[i] … offsets[i + 1] - 1 of the axis; offsets go from 0 to its extent.",
                General(segmented<&heddle::segment_sum>)},
    FunctionRow{"segment_mean(values, offsets, axis=0)", "", "The mean of each part; NaN of none.",
                General(segmented<&heddle::segment_mean>)},
    FunctionRow{"segment_min(values, offsets, axis=0)", "", "The smallest value of each part; NaN of none.",
                General(segmented<&heddle::segment_min>)},
    FunctionRow{"segment_max(values, offsets, axis=0)", "", "The largest value of each part; NaN of none.",
                General(segmented<&heddle::segment_max>)},
};

}  // namespace

std::span<const FunctionRow> group_rows() { return kGroups; }

}  // namespace heddle::array
