#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "heddle/dtype.hpp"
#include "kernels/elementwise_ops.hpp"

namespace heddle::kernels {

// Computes out[i] from a[i], b[i], c[i] for i < n. out may be the same memory as an argument of the same element size.
using Kernel = void (*)(const void* a, const void* b, const void* c, void* out, std::int64_t n);

// The variants of one operation. Bit i of the index says that argument i is one value for all elements; null where the
// caller must repeat it instead. Variant 0 always exists.
struct KernelSet {
    std::array<Kernel, 8> variants{};
};

// The instruction sets that kernels are compiled for; results have the same bits.
enum class Isa : std::uint8_t { baseline, avx2, avx512 };  // avx2 with fma

// What find_… hands out: the best that this processor has, or what use_isa chose (for tests and comparisons; do not
// call it while another thread builds programs). use_isa of what the processor lacks throws NotBuilt.
Isa active_isa();
Isa best_isa();
void use_isa(Isa isa);

// The kernel of an operation whose arguments are of type `compute` (selection: its last two; truth: bool), as
// host/expr/typing resolves it. Null for float16 (but for `where`): it computes in float32. Null too for what
// ProgramBuilder writes with other operations (greater, positive, …) and where NumPy has no such operation.
const KernelSet* find_elementwise(Op op, DType compute);

// NumPy's astype for every pair of types.
const KernelSet* find_cast(DType from, DType to);

// (a first b) second c, or c second (a first b), each rounded: what two calls would give. Null where there is none.
enum class Nesting : std::uint8_t { left, right };
const KernelSet* find_pair(Op first, Op second, Nesting nesting, DType compute);

// Three operations on four arguments, each rounded as in a call of its own; null where there is no such kernel.
using Kernel4 = void (*)(const void* a, const void* b, const void* c, const void* d, void* out, std::int64_t n);
// (a left b) outer (c right d)
Kernel4 find_balanced(Op left, Op right, Op outer, DType compute);
// ((a inner b) middle c) outer d; a Nesting says on which side of its operation the nested part stands.
Kernel4 find_chain(Op inner, Op middle, Nesting middle_nesting, Op outer, Nesting outer_nesting, DType compute);

// Fills n elements of `width` bytes with the one at `value`.
void splat(const void* value, std::size_t width, void* out, std::int64_t n);

// Copies past the cache: for results that nothing reads soon.
void stream_copy(const void* from, void* to, std::int64_t bytes);
// After the last stream_copy, before another thread may read the copies.
void stream_fence();

}  // namespace heddle::kernels
