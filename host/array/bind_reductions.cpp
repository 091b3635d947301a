#include <array>

#include "heddle/functions.hpp"
#include "host/array/bind_call.hpp"
#include "host/array/bind_registry.hpp"

namespace heddle::array {
namespace {

KeepDims keep(const Call& call, std::size_t i) { return call.flag(i) ? KeepDims::yes : KeepDims::no; }

// f(a, axis, dtype, …): as NumPy, dtype is the type that the work is done in, and that of the result.
template <class Reduce>
Value in_dtype(const Call& call, Reduce&& reduce) {
    auto a = call.array(0);
    auto type = call.dtype(2);
    if (!type) return {reduce(a), call.place()};
    return {reduce(a.astype(*type)).astype(*type), call.place()};
}

template <Reduction1 reduce>
Value with_dtype(const Call& call) {
    return in_dtype(call, [&](const Array& a) { return reduce(a, call.axes(1), keep(call, 3)); });
}

template <Spread1 reduce>
Value spread(const Call& call) {
    return in_dtype(call,
                    [&](const Array& a) { return reduce(a, call.axes(1), keep(call, 4), Ddof{call.real(3, 0)}); });
}

Value ptp(const Call& call) {
    auto a = call.array(0);
    auto axes = call.axes(1);
    return {heddle::max(a, axes, keep(call, 2)) - heddle::min(a, axes, keep(call, 2)), call.place()};
}

#define HEDDLE_SUM(name) General(with_dtype<static_cast<Reduction1>(&heddle::name)>)
#define HEDDLE_SPREAD(name) General(spread<static_cast<Spread1>(&heddle::name)>)
#define HEDDLE_REDUCE(name) Reduction1(&heddle::name)

const std::array kReductions{
    FunctionRow{"sum(a|x, axis=None, dtype=None, keepdims=False)", "", "The sum.", HEDDLE_SUM(sum), true},
    FunctionRow{"prod(a|x, axis=None, dtype=None, keepdims=False)", "product", "The product.", HEDDLE_SUM(prod), true},
    FunctionRow{"mean(a|x, axis=None, dtype=None, keepdims=False)", "", "The mean.", HEDDLE_SUM(mean), true},
    FunctionRow{"var(a|x, axis=None, dtype=None, ddof=0, keepdims=False)", "",
                "The variance; its divisor is the count less ddof.", HEDDLE_SPREAD(var), true},
    FunctionRow{"std(a|x, axis=None, dtype=None, ddof=0, keepdims=False)", "",
                "The standard deviation, the root of var().", HEDDLE_SPREAD(stddev), true},
    FunctionRow{"min(a|x, axis=None, keepdims=False)", "amin", "The smallest value.", HEDDLE_REDUCE(min), true},
    FunctionRow{"max(a|x, axis=None, keepdims=False)", "amax", "The largest value.", HEDDLE_REDUCE(max), true},
    FunctionRow{"ptp(a|x, axis=None, keepdims=False)", "", "The largest value less the smallest.", General(ptp)},
    FunctionRow{"argmin(a|x, axis=None, keepdims=False)", "", "The first position of the smallest value.",
                HEDDLE_REDUCE(argmin), true},
    FunctionRow{"argmax(a|x, axis=None, keepdims=False)", "", "The first position of the largest value.",
                HEDDLE_REDUCE(argmax), true},
    FunctionRow{"any(a|x, axis=None, keepdims=False)", "", "Whether any value is not zero.", HEDDLE_REDUCE(any), true},
    FunctionRow{"all(a|x, axis=None, keepdims=False)", "", "Whether no value is zero.", HEDDLE_REDUCE(all), true},
    FunctionRow{"count_nonzero(a|x, axis=None, keepdims=False)", "count", "How many values are not zero.",
                HEDDLE_REDUCE(count)},
    FunctionRow{"nansum(a|x, axis=None, dtype=None, keepdims=False)", "", "The sum of what is not NaN.",
                HEDDLE_SUM(nansum)},
    FunctionRow{"nanprod(a|x, axis=None, dtype=None, keepdims=False)", "", "The product of what is not NaN.",
                HEDDLE_SUM(nanprod)},
    FunctionRow{"nanmean(a|x, axis=None, dtype=None, keepdims=False)", "", "The mean of what is not NaN.",
                HEDDLE_SUM(nanmean)},
    FunctionRow{"nanvar(a|x, axis=None, dtype=None, ddof=0, keepdims=False)", "", "The variance of what is not NaN.",
                HEDDLE_SPREAD(nanvar)},
    FunctionRow{"nanstd(a|x, axis=None, dtype=None, ddof=0, keepdims=False)", "",
                "The standard deviation of what is not NaN.", HEDDLE_SPREAD(nanstddev)},
    FunctionRow{"nanmin(a|x, axis=None, keepdims=False)", "", "The smallest value, NaN left out.",
                HEDDLE_REDUCE(nanmin)},
    FunctionRow{"nanmax(a|x, axis=None, keepdims=False)", "", "The largest value, NaN left out.",
                HEDDLE_REDUCE(nanmax)},
    FunctionRow{"nanargmin(a|x, axis=None, keepdims=False)", "",
                "The first position of the smallest value that is not NaN.", HEDDLE_REDUCE(nanargmin)},
    FunctionRow{"nanargmax(a|x, axis=None, keepdims=False)", "",
                "The first position of the largest value that is not NaN.", HEDDLE_REDUCE(nanargmax)},
    FunctionRow{"nanany(a|x, axis=None, keepdims=False)", "", "Whether any value is neither zero nor NaN.",
                HEDDLE_REDUCE(nanany)},
    FunctionRow{"nanall(a|x, axis=None, keepdims=False)", "", "Whether no value is zero, NaN left out.",
                HEDDLE_REDUCE(nanall)},
    FunctionRow{"nancount(a|x, axis=None, keepdims=False)", "", "How many values are neither zero nor NaN.",
                HEDDLE_REDUCE(nancount)},
};

#undef HEDDLE_SUM
#undef HEDDLE_SPREAD
#undef HEDDLE_REDUCE

}  // namespace

std::span<const FunctionRow> reduction_rows() { return kReductions; }

}  // namespace heddle::array
