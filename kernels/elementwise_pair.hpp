#pragma once

#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {

inline constexpr std::array kPairOps{Op::add, Op::subtract, Op::multiply, Op::divide};

// Two operations in one pass, with the rounding between them that two passes would have.
template <Op first, Op second, Nesting nesting>
struct Pair {
    template <class T>
    HEDDLE_FN static T of(T a, T b, T c) {
        const T inner = Fn<first>::of(a, b);
        return nesting == Nesting::left ? Fn<second>::of(inner, c) : Fn<second>::of(c, inner);
    }
};

template <Isa isa, class T, Op first, Op second>
constexpr std::array<KernelSet, 2> pair_nestings() {
    return {kernel_set<isa, Pair<first, second, Nesting::left>, Singles::all, T, T, T>(),
            kernel_set<isa, Pair<first, second, Nesting::right>, Singles::all, T, T, T>()};
}

template <Isa isa, class T>
constexpr auto pair_sets() {
    return []<std::size_t... i>(std::index_sequence<i...>) {
        return std::array{pair_nestings<isa, T, kPairOps[i / 4], kPairOps[i % 4]>()...};
    }
    (std::make_index_sequence<16>{});
}

template <Isa isa, class T>
const KernelSet* find_pair_of(Op first, Op second, Nesting nesting) {
    static constexpr auto kSets = pair_sets<isa, T>();
    const auto f = std::find(kPairOps.begin(), kPairOps.end(), first) - kPairOps.begin();
    const auto s = std::find(kPairOps.begin(), kPairOps.end(), second) - kPairOps.begin();
    if (f == 4 || s == 4) return nullptr;
    return &kSets[static_cast<std::size_t>(4 * f + s)][static_cast<std::size_t>(nesting)];
}

}  // namespace heddle::kernels
