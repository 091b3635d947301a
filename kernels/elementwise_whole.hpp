#pragma once

#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

// Integers and bool: what vectorises.
template <Isa isa>
const KernelSet* find_whole(Op op, DType t) {
    using Binary = Table<isa, Singles::all, BoolAndIntegerTypes, Op::add, Op::subtract, Op::multiply, Op::minimum,
                         Op::maximum, Op::bitwise_and, Op::bitwise_or, Op::bitwise_xor>;
    using Rest = Table<isa, Singles::none, BoolAndIntegerTypes, Op::clip, Op::negative, Op::abs, Op::square, Op::sign,
                       Op::invert, Op::left_shift, Op::right_shift>;
    if (op == Op::fmin) op = Op::minimum;
    if (op == Op::fmax) op = Op::maximum;
    const KernelSet* found = Binary::find(op, t);
    return found != nullptr ? found : Rest::find(op, t);
}

}  // namespace heddle::kernels
