#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "kernels/cast.hpp"

// How generated kernels reach their operands. For device compilers, and for tests that run the same text on a CPU.
namespace heddle::kernels::device {

// n neighbouring elements, at most 16 bytes.
template <class T, int n>
struct Pack {
    T values[n];
};

template <int bytes>
struct WordOf;
// clang-format off
template <> struct WordOf<1> { using type = std::uint8_t; };
template <> struct WordOf<2> { using type = std::uint16_t; };
template <> struct WordOf<4> { using type = std::uint32_t; };
template <> struct WordOf<8> { using type = uint2; };
template <> struct WordOf<16> { using type = uint4; };
// clang-format on

// In memory a bool is a byte, of which any non-zero one is true.
template <class T>
using stored_t = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;

// In one access; `at` is a multiple of the pack's size.
template <class T, int n>
HEDDLE_FN Pack<T, n> load(const std::uint8_t* at) {
    using Stored = Pack<stored_t<T>, n>;
    using Word = typename WordOf<static_cast<int>(sizeof(Stored))>::type;
    const auto stored = std::bit_cast<Stored>(*reinterpret_cast<const Word*>(at));
    Pack<T, n> pack;
    for (int e = 0; e < n; ++e) {
        if constexpr (std::is_same_v<T, bool>) pack.values[e] = stored.values[e] != 0;
        if constexpr (!std::is_same_v<T, bool>) pack.values[e] = stored.values[e];
    }
    return pack;
}
template <class T, int n>
HEDDLE_FN void store(std::uint8_t* at, const Pack<T, n>& pack) {
    using Stored = Pack<stored_t<T>, n>;
    using Word = typename WordOf<static_cast<int>(sizeof(Stored))>::type;
    Stored stored;
    for (int e = 0; e < n; ++e) stored.values[e] = pack.values[e];
    *reinterpret_cast<Word*>(at) = std::bit_cast<Word>(stored);
}
// One element for all.
template <class T, int n>
HEDDLE_FN Pack<T, n> repeat(const std::uint8_t* at) {
    const T value = load<T, 1>(at).values[0];
    Pack<T, n> pack;
    for (int e = 0; e < n; ++e) pack.values[e] = value;
    return pack;
}

// Division of numbers below 2^31 by a multiplication (Granlund and Montgomery, 1994); of larger ones as it is.
struct Divider {
    std::uint64_t divisor;
    std::uint32_t factor, shift;
};
HEDDLE_FN std::uint32_t quotient(std::uint32_t x, const Divider& by) {
    const auto high = static_cast<std::uint32_t>(std::uint64_t{x} * by.factor >> 32);
    return (high + x) >> by.shift;
}
HEDDLE_FN std::uint64_t quotient(std::uint64_t x, const Divider& by) { return x / by.divisor; }

// The coordinates of a linear index; the outermost axis needs no extent, so axis a > 0 has dividers[a - 1].
template <class Index, int rank>
struct Position {
    Index at[rank];
    HEDDLE_FN Position(Index index, const Divider* dividers) {
        for (int axis = rank - 1; axis > 0; --axis) {
            const Index rest = quotient(index, dividers[axis - 1]);
            at[axis] = index - rest * static_cast<Index>(dividers[axis - 1].divisor);
            index = rest;
        }
        at[0] = index;
    }
    HEDDLE_FN std::int64_t offset(const std::int64_t* strides) const {
        std::int64_t sum = 0;
        for (int axis = 0; axis < rank; ++axis) sum += static_cast<std::int64_t>(at[axis]) * strides[axis];
        return sum;
    }
};

// put(place, values) for groups of n elements, from element `begin` on: each thread loads `turns` of them before it
// computes on any.
template <int n, int turns, class Map, class Parameters, class Index, class Put>
HEDDLE_FN void each_group(const Parameters& p, Index begin, Index groups, const Put& put) {
    const auto threads = static_cast<Index>(gridDim.x * blockDim.x);
    for (auto first = static_cast<Index>(blockIdx.x * blockDim.x + threadIdx.x); first < groups;
         first += turns * threads) {
        typename Map::template Inputs<n> in[turns];
#pragma unroll
        for (Index t = 0; t < turns; ++t) {
            const Index group = first + t * threads;
            if (group < groups) in[t] = Map::template load<n>(p, begin + group * n);
        }
#pragma unroll
        for (Index t = 0; t < turns; ++t) {
            const Index group = first + t * threads;
            if (group < groups) put(begin + group * n, Map::template evaluate<n>(p, in[t]));
        }
    }
}

// All elements: packs of n first, as many as the host says may be moved as such, then the rest one by one.
template <int n, int turns, class Map, class Index, class Parameters, class Put>
HEDDLE_FN void each(const Parameters& p, const Put& put) {
    const auto packs = static_cast<Index>(p.packs), count = static_cast<Index>(p.count);
    if constexpr (n > 1) each_group<n, turns, Map>(p, Index{0}, packs, put);
    each_group<1, (n > 1 ? 1 : turns), Map>(p, packs * n, count - packs * n, put);
}

template <int n, int turns, class Map, class Index, class Parameters>
HEDDLE_FN void map(const Parameters& p) {
    each<n, turns, Map, Index>(p, [&p](Index at, const auto& out) { Map::store(p, at, out); });
}

}  // namespace heddle::kernels::device
