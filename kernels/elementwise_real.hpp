#pragma once

#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

// float32 and float64: what needs no library function, so vectorises.
template <Isa isa>
const KernelSet* find_real(Op op, DType t) {
    using Binary = Table<isa, Singles::all, RealTypes, Op::add, Op::subtract, Op::multiply, Op::divide, Op::minimum,
                         Op::maximum, Op::fmin, Op::fmax, Op::copysign, Op::clip>;
    using Unary =
        Table<isa, Singles::none, RealTypes, Op::negative, Op::abs, Op::square, Op::reciprocal, Op::sign, Op::sqrt,
              Op::floor, Op::ceil, Op::round, Op::trunc, Op::isnan, Op::isfinite, Op::isinf, Op::deg2rad, Op::rad2deg>;
    const KernelSet* found = Binary::find(op, t);
    return found != nullptr ? found : Unary::find(op, t);
}

}  // namespace heddle::kernels
