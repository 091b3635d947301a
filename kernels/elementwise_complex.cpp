#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

const KernelSet* find_complex(Op op, DType t) {
    using Arithmetic = Table<Isa::baseline, Singles::none, ComplexTypes, Op::add, Op::subtract, Op::multiply,
                             Op::divide, Op::power, Op::negative, Op::square, Op::reciprocal, Op::sign, Op::abs,
                             Op::real, Op::imag, Op::conj, Op::angle, Op::equal, Op::not_equal, Op::less,
                             Op::less_equal, Op::minimum, Op::maximum, Op::fmin, Op::fmax, Op::clip>;
    using Functions =
        Table<Isa::baseline, Singles::none, ComplexTypes, Op::sqrt, Op::exp, Op::exp2, Op::expm1, Op::log, Op::log2,
              Op::log10, Op::log1p, Op::sin, Op::cos, Op::tan, Op::arcsin, Op::arccos, Op::arctan, Op::sinh, Op::cosh,
              Op::tanh, Op::arcsinh, Op::arccosh, Op::arctanh, Op::round, Op::isnan, Op::isfinite, Op::isinf>;
    const KernelSet* found = Arithmetic::find(op, t);
    return found != nullptr ? found : Functions::find(op, t);
}

}  // namespace heddle::kernels
