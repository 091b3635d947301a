#pragma once

#include <array>
#include <span>

#include "heddle/dtype.hpp"
#include "host/expr/scalar.hpp"
#include "kernels/elementwise_ops.hpp"

namespace heddle::expr {

using kernels::Op;

// An operand's element type. A weak one is a Python number (int64 or uint64: int, float64: float, complex128: complex),
// which takes the type of the operands beside it (NEP 50). A bool is never weak.
struct OperandType {
    DType dtype;
    bool weak = false;
};

// NumPy's promotion of two array types; exists for every pair.
DType promote_types(DType a, DType b);

// numpy.result_type with weak numbers.
DType result_type(std::span<const OperandType> operands);

// Whether every value of `from` is a value of `to` (numpy.can_cast(…, "safe"): int64 → float64 counts as safe).
bool can_cast_safely(DType from, DType to);

// The types that an operation's arguments must be cast to, and the type of its result.
struct Resolved {
    std::array<DType, 3> arguments;
    DType result;
};

// NumPy 2's rules. Throws DTypeError, which says what types would work, or ArgumentError for a wrong number of
// operands.
Resolved resolve(Op op, std::span<const OperandType> operands);

// Throws ArgumentError when a weak integer is not a value of the integer type that it takes.
void check_weak_fits(const Scalar& value, DType dtype);

}  // namespace heddle::expr
