#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

// Integer operations that no vector instruction helps.
const KernelSet* find_integer(Op op, DType t) {
    using All = Table<Isa::baseline, Singles::none, IntegerTypes, Op::floor_divide, Op::remainder, Op::fmod, Op::power,
                      Op::reciprocal>;
    return All::find(op, t);
}

}  // namespace heddle::kernels
