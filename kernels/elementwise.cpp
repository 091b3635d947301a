#include "kernels/elementwise.hpp"

#include <atomic>
#include <cstring>

#include "heddle/error.hpp"
#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {
namespace {

std::atomic<Isa>& chosen() {
    static std::atomic<Isa> isa{best_isa()};
    return isa;
}

template <Isa isa>
const KernelSet* find_vectorised(Op op, DType compute) {
    const KernelSet* found = find_real<isa>(op, compute);
    if (found == nullptr) found = find_whole<isa>(op, compute);
    if (found == nullptr) found = find_compare<isa>(op, compute);
    return found;
}

template <class T>
void splat_as(const void* value, void* out, std::int64_t n) {
    T element;
    std::memcpy(&element, value, sizeof(T));
    std::fill_n(static_cast<T*>(out), n, element);
}

}  // namespace

Isa best_isa() {
#if defined(__x86_64__)
    static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    static const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return avx512 ? Isa::avx512 : avx2 ? Isa::avx2 : Isa::baseline;
#else
    return Isa::baseline;
#endif
}

Isa active_isa() { return chosen().load(std::memory_order_relaxed); }

void use_isa(Isa isa) {
    if (isa > best_isa())
        throw NotBuilt(isa == Isa::avx2 ? "cannot use the AVX2 kernels" : "cannot use the AVX-512 kernels",
                       "this processor lacks the instructions", "use those that best_isa() names");
    chosen().store(isa, std::memory_order_relaxed);
}

const KernelSet* find_elementwise(Op op, DType compute) {
    const Isa isa = active_isa();
    const KernelSet* found =
        isa == Isa::baseline ? find_vectorised<Isa::baseline>(op, compute) : find_vectorised<Isa::avx2>(op, compute);
    // What memory feeds gains nothing from wider registers; what computes does.
    if (found == nullptr) {
        found = isa == Isa::avx512 ? find_math<Isa::avx512>(op, compute)
                : isa == Isa::avx2 ? find_math<Isa::avx2>(op, compute)
                                   : find_math<Isa::baseline>(op, compute);
    }
    if (found == nullptr) found = find_integer(op, compute);
    if (found == nullptr) found = find_remainder(op, compute);
    if (found == nullptr) found = find_complex(op, compute);
    return found;
}

const KernelSet* find_cast(DType from, DType to) {
    return active_isa() >= Isa::avx2 ? find_cast_kernels<Isa::avx2>(from, to)
                                     : find_cast_kernels<Isa::baseline>(from, to);
}

const KernelSet* find_pair(Op first, Op second, Nesting nesting, DType compute) {
    return active_isa() >= Isa::avx2 ? find_pair_kernels<Isa::avx2>(first, second, nesting, compute)
                                     : find_pair_kernels<Isa::baseline>(first, second, nesting, compute);
}

Kernel4 find_balanced(Op left, Op right, Op outer, DType compute) {
    return active_isa() >= Isa::avx2 ? find_balanced_kernel<Isa::avx2>(left, right, outer, compute)
                                     : find_balanced_kernel<Isa::baseline>(left, right, outer, compute);
}

Kernel4 find_chain(Op inner, Op middle, Nesting middle_nesting, Op outer, Nesting outer_nesting, DType compute) {
    const auto find = active_isa() >= Isa::avx2 ? find_chain_kernel<Isa::avx2> : find_chain_kernel<Isa::baseline>;
    return find(inner, middle, middle_nesting, outer, outer_nesting, compute);
}

void splat(const void* value, std::size_t width, void* out, std::int64_t n) {
    switch (width) {
        case 1:
            return splat_as<std::uint8_t>(value, out, n);
        case 2:
            return splat_as<std::uint16_t>(value, out, n);
        case 4:
            return splat_as<std::uint32_t>(value, out, n);
        case 8:
            return splat_as<std::uint64_t>(value, out, n);
        default:
            return splat_as<Complex<double>>(value, out, n);
    }
}

}  // namespace heddle::kernels
