#pragma once

#include <algorithm>
#include <complex>
#include <tuple>
#include <utility>

#include "kernels/elementwise.hpp"
#include "kernels/elementwise_call.hpp"

// Makes kernels from the functions in elementwise_fn.hpp. `isa` only tells the instances of differently compiled files
// apart: without it the linker would keep one of them for all.
namespace heddle::kernels {

template <DType t>
struct ElementOf;
// clang-format off
template <> struct ElementOf<DType::boolean> { using type = bool; };
template <> struct ElementOf<DType::int8> { using type = std::int8_t; };
template <> struct ElementOf<DType::int16> { using type = std::int16_t; };
template <> struct ElementOf<DType::int32> { using type = std::int32_t; };
template <> struct ElementOf<DType::int64> { using type = std::int64_t; };
template <> struct ElementOf<DType::uint8> { using type = std::uint8_t; };
template <> struct ElementOf<DType::uint16> { using type = std::uint16_t; };
template <> struct ElementOf<DType::uint32> { using type = std::uint32_t; };
template <> struct ElementOf<DType::uint64> { using type = std::uint64_t; };
template <> struct ElementOf<DType::float16> { using type = Half; };
template <> struct ElementOf<DType::float32> { using type = float; };
template <> struct ElementOf<DType::float64> { using type = double; };
template <> struct ElementOf<DType::complex64> { using type = Complex<float>; };
template <> struct ElementOf<DType::complex128> { using type = Complex<double>; };
// clang-format on
template <DType t>
using element_t = typename ElementOf<t>::type;

// An element as its bytes say; a bool is read as a byte, which vectorises and takes any non-zero one for true.
template <class T>
HEDDLE_FN T load(const T* values, std::int64_t i) {
    if constexpr (std::is_same_v<T, bool>) return reinterpret_cast<const std::uint8_t*>(values)[i] != 0;
    if constexpr (!std::is_same_v<T, bool>) return values[i];
}

// An argument of a loop: n values, or one for all.
template <class T, bool single>
struct Operand {
    const T* values;
    HEDDLE_FN explicit Operand(const void* p) : values(static_cast<const T*>(p)) {}
    HEDDLE_FN T operator[](std::int64_t i) const { return load(values, i); }
};
template <class T>
struct Operand<T, true> {
    T value;
    HEDDLE_FN explicit Operand(const void* p) : value(load(static_cast<const T*>(p), 0)) {}
    HEDDLE_FN T operator[](std::int64_t) const { return value; }
};

// The loops of `omp simd` may overwrite an argument in place: element i needs nothing of the others.
template <Isa isa, class F, class A>
void loop1(const void* a, const void*, const void*, void* out, std::int64_t n) {
    const auto* x = static_cast<const A*>(a);
    auto* result = static_cast<decltype(F::of(A{}))*>(out);
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) result[i] = F::of(load(x, i));
}
// Functions with a form without branches for all arguments but far ones: in blocks, and one by one where one is far.
template <Isa isa, class F, class A>
void loop1_near(const void* a, const void*, const void*, void* out, std::int64_t n) {
    constexpr std::int64_t kBlock = 64;
    const auto* x = static_cast<const A*>(a);
    auto* result = static_cast<A*>(out);
    for (std::int64_t first = 0; first < n; first += kBlock) {
        const std::int64_t end = std::min(n, first + kBlock);
        int far = 0;
        for (std::int64_t i = first; i < end; ++i) far |= math::is_far(x[i]) ? 1 : 0;
        if (far != 0) {
            for (std::int64_t i = first; i < end; ++i) result[i] = F::of(x[i]);
            continue;
        }
#pragma omp simd
        for (std::int64_t i = first; i < end; ++i) result[i] = F::near(x[i]);
    }
}
template <Isa isa, class F, class A, class B>
void loop2(const void* a, const void* b, const void*, void* out, std::int64_t n) {
    const auto* x = static_cast<const A*>(a);
    const auto* y = static_cast<const B*>(b);
    auto* result = static_cast<decltype(F::of(A{}, B{}))*>(out);
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) result[i] = F::of(load(x, i), load(y, i));
}
template <Isa isa, class F, class A, class B, class C>
void loop3(const void* a, const void* b, const void* c, void* out, std::int64_t n) {
    const auto* x = static_cast<const A*>(a);
    const auto* y = static_cast<const B*>(b);
    const auto* z = static_cast<const C*>(c);
    auto* result = static_cast<decltype(F::of(A{}, B{}, C{}))*>(out);
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) result[i] = F::of(load(x, i), load(y, i), load(z, i));
}

