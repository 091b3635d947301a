#include "kernels/reduce_loops.hpp"

namespace heddle::kernels {

Reducer make_position(Reduce reduce, bool skip, DType input);

namespace {

template <class T, bool lowest, bool skip>
Reducer position(DType input) {
    Reducer r = reducer<ArgExtreme<T, lowest, skip>, DType::int64>(input);
    r.fold = fold_position<T, lowest, skip>;
    return r;
}

template <bool lowest, bool skip>
Reducer make(DType input) {
    if (is_bool(input) || is_signed(input)) return position<std::int64_t, lowest, false>(DType::int64);
    if (is_unsigned(input)) return position<std::uint64_t, lowest, false>(DType::uint64);
    if (is_float(input)) return position<double, lowest, skip>(DType::float64);
    return reducer<ArgExtreme<Complex<double>, lowest, skip>, DType::int64>(DType::complex128);
}

}  // namespace

Reducer make_position(Reduce reduce, bool skip, DType input) {
    Reducer r = reduce == Reduce::argmin ? (skip ? make<true, true>(input) : make<true, false>(input))
                                         : (skip ? make<false, true>(input) : make<false, false>(input));
    r.has_identity = false;
    r.has_index = true;
    return r;
}

}  // namespace heddle::kernels
