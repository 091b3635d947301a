#include "kernels/elementwise_triple.hpp"

namespace heddle::kernels {

template <>
Kernel4 find_balanced_kernel<Isa::avx2>(Op left, Op right, Op outer, DType t) {
    if (t == DType::float32) return find_balanced_of<Isa::avx2, float>(left, right, outer);
    if (t == DType::float64) return find_balanced_of<Isa::avx2, double>(left, right, outer);
    return nullptr;
}

template <>
Kernel4 find_chain_kernel<Isa::avx2>(Op inner, Op middle, Nesting middle_nesting, Op outer, Nesting outer_nesting,
                                     DType t) {
    if (t == DType::float32) {
        return find_chain_of<Isa::avx2, float>(inner, middle, middle_nesting, outer, outer_nesting);
    }
    if (t == DType::float64) {
        return find_chain_of<Isa::avx2, double>(inner, middle, middle_nesting, outer, outer_nesting);
    }
    return nullptr;
}

}  // namespace heddle::kernels
