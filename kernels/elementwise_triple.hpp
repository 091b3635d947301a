#pragma once

#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

// Three operations in one pass, each rounded as a pass of its own would: (a left b) outer (c right d), or
// ((a inner b) middle c) outer d, where a Nesting says on which side the nested part stands.
inline constexpr std::array kTripleOps{Op::add, Op::subtract, Op::multiply};
inline constexpr std::array kTripleOuter{Op::add, Op::subtract, Op::multiply, Op::divide};

template <Op op, Nesting nesting, class T>
HEDDLE_FN T nested(T inner, T other) {
    return nesting == Nesting::left ? Fn<op>::of(inner, other) : Fn<op>::of(other, inner);
}

template <Op left, Op right, Op outer>
struct Balanced {
    template <class T>
    HEDDLE_FN static T of(T a, T b, T c, T d) {
        return Fn<outer>::of(Fn<left>::of(a, b), Fn<right>::of(c, d));
    }
};

template <Op inner, Op middle, Nesting middle_nesting, Op outer, Nesting outer_nesting>
struct Chain {
    template <class T>
    HEDDLE_FN static T of(T a, T b, T c, T d) {
        return nested<outer, outer_nesting>(nested<middle, middle_nesting>(Fn<inner>::of(a, b), c), d);
    }
};

template <Isa isa, class F, class T>
void turns4(const void* a, const void* b, const void* c, const void* d, void* out, std::int64_t n) {
    using Values = Operand<T, false>;
    run_turns<isa, F>(static_cast<T*>(out), n, Values(a), Values(b), Values(c), Values(d));
}

template <std::size_t n>
std::size_t place_of(const std::array<Op, n>& ops, Op op) {
    return static_cast<std::size_t>(std::find(ops.begin(), ops.end(), op) - ops.begin());
}

template <Isa isa, class T>
Kernel4 find_balanced_of(Op left, Op right, Op outer) {
    static constexpr auto kKernels = []<std::size_t... i>(std::index_sequence<i...>) {
        return std::array<Kernel4, sizeof...(i)>{
            turns4<isa, Balanced<kTripleOps[i / 12], kTripleOps[i / 4 % 3], kTripleOuter[i % 4]>, T>...};
    }
    (std::make_index_sequence<36>{});
    const std::size_t l = place_of(kTripleOps, left), r = place_of(kTripleOps, right),
                      o = place_of(kTripleOuter, outer);
    return l < 3 && r < 3 && o < 4 ? kKernels[l * 12 + r * 4 + o] : nullptr;
}

// The sides of a commutative operation are one kernel.
struct Side {
    Op op;
    Nesting nesting;
};
inline constexpr std::array kSides{Side{Op::add, Nesting::left},       Side{Op::subtract, Nesting::left},
                                   Side{Op::subtract, Nesting::right}, Side{Op::multiply, Nesting::left},
                                   Side{Op::divide, Nesting::left},    Side{Op::divide, Nesting::right}};

inline std::size_t side_of(Op op, Nesting nesting) {
    for (std::size_t i = 0; i < kSides.size(); ++i) {
        const bool commutes = op == Op::add || op == Op::multiply;
        if (kSides[i].op == op && (commutes || kSides[i].nesting == nesting)) return i;
    }
    return kSides.size();
}

template <Isa isa, class T>
Kernel4 find_chain_of(Op inner, Op middle, Nesting middle_nesting, Op outer, Nesting outer_nesting) {
    // The middle has no division: its time would hide what the pass saves.
    static constexpr auto kKernels = []<std::size_t... i>(std::index_sequence<i...>) {
        return std::array<Kernel4, sizeof...(i)>{
            turns4<isa,
                   Chain<kTripleOps[i / 24], kSides[i / 6 % 4].op, kSides[i / 6 % 4].nesting, kSides[i % 6].op,
                         kSides[i % 6].nesting>,
                   T>...};
    }
    (std::make_index_sequence<72>{});
    const std::size_t first = place_of(kTripleOps, inner), m = side_of(middle, middle_nesting),
                      o = side_of(outer, outer_nesting);
    return first < 3 && m < 4 && o < 6 ? kKernels[first * 24 + m * 6 + o] : nullptr;
}

}  // namespace heddle::kernels
