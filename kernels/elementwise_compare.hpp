#pragma once

#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

// Comparisons, logic and selection. `where` moves elements, so it works on their bytes.
template <Isa isa>
const KernelSet* find_compare(Op op, DType t) {
    using AllReal = TypeList<DType::boolean, DType::int8, DType::int16, DType::int32, DType::int64, DType::uint8,
                             DType::uint16, DType::uint32, DType::uint64, DType::float32, DType::float64>;
    using Compare = Table<isa, Singles::all, AllReal, Op::equal, Op::not_equal, Op::less, Op::less_equal>;
    using Logic = Table<isa, Singles::none, TypeList<DType::boolean>, Op::logical_and, Op::logical_or, Op::logical_xor,
                        Op::logical_not>;
    using Bytes = TypeList<DType::uint8, DType::uint16, DType::uint32, DType::uint64, DType::complex128>;
    using Where = Table<isa, Singles::all, Bytes, Op::where>;
    if (op == Op::where) {
        constexpr std::array kBytes{DType::uint8, DType::uint16, DType::uint32, DType::uint64, DType::complex128};
        for (DType same : kBytes) {
            if (size_of(same) == size_of(t)) return Where::find(op, same);
        }
    }
    const KernelSet* found = Compare::find(op, t);
    return found != nullptr ? found : Logic::find(op, t);
}

}  // namespace heddle::kernels
