#include "kernels/reduce_loops.hpp"

namespace heddle::kernels {

Reducer make_extreme(Reduce reduce, bool skip, DType input);

namespace {

template <bool lowest, bool skip, DType output>
Reducer real() {
    Reducer r = reducer<Extreme<double, lowest, skip>, output>(DType::float64);
    r.fold = fold_extreme<lowest, skip>;
    return r;
}

template <bool lowest, bool skip>
Reducer make(DType input) {
    using I = Extreme<std::int64_t, lowest, false>;
    using U = Extreme<std::uint64_t, lowest, false>;
    using C = Extreme<Complex<double>, lowest, skip>;
    switch (input) {
        case DType::boolean:
            return reducer<I, DType::boolean>(DType::int64);
        case DType::int8:
            return reducer<I, DType::int8>(DType::int64);
        case DType::int16:
            return reducer<I, DType::int16>(DType::int64);
        case DType::int32:
            return reducer<I, DType::int32>(DType::int64);
        case DType::int64:
            return reducer<I, DType::int64>(DType::int64);
        case DType::uint8:
            return reducer<U, DType::uint8>(DType::uint64);
        case DType::uint16:
            return reducer<U, DType::uint16>(DType::uint64);
        case DType::uint32:
            return reducer<U, DType::uint32>(DType::uint64);
        case DType::uint64:
            return reducer<U, DType::uint64>(DType::uint64);
        case DType::float16:
            return real<lowest, skip, DType::float16>();
        case DType::float32:
            return real<lowest, skip, DType::float32>();
        case DType::float64:
            return real<lowest, skip, DType::float64>();
        case DType::complex64:
            return reducer<C, DType::complex64>(DType::complex128);
        default:
            return reducer<C, DType::complex128>(DType::complex128);
    }
}

}  // namespace

Reducer make_extreme(Reduce reduce, bool skip, DType input) {
    Reducer r = reduce == Reduce::min ? (skip ? make<true, true>(input) : make<true, false>(input))
                                      : (skip ? make<false, true>(input) : make<false, false>(input));
    r.has_identity = false;
    return r;
}

}  // namespace heddle::kernels
