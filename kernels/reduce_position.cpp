#include "kernels/reduce_loops.hpp"

namespace heddle::kernels {

using namespace reduction;
Reducer make_position(Reduce reduce, bool skip, DType input);

namespace {

template <bool lowest, bool skip>
Reducer make(DType input) {
    using I = ArgExtreme<std::int64_t, lowest, false>;
    using U = ArgExtreme<std::uint64_t, lowest, false>;
    using R = ArgExtreme<double, lowest, skip>;
    using C = ArgExtreme<Complex<double>, lowest, skip>;
    if (is_bool(input) || is_signed(input)) return reducer<I, DType::int64>(DType::int64);
    if (is_unsigned(input)) return reducer<U, DType::int64>(DType::uint64);
    if (is_float(input)) return reducer<R, DType::int64>(DType::float64);
    return reducer<C, DType::int64>(DType::complex128);
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