// Elements per turn of a vectorised loop; all element types' vectors divide it.
inline constexpr std::int64_t kTurn = 32;

// Whole turns only. Of two NaNs the compiler may keep either, and may choose differently in the rest of a loop: so
// there is no rest, and no result depends on its place.
template <Isa isa, class F, class R, class... Operands>
[[gnu::noinline]] void turns(R* result, std::int64_t n, Operands... operands) {
    n &= ~(kTurn - 1);
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) result[i] = F::of(operands[i]...);
}

template <class T, bool single>
struct Padded {
    std::array<T, kTurn> values{};
    Padded(const Operand<T, single>& from, std::int64_t first, std::int64_t n) {
        for (std::int64_t i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = from[first + i];
    }
    Operand<T, single> operand() const { return Operand<T, single>(values.data()); }
};

template <Isa isa, class F, class R, class... Ts, bool... singles>
HEDDLE_FN void run_turns(R* result, std::int64_t n, Operand<Ts, singles>... operands) {
    const std::int64_t whole = n & ~(kTurn - 1), rest = n - whole;
    if (whole > 0) turns<isa, F, R>(result, whole, operands...);
    if (rest == 0) return;
    std::array<R, kTurn> padded;
    // Unknown to the compiler, which would make a copy of turns for it.
    std::int64_t turn = kTurn;
    asm("" : "+r"(turn));
    turns<isa, F, R>(padded.data(), turn, Padded<Ts, singles>(operands, whole, rest).operand()...);
    std::copy_n(padded.data(), rest, result + whole);
}

template <Isa isa, class F, unsigned mask, class A, class B>
void turns2(const void* a, const void* b, const void*, void* out, std::int64_t n) {
    const Operand<A, (mask & 1) != 0> x(a);
    const Operand<B, (mask & 2) != 0> y(b);
    run_turns<isa, F>(static_cast<decltype(F::of(A{}, B{}))*>(out), n, x, y);
}
template <Isa isa, class F, unsigned mask, class A, class B, class C>
void turns3(const void* a, const void* b, const void* c, void* out, std::int64_t n) {
    const Operand<A, (mask & 1) != 0> x(a);
    const Operand<B, (mask & 2) != 0> y(b);
    const Operand<C, (mask & 4) != 0> z(c);
    run_turns<isa, F>(static_cast<decltype(F::of(A{}, B{}, C{}))*>(out), n, x, y, z);
}

// How many variants for single arguments an operation gets: none for the rest, whose time goes elsewhere.
enum class Singles { none, all };

template <Isa isa, class F, unsigned mask, class... Args>
constexpr Kernel turns_of() {
    if constexpr (sizeof...(Args) == 2) return turns2<isa, F, mask, Args...>;
    if constexpr (sizeof...(Args) == 3) return turns3<isa, F, mask, Args...>;
}

template <Isa isa, class F, Singles singles, class... Args>
constexpr KernelSet kernel_set() {
    KernelSet set;
    if constexpr (!requires(Args... arguments) { F::of(arguments...); }) {
        return set;
    } else if constexpr (sizeof...(Args) == 1) {
        if constexpr (requires(Args... arguments) { F::near(arguments...); })
            set.variants[0] = loop1_near<isa, F, Args...>;
        else
            set.variants[0] = loop1<isa, F, Args...>;
    } else if constexpr (singles == Singles::none) {
        if constexpr (sizeof...(Args) == 2) set.variants[0] = loop2<isa, F, Args...>;
        if constexpr (sizeof...(Args) == 3) set.variants[0] = loop3<isa, F, Args...>;
    } else {
        constexpr std::size_t kMasks = (1u << sizeof...(Args)) - 1;
        [&]<std::size_t... mask>(std::index_sequence<mask...>) {
            ((set.variants[mask] = turns_of<isa, F, mask, Args...>()), ...);
        }
        (std::make_index_sequence<kMasks>{});
    }
    return set;
}

template <Isa isa, Op op, Singles singles, DType t>
constexpr KernelSet op_kernels() {
    using T = element_t<t>;
    if constexpr (op == Op::where) return kernel_set<isa, Fn<op>, singles, bool, T, T>();
    if constexpr (op != Op::where && arity_of(op) == 1) return kernel_set<isa, Fn<op>, singles, T>();
    if constexpr (op != Op::where && arity_of(op) == 2) return kernel_set<isa, Fn<op>, singles, T, T>();
    if constexpr (op != Op::where && arity_of(op) == 3) return kernel_set<isa, Fn<op>, singles, T, T, T>();
}

// The kernels of some operations for some types; find returns null for the others.
template <Isa isa, Singles singles, class Types, Op... ops>
struct Table;
template <DType... types>
struct TypeList {};

template <Isa isa, Singles singles, DType... types, Op... ops>
struct Table<isa, singles, TypeList<types...>, ops...> {
    static const KernelSet* find(Op op, DType t) {
        static constexpr std::array<Op, sizeof...(ops)> kRows{ops...};
        static constexpr std::array<DType, sizeof...(types)> kColumns{types...};
        static constexpr std::array<std::array<KernelSet, sizeof...(types)>, sizeof...(ops)> kSets{row<ops>()...};
        const auto r = std::find(kRows.begin(), kRows.end(), op);
        const auto c = std::find(kColumns.begin(), kColumns.end(), t);
        if (r == kRows.end() || c == kColumns.end()) return nullptr;
        const KernelSet& set =
            kSets[static_cast<std::size_t>(r - kRows.begin())][static_cast<std::size_t>(c - kColumns.begin())];
        return set.variants[0] != nullptr ? &set : nullptr;
    }

private:
    template <Op op>
    static constexpr std::array<KernelSet, sizeof...(types)> row() {
        return {op_kernels<isa, op, singles, types>()...};
    }
};

using RealTypes = TypeList<DType::float32, DType::float64>;
using ComplexTypes = TypeList<DType::complex64, DType::complex128>;
using IntegerTypes = TypeList<DType::int8, DType::int16, DType::int32, DType::int64, DType::uint8, DType::uint16,
                              DType::uint32, DType::uint64>;
using BoolAndIntegerTypes = TypeList<DType::boolean, DType::int8, DType::int16, DType::int32, DType::int64,
                                     DType::uint8, DType::uint16, DType::uint32, DType::uint64>;

// The families, each in files of its own; elementwise.cpp asks them in turn.
const KernelSet* find_integer(Op op, DType t);
const KernelSet* find_remainder(Op op, DType t);
const KernelSet* find_complex(Op op, DType t);
template <Isa isa>
const KernelSet* find_real(Op op, DType t);
template <Isa isa>
const KernelSet* find_math(Op op, DType t);
template <Isa isa>
const KernelSet* find_whole(Op op, DType t);
template <Isa isa>
const KernelSet* find_compare(Op op, DType t);
template <Isa isa>
const KernelSet* find_cast_kernels(DType from, DType to);
template <Isa isa>
const KernelSet* find_pair_kernels(Op first, Op second, Nesting nesting, DType t);
template <Isa isa>
Kernel4 find_balanced_kernel(Op left, Op right, Op outer, DType t);
template <Isa isa>
Kernel4 find_chain_kernel(Op inner, Op middle, Nesting middle_nesting, Op outer, Nesting outer_nesting, DType t);

}  // namespace heddle::kernels
