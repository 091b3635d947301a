#include "kernels/reduce_loops.hpp"

namespace heddle::kernels {

using namespace reduction;
Reducer make_truth(Reduce reduce, bool skip, DType input);

namespace {

template <Truth kind, DType output>
Reducer make(bool skip, DType input) {
    if (!skip) return reducer<TruthOf<bool, kind, false>, output>(DType::boolean);
    if (is_complex(input)) return reducer<TruthOf<Complex<double>, kind, true>, output>(DType::complex128);
    return reducer<TruthOf<double, kind, true>, output>(DType::float64);
}

}  // namespace

// Without NaN to skip the values come as bool: an eighth of the bytes of the other reductions.
Reducer make_truth(Reduce reduce, bool skip, DType input) {
    if (reduce == Reduce::any) return make<Truth::any, DType::boolean>(skip, input);
    if (reduce == Reduce::all) return make<Truth::all, DType::boolean>(skip, input);
    return make<Truth::count, DType::int64>(skip, input);
}

}  // namespace heddle::kernels
