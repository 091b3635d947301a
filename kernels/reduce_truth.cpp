#include "kernels/reduce_loops.hpp"

namespace heddle::kernels {

Reducer make_truth(Reduce reduce, bool skip, DType input);

namespace {

// All three from the number of true bytes.
template <Truth kind>
void fold_bytes(void* state, const void* values, std::int64_t n, std::int64_t) {
    const auto* x = static_cast<const std::uint8_t*>(values);
    std::uint32_t truths = 0;
    for (std::int64_t i = 0; i < n; ++i) truths += std::min(x[i], std::uint8_t{1});
    const std::int64_t whole = truths;
    static_cast<TruthOf<bool, kind, false>*>(state)->state = kind == Truth::count                             ? whole
                                                             : (kind == Truth::any ? whole != 0 : whole == n) ? 1
                                                                                                              : 0;
}

template <Truth kind, DType output>
Reducer make(bool skip, DType input) {
    if (!skip) {
        Reducer r = reducer<TruthOf<bool, kind, false>, output>(DType::boolean);
        r.fold = fold_bytes<kind>;
        return r;
    }
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
