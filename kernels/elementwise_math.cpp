#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

// float32 and float64 through library functions, one element at a time.
const KernelSet* find_math(Op op, DType t) {
    using All = Table<Isa::baseline, Singles::none, RealTypes, Op::floor_divide, Op::remainder, Op::fmod, Op::power,
                      Op::cbrt, Op::exp, Op::exp2, Op::expm1, Op::log, Op::log2, Op::log10, Op::log1p, Op::sin, Op::cos,
                      Op::tan, Op::arcsin, Op::arccos, Op::arctan, Op::arctan2, Op::sinh, Op::cosh, Op::tanh,
                      Op::arcsinh, Op::arccosh, Op::arctanh, Op::hypot, Op::angle>;
    return All::find(op, t);
}

}  // namespace heddle::kernels
