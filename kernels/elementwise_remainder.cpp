#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

// float32 and float64 by the library's fmod, which is exact.
const KernelSet* find_remainder(Op op, DType t) {
    using All = Table<Isa::baseline, Singles::none, RealTypes, Op::floor_divide, Op::remainder, Op::fmod>;
    return All::find(op, t);
}

}  // namespace heddle::kernels
