#pragma once

#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

// float32 and float64: the functions of math.hpp.
template <Isa isa>
const KernelSet* find_math(Op op, DType t) {
    using All = Table<isa, Singles::none, RealTypes, Op::power, Op::cbrt, Op::exp, Op::exp2, Op::expm1, Op::log,
                      Op::log2, Op::log10, Op::log1p, Op::sin, Op::cos, Op::tan, Op::arcsin, Op::arccos, Op::arctan,
                      Op::arctan2, Op::sinh, Op::cosh, Op::tanh, Op::arcsinh, Op::arccosh, Op::arctanh, Op::hypot,
                      Op::erf, Op::erfc, Op::sigmoid, Op::angle>;
    return All::find(op, t);
}

}  // namespace heddle::kernels
