#include "kernels/reduce_loops.hpp"

namespace heddle::kernels {

Reducer make_moment(Reduce reduce, bool skip, DType input);

namespace {

template <bool skip>
Reducer make_mean(DType input) {
    using R = std::conditional_t<skip, NanMean<double>, Mean<double>>;
    using C = std::conditional_t<skip, NanMean<Complex<double>>, Mean<Complex<double>>>;
    switch (input) {
        case DType::float16:
            return reducer<R, DType::float16>(DType::float64);
        case DType::float32:
            return reducer<R, DType::float32>(DType::float64);
        case DType::complex64:
            return reducer<C, DType::complex64>(DType::complex128);
        case DType::complex128:
            return reducer<C, DType::complex128>(DType::complex128);
        default:
            return reducer<R, DType::float64>(DType::float64);
    }
}

template <class T, bool skip, bool root, DType output>
Reducer variance(DType input) {
    Reducer r = reducer<Variance<T, skip, root>, output>(input);
    r.fold = fold_variance<T, skip, root>;
    return r;
}

template <bool skip, bool root>
Reducer make_variance(DType input) {
    switch (input) {
        case DType::float16:
            return variance<double, skip, root, DType::float16>(DType::float64);
        case DType::float32:
            return variance<double, skip, root, DType::float32>(DType::float64);
        case DType::complex64:
            return variance<Complex<double>, skip, root, DType::float32>(DType::complex128);
        case DType::complex128:
            return variance<Complex<double>, skip, root, DType::float64>(DType::complex128);
        default:
            return variance<double, skip, root, DType::float64>(DType::float64);
    }
}

}  // namespace

Reducer make_moment(Reduce reduce, bool skip, DType input) {
    if (reduce == Reduce::mean) return skip ? make_mean<true>(input) : make_mean<false>(input);
    if (reduce == Reduce::var) return skip ? make_variance<true, false>(input) : make_variance<false, false>(input);
    return skip ? make_variance<true, true>(input) : make_variance<false, true>(input);
}

}  // namespace heddle::kernels
