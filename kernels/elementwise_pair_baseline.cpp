#include "kernels/elementwise_pair.hpp"

namespace heddle::kernels {

template <>
const KernelSet* find_pair_kernels<Isa::baseline>(Op first, Op second, Nesting nesting, DType t) {
    if (t == DType::float32) return find_pair_of<Isa::baseline, float>(first, second, nesting);
    if (t == DType::float64) return find_pair_of<Isa::baseline, double>(first, second, nesting);
    return nullptr;
}

}  // namespace heddle::kernels
