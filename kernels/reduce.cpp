#include "kernels/reduce.hpp"

#include <array>

namespace heddle::kernels {

Reducer make_sum(bool skip, DType input);
Reducer make_prod(bool skip, DType input);
Reducer make_moment(Reduce reduce, bool skip, DType input);
Reducer make_extreme(Reduce reduce, bool skip, DType input);
Reducer make_position(Reduce reduce, bool skip, DType input);
Reducer make_truth(Reduce reduce, bool skip, DType input);

std::string_view name_of(Reduce reduce) {
    constexpr std::array<std::string_view, 12> kNames{"sum", "prod",   "mean",   "var", "std", "min",
                                                      "max", "argmin", "argmax", "any", "all", "count"};
    return kNames[static_cast<std::size_t>(reduce)];
}

Reducer make_reducer(Reduce reduce, bool skip_nan, DType input) {
    const bool skip = skip_nan && (is_float(input) || is_complex(input));
    switch (reduce) {
        case Reduce::sum:
            return make_sum(skip, input);
        case Reduce::prod:
            return make_prod(skip, input);
        case Reduce::mean:
        case Reduce::var:
        case Reduce::std:
            return make_moment(reduce, skip, input);
        case Reduce::min:
        case Reduce::max:
            return make_extreme(reduce, skip, input);
        case Reduce::argmin:
        case Reduce::argmax:
            return make_position(reduce, skip, input);
        default:
            return make_truth(reduce, skip, input);
    }
}

}  // namespace heddle::kernels
