#include "kernels/reduce_loops.hpp"

namespace heddle::kernels {

Reducer make_sum(bool skip, DType input);
Reducer make_prod(bool skip, DType input);

namespace {

template <template <class, bool> class S, bool skip>
Reducer make(DType input) {
    if (is_bool(input) || is_signed(input)) return reducer<S<std::int64_t, false>, DType::int64>(DType::int64);
    if (is_unsigned(input)) return reducer<S<std::uint64_t, false>, DType::uint64>(DType::uint64);
    switch (input) {
        case DType::float16:
            return reducer<S<double, skip>, DType::float16>(DType::float64);
        case DType::float32:
            return reducer<S<double, skip>, DType::float32>(DType::float64);
        case DType::float64:
            return reducer<S<double, skip>, DType::float64>(DType::float64);
        case DType::complex64:
            return reducer<S<Complex<double>, skip>, DType::complex64>(DType::complex128);
        default:
            return reducer<S<Complex<double>, skip>, DType::complex128>(DType::complex128);
    }
}

}  // namespace

Reducer make_sum(bool skip, DType input) { return skip ? make<Sum, true>(input) : make<Sum, false>(input); }
Reducer make_prod(bool skip, DType input) { return skip ? make<Prod, true>(input) : make<Prod, false>(input); }

}  // namespace heddle::kernels
