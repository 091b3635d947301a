#include <array>

#include "heddle/lines.hpp"
#include "host/array/bind_call.hpp"
#include "host/array/bind_registry.hpp"

namespace heddle::array {
namespace {

template <auto order>
Value ordered(const Call& call) {
    return {order(call.array(0), axis_of(call, 1, -1)), call.place()};
}

template <auto scan>
Value scanned(const Call& call) {
    return {scan(call.array(0), axis_of(call, 1, {})), call.place()};
}

// As NumPy, dtype is the type that the work is done in, and that of the result.
template <auto scan>
Value scanned_in(const Call& call) {
    const auto a = call.array(0);
    const auto axis = axis_of(call, 1, {});
    const auto type = call.dtype(2);
    return {type ? scan(a.astype(*type), axis).astype(*type) : scan(a, axis), call.place()};
}

KeepDims keep(const Call& call, std::size_t i) { return call.flag(i) ? KeepDims::yes : KeepDims::no; }

// The share in [0, 1] that argument 1 says in parts of `whole`.
double share_of(const Call& call, double whole, const std::string& expected) {
    const double q = call.real(1, 0);
    if (!(q >= 0 && q <= whole))
        call.fail(1, expected, std::string("write ") + (whole == 1 ? "0.5" : "50") + ", for one: the median");
    return q / whole;
}

Value quantile_of(const Call& call) {
    const double q = share_of(call, 1, "between 0 and 1");
    return {heddle::quantile(call.array(0), q, axis_of(call, 2, {}), keep(call, 3)), call.place()};
}
Value percentile_of(const Call& call) {
    const double q = share_of(call, 100, "between 0 and 100");
    return {heddle::quantile(call.array(0), q, axis_of(call, 2, {}), keep(call, 3)), call.place()};
}
Value median_of(const Call& call) {
    return {heddle::median(call.array(0), axis_of(call, 1, {}), keep(call, 2)), call.place()};
}

const std::array kLines{
    FunctionRow{"sort(a|x, axis=-1)", "", "The values along the axis in ascending order, NaN last.",
                General(ordered<&heddle::sort>)},
    FunctionRow{"argsort(a|x, axis=-1)", "",
                "The positions along the axis in the order of sort(); equal values keep theirs.",
                General(ordered<&heddle::argsort>), true},
    FunctionRow{"cumsum(a|x, axis=None, dtype=None)", "", "The running sum.", General(scanned_in<&heddle::cumsum>),
                true},
    FunctionRow{"cumprod(a|x, axis=None, dtype=None)", "", "The running product.",
                General(scanned_in<&heddle::cumprod>), true},
    FunctionRow{"cummax(a|x, axis=None)", "", "The largest value so far; NaN from the first one on.",
                General(scanned<&heddle::cummax>)},
    FunctionRow{"cummin(a|x, axis=None)", "", "The smallest value so far; NaN from the first one on.",
                General(scanned<&heddle::cummin>)},
    FunctionRow{"quantile(a|x, q, axis=None, keepdims=False)", "",
                "The value below which a share q, from 0 to 1, of the values lies, between neighbours in proportion.",
                General(quantile_of)},
    FunctionRow{"percentile(a|x, q, axis=None, keepdims=False)", "", "The same for q percent.", General(percentile_of)},
    FunctionRow{"median(a|x, axis=None, keepdims=False)", "", "The middle value, or the mean of the two.",
                General(median_of)},
};

}  // namespace

std::span<const FunctionRow> line_rows() { return kLines; }

}  // namespace heddle::array
