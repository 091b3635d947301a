#pragma once

#include <bit>
#include <cstdint>

#include "kernels/device_access.hpp"
#include "kernels/reduce_state.hpp"

// The loops of reduce_loops.hpp for a group of kLanes / n threads of a warp, each of which holds n neighbouring lanes:
// the same values join in the same order. All threads of a warp must make each call together.
namespace heddle::kernels::device {

inline constexpr unsigned kWholeWarp = 0xffffffffu;

template <class S>
struct Words {
    std::uint32_t words[sizeof(S) / 4];
};

// The state of the thread `delta` further on in each group of `width`.
template <class S>
HEDDLE_FN S from_below(const S& state, unsigned delta, int width) {
    auto moved = std::bit_cast<Words<S>>(state);
    for (auto& word : moved.words) word = __shfl_down_sync(kWholeWarp, word, delta, width);
    return std::bit_cast<S>(moved);
}
// The state of each group's first thread.
template <class S>
HEDDLE_FN S from_first(const S& state, int width) {
    auto moved = std::bit_cast<Words<S>>(state);
    for (auto& word : moved.words) word = __shfl_sync(kWholeWarp, word, 0, width);
    return std::bit_cast<S>(moved);
}

// Joins a leaf's lanes in pairs; the result is the group's first thread's.
template <class S, int n>
HEDDLE_FN S join(S (&lanes)[n]) {
    constexpr int kThreads = static_cast<int>(kLanes) / n;
    for (int step = 1; step < n; step *= 2) {
        for (int l = 0; l < n; l += 2 * step) lanes[l].merge(lanes[l + step]);
    }
    for (int step = 1; step < kThreads; step *= 2) {
        const S right = from_below(lanes[0], static_cast<unsigned>(step), kThreads);
        // Only the left one of a pair goes on; the others' states are not looked at again.
        lanes[0].merge(right);
    }
    return lanes[0];
}

// Gives `take(lane, results, element, place)` this thread's values of a leaf of `length` values: those of lane `lane`
// are `element` of each of the results. Whole rounds ask nothing on the way, so that several loads are under way.
template <int n, class Values, class Take>
HEDDLE_FN void walk(int thread, int length, const Values& values, const Take& take) {
    constexpr int kRound = static_cast<int>(kLanes);
    const int whole = length - length % kRound;
#pragma unroll 4
    for (int round = 0; round < whole; round += kRound) {
        const int place = round + thread * n;
        if constexpr (Values::kPacked) {
            const auto pack = values.template of<n>(place);
            for (int e = 0; e < n; ++e) take(e, pack, e, place + e);
        } else {
            for (int e = 0; e < n; ++e) take(e, values.template of<1>(place + e), 0, place + e);
        }
    }
    for (int e = 0; e < n; ++e) {
        const int place = whole + thread * n + e;
        if (place < length) take(e, values.template of<1>(place), 0, place);
    }
}

// How a state's leaf is folded: in lanes that are then joined; the variance in two walks.
template <class S, int n>
struct Fold {
    using State = S;
    static constexpr bool kTwice = false;
    S lanes[n];
    HEDDLE_FN void init() {
        for (auto& lane : lanes) lane.init();
    }
    template <class T>
    HEDDLE_FN void add(int lane, T x, std::int64_t number) {
        lanes[lane].add(x, number);
    }
    HEDDLE_FN void end(int) { lanes[0] = join(lanes); }
    template <class T>
    HEDDLE_FN void add_again(int, T) {}
    HEDDLE_FN void end_again() {}
    HEDDLE_FN S result() const { return lanes[0]; }
};

template <class T>
HEDDLE_FN double counted(const Mean<T>&, int length) {
    return static_cast<double>(length);
}
template <class T>
HEDDLE_FN double counted(const NanMean<T>& sum, int) {
    return sum.count;
}

// The mean first, then the squares around it, as fold_variance of reduce_loops.hpp.
template <class T, bool skip, bool root, int n>
struct Fold<Variance<T, skip, root>, n> {
    using State = Variance<T, skip, root>;
    static constexpr bool kTwice = true;
    Fold<std::conditional_t<skip, NanMean<T>, Mean<T>>, n> sum;
    Around<T> lanes[n];
    State state;
    HEDDLE_FN void init() {
        sum.init();
        for (auto& lane : lanes) lane.squares = 0;
        state.init();
    }
    HEDDLE_FN void add(int lane, T x, std::int64_t) { sum.add(lane, x, 0); }
    HEDDLE_FN void end(int length) {
        sum.end(length);
        const auto whole = from_first(sum.result(), static_cast<int>(kLanes) / n);
        state.mean = whole.state;
        state.count = counted(whole, length);
        // Not a branch: all threads of the warp join the squares. A leaf without values keeps 0 / 0 apart.
        if (state.count != 0) state.mean = divided(state.mean, state.count);
    }
    HEDDLE_FN void add_again(int lane, T x) { lanes[lane].add(skip && is_nan(x) ? T{} : fn::subtract(x, state.mean)); }
    HEDDLE_FN void end_again() {
        const double squares = join(lanes).squares;
        if (state.count != 0) state.m2 = squares;
    }
    HEDDLE_FN State result() const { return state; }
};

// Several states of the same elements, the k-th one and those after it: each takes a result of the program's.
template <int k, class... F>
struct Folds {
    static constexpr bool kTwice = false;
    HEDDLE_FN void init() {}
    template <class Results>
    HEDDLE_FN void add(int, const Results&, int, std::int64_t) {}
    HEDDLE_FN void end(int) {}
    template <class Results>
    HEDDLE_FN void add_again(int, const Results&, int) {}
    HEDDLE_FN void end_again() {}
    HEDDLE_FN void store(std::uint8_t* const*, std::int64_t) const {}
};
template <int k, class F, class... Rest>
struct Folds<k, F, Rest...> {
    static constexpr bool kTwice = F::kTwice || Folds<k + 1, Rest...>::kTwice;
    F own;
    Folds<k + 1, Rest...> rest;
    HEDDLE_FN void init() {
        own.init();
        rest.init();
    }
    template <class Results>
    HEDDLE_FN void add(int lane, const Results& results, int element, std::int64_t number) {
        own.add(lane, results.template get<k>().values[element], number);
        rest.add(lane, results, element, number);
    }
    HEDDLE_FN void end(int length) {
        own.end(length);
        rest.end(length);
    }
    template <class Results>
    HEDDLE_FN void add_again(int lane, const Results& results, int element) {
        own.add_again(lane, results.template get<k>().values[element]);
        rest.add_again(lane, results, element);
    }
    HEDDLE_FN void end_again() {
        own.end_again();
        rest.end_again();
    }
    HEDDLE_FN void store(std::uint8_t* const* states, std::int64_t place) const {
        reinterpret_cast<typename F::State*>(states[k])[place] = own.result();
        rest.store(states, place);
    }
};

template <int n, class All, class Values>
HEDDLE_FN void fold(All& all, int thread, int length, std::int64_t number, const Values& values) {
    all.init();
    walk<n>(thread, length, values,
            [&](int lane, const auto& results, int e, int place) { all.add(lane, results, e, number + place); });
    all.end(length);
    if constexpr (All::kTwice) {
        walk<n>(thread, length, values,
                [&](int lane, const auto& results, int e, int) { all.add_again(lane, results, e); });
        all.end_again();
    }
}

inline constexpr unsigned kWarp = 32;

// The values of a leaf whose first element is `at`; `packed`: whole rounds may be moved in packs.
template <bool packed, class Map, class Parameters, class Index>
struct LeafValues {
    static constexpr bool kPacked = packed;
    const Parameters& p;
    Index at;
    template <int n>
    HEDDLE_FN auto of(int place) const {
        return Map::template evaluate<n>(p, Map::template load<n>(p, at + static_cast<Index>(place)));
    }
};

// The states of each leaf of each row, by a group of threads a leaf.
template <int n, int row_rank, class Map, class Index, class... S, class Parameters>
HEDDLE_FN void leaves(const Parameters& p) {
    constexpr unsigned kThreads = static_cast<unsigned>(kLanes) / n, kGroups = kWarp / kThreads;
    const auto groups = static_cast<Index>(gridDim.x * (blockDim.x / kThreads));
    const auto own = static_cast<Index>(blockIdx.x * (blockDim.x / kThreads) + threadIdx.x / kThreads);
    const auto thread = static_cast<int>(threadIdx.x % kThreads);
    const auto segments = static_cast<Index>(p.segments), all = static_cast<Index>(p.rows) * segments;
    // The threads of a warp go round together, also those of groups without a leaf.
    for (Index turn = own - own % kGroups; turn < all; turn += groups) {
        const Index leaf = turn + own % kGroups;
        const bool exists = leaf < all;
        const Index row = exists ? leaf / segments : 0, segment = exists ? leaf - row * segments : 0;
        const Index begin = segment * static_cast<Index>(p.leaf), end = begin + static_cast<Index>(p.leaf);
        const auto row_length = static_cast<Index>(p.row_length), at = row * row_length + begin;
        const int length = exists ? static_cast<int>((end < row_length ? end : row_length) - begin) : 0;
        std::int64_t number = p.first_number + static_cast<std::int64_t>(begin), place = segment;
        if constexpr (row_rank > 1) {
            const Position<Index, row_rank> outer(row, p.row_dividers);
            number += outer.offset(p.numbers);
            place += outer.offset(p.places);
        } else if constexpr (row_rank == 1) {
            number += static_cast<std::int64_t>(row) * p.numbers[0];
            place += static_cast<std::int64_t>(row) * p.places[0];
        }
        Folds<0, Fold<S, n>...> all;
        if (n > 1 && p.packs != 0)
            fold<n>(all, thread, length, number, LeafValues<(n > 1), Map, Parameters, Index>{p, at});
        else
            fold<n>(all, thread, length, number, LeafValues<false, Map, Parameters, Index>{p, at});
        if (exists && thread == 0) all.store(p.states, place);
    }
}

// A column's elements go into the state one after the other.
template <class S>
struct Column {
    using State = S;
    static constexpr bool kTwice = false;
    S state;
    HEDDLE_FN void init() { state.init(); }
    template <class T>
    HEDDLE_FN void add(int, T x, std::int64_t number) {
        state.add(x, number);
    }
    HEDDLE_FN S result() const { return state; }
};

// The states of each leaf of each column, by a thread a leaf; neighbouring threads have neighbouring columns. Leaves
// begin anew with every `period` elements of a column, each period in `segments` of them, of which the last may be
// shorter.
template <class Map, class Index, class... S, class Parameters>
HEDDLE_FN void columns(const Parameters& p) {
    const auto threads = static_cast<Index>(gridDim.x * blockDim.x);
    const auto columns = static_cast<Index>(p.columns), leaves = static_cast<Index>(p.leaves);
    const auto leaf_length = static_cast<Index>(p.leaf), period = static_cast<Index>(p.period);
    const auto segments = static_cast<Index>(p.segments);
    for (auto i = static_cast<Index>(blockIdx.x * blockDim.x + threadIdx.x); i < columns * leaves; i += threads) {
        const Index leaf = i / columns, column = i - leaf * columns;
        const Index round = leaf / segments, begin = round * period + (leaf - round * segments) * leaf_length;
        const Index end = begin + leaf_length < (round + 1) * period ? begin + leaf_length : (round + 1) * period;
        Folds<0, Column<S>...> all;
        all.init();
#pragma unroll 4
        for (Index r = begin; r < end; ++r) {
            const auto in = Map::template load<1>(p, r * columns + column);
            all.add(0, Map::template evaluate<1>(p, in), 0, p.first_number + static_cast<std::int64_t>(r));
        }
        all.store(p.states, static_cast<std::int64_t>(column) * static_cast<std::int64_t>(leaves) +
                                static_cast<std::int64_t>(leaf));
    }
}

}  // namespace heddle::kernels::device
