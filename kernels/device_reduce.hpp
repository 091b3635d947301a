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

// Gives `take(lane, value, place)` this thread's values of a leaf of `length` values. `values.pack(place)` has those of
// [place, place + n), `values.one(place)` one. Whole rounds ask nothing on the way, so that several loads are under
// way.
template <int n, class Values, class Take>
HEDDLE_FN void walk(int thread, int length, const Values& values, const Take& take) {
    constexpr int kRound = static_cast<int>(kLanes);
    const int whole = length - length % kRound;
#pragma unroll 4
    for (int round = 0; round < whole; round += kRound) {
        const int place = round + thread * n;
        const auto pack = values.pack(place);
        for (int e = 0; e < n; ++e) take(e, pack.values[e], place + e);
    }
    for (int e = 0; e < n; ++e) {
        const int place = whole + thread * n + e;
        if (place < length) take(e, values.one(place), place);
    }
}

template <class S, int n, class Values>
HEDDLE_FN S fold(int thread, int length, std::int64_t first_index, const Values& values) {
    S lanes[n];
    for (auto& lane : lanes) lane.init();
    walk<n>(thread, length, values, [&](int e, auto x, int place) { lanes[e].add(x, first_index + place); });
    return join(lanes);
}

// How a state's leaf is folded: the plain way, but for the variance.
template <class S>
struct Leaf {
    template <int n, class Values>
    HEDDLE_FN static S of(int thread, int length, std::int64_t first_index, const Values& values) {
        return fold<S, n>(thread, length, first_index, values);
    }
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
template <class T, bool skip, bool root>
struct Leaf<Variance<T, skip, root>> {
    using Sum = std::conditional_t<skip, NanMean<T>, Mean<T>>;
    template <int n, class Values>
    HEDDLE_FN static Variance<T, skip, root> of(int thread, int length, std::int64_t, const Values& values) {
        constexpr int kThreads = static_cast<int>(kLanes) / n;
        const Sum sum = from_first(fold<Sum, n>(thread, length, 0, values), kThreads);
        Variance<T, skip, root> result;
        result.init();
        result.mean = sum.state;
        result.count = counted(sum, length);
        // Not a branch: all threads of the warp join the squares. A leaf without values keeps 0 / 0 apart.
        if (result.count != 0) result.mean = divided(result.mean, result.count);
        const T mean = result.mean;
        Around<T> lanes[n] = {};
        walk<n>(thread, length, values,
                [&](int e, T value, int) { lanes[e].add(skip && is_nan(value) ? T{} : fn::subtract(value, mean)); });
        const double squares = join(lanes).squares;
        if (result.count != 0) result.m2 = squares;
        return result;
    }
};

inline constexpr unsigned kWarp = 32;

template <class S>
HEDDLE_FN S& state_at(std::uint8_t* states, std::int64_t place) {
    return reinterpret_cast<S*>(states)[place];
}
template <class S>
HEDDLE_FN const S& state_at(const std::uint8_t* states, std::int64_t place) {
    return reinterpret_cast<const S*>(states)[place];
}

// The values of a leaf whose first element is `at`; `packed`: whole rounds may be moved in packs.
template <int n, bool packed, class Map, class Parameters, class Index>
struct LeafValues {
    const Parameters& p;
    Index at;
    HEDDLE_FN auto one(int place) const {
        const auto in = Map::template load<1>(p, at + static_cast<Index>(place));
        return Map::template evaluate<1>(p, in).out0.values[0];
    }
    HEDDLE_FN auto pack(int place) const {
        if constexpr (packed) {
            return Map::template evaluate<n>(p, Map::template load<n>(p, at + static_cast<Index>(place))).out0;
        } else {
            Pack<decltype(one(0)), n> result;
            for (int e = 0; e < n; ++e) result.values[e] = one(place + e);
            return result;
        }
    }
};

// One state for each leaf of each row, by a group of threads a leaf.
template <int n, int row_rank, class S, class Map, class Index, class Parameters>
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
        S state;
        if (n > 1 && p.packs != 0) {
            using Values = LeafValues<n, (n > 1), Map, Parameters, Index>;
            state = Leaf<S>::template of<n>(thread, length, number, Values{p, at});
        } else {
            using Values = LeafValues<n, false, Map, Parameters, Index>;
            state = Leaf<S>::template of<n>(thread, length, number, Values{p, at});
        }
        if (exists && thread == 0) state_at<S>(p.states, place) = state;
    }
}

// One state for each leaf of each column, by a thread a leaf; neighbouring threads have neighbouring columns.
template <class S, class Map, class Index, class Parameters>
HEDDLE_FN void columns(const Parameters& p) {
    const auto threads = static_cast<Index>(gridDim.x * blockDim.x);
    const auto columns = static_cast<Index>(p.columns), leaves = static_cast<Index>(p.leaves);
    const auto leaf_length = static_cast<Index>(p.leaf), begun = static_cast<Index>(p.begun);
    const auto reduced = static_cast<Index>(p.reduced);
    for (auto i = static_cast<Index>(blockIdx.x * blockDim.x + threadIdx.x); i < columns * leaves; i += threads) {
        const Index leaf = i / columns, column = i - leaf * columns, end = (leaf + 1) * leaf_length - begun;
        S& place = state_at<S>(p.states, static_cast<std::int64_t>(column) * static_cast<std::int64_t>(leaves) + leaf);
        S state;
        state.init();
        if (leaf == 0 && begun > 0) state = place;
#pragma unroll 4
        for (Index r = leaf == 0 ? 0 : leaf * leaf_length - begun; r < (end < reduced ? end : reduced); ++r) {
            const auto in = Map::template load<1>(p, r * columns + column);
            state.add(Map::template evaluate<1>(p, in).out0.values[0], p.first_number + static_cast<std::int64_t>(r));
        }
        place = state;
    }
}

}  // namespace heddle::kernels::device
