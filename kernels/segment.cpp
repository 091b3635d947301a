#include "kernels/segment.hpp"

#include <bit>
#include <cstring>
#include <utility>

#include "kernels/reduce_loops.hpp"

namespace heddle::kernels {
namespace {

constexpr std::int64_t kRows = 256;  // of a leaf of columns; kColumnLeaf of the plain reductions

// The state of n values, each in a lane of its own, joined as the lanes of a leaf are. Those that got nothing would
// change nothing in what they join, so the bits are those of a leaf: true of sums and extremes, not of products, where
// infinity times 1 + 0i has a NaN.
template <class S, std::size_t n>
S few(const typename S::Value* x) {
    S left;
    if constexpr (n < 2) {
        left.init();
        if constexpr (n == 1) left.add(x[0], 0);
    } else {
        constexpr std::size_t kHalf = std::bit_floor(n - 1);
        left = few<S, kHalf>(x);
        left.merge(few<S, n - kHalf>(x + kHalf));
    }
    return left;
}

// States of segments that do not fill the lanes.
template <class S>
void fold_short(void* states, const void* values, const std::int64_t* offsets, std::int64_t count) {
    static constexpr auto kFew = []<std::size_t... n>(std::index_sequence<n...>) {
        return std::array<S (*)(const typename S::Value*), sizeof...(n)>{few<S, n>...};
    }
    (std::make_index_sequence<kLanes>());
    auto* s = static_cast<S*>(states);
    const auto* x = static_cast<const typename S::Value*>(values);
    for (std::int64_t i = 0; i < count; ++i)
        s[i] = kFew[static_cast<std::size_t>(offsets[i + 1] - offsets[i])](x + (offsets[i] - offsets[0]));
}

// As fold() of a sum, which a mean's state is too, of values that are widened on their way.
void fold_float32(void* state, const void* values, std::int64_t n) {
    const auto* x = static_cast<const float*>(values);
    std::array<Sum<double, false>, kLanes> lanes{};
    auto* const lane = lanes.data();
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
#pragma omp simd
        for (std::int64_t l = 0; l < kLanes; ++l) lane[l].add(static_cast<double>(x[i + l]), 0);
    }
    for (std::int64_t l = 0; i + l < n; ++l) lane[l].add(static_cast<double>(x[i + l]), 0);
    *static_cast<Sum<double, false>*>(state) = join(lanes);
}

using FoldShort = void (*)(void*, const void*, const std::int64_t*, std::int64_t);

template <class T>
FoldShort find_short(Reduce reduce) {
    switch (reduce) {
        case Reduce::min:
            return fold_short<Extreme<T, true, false>>;
        case Reduce::max:
            return fold_short<Extreme<T, false, false>>;
        default:
            return fold_short<Sum<T, false>>;  // a mean's state is its sum
    }
}

FoldShort find_short(Reduce reduce, DType input) {
    switch (input) {
        case DType::int64:
            return find_short<std::int64_t>(reduce);
        case DType::uint64:
            return find_short<std::uint64_t>(reduce);
        case DType::float64:
            return find_short<double>(reduce);
        default:
            return find_short<Complex<double>>(reduce);
    }
}

std::vector<std::uint64_t> words(std::size_t bytes) { return std::vector<std::uint64_t>((bytes + 7) / 8); }

}  // namespace

SegmentReducer::SegmentReducer(Reduce reduce, DType input)
    : reduce_(reduce),
      reducer_(make_reducer(reduce, false, input)),
      input_(input),
      wide_(static_cast<std::size_t>(kLeaf) * 2),
      batch_(words(static_cast<std::size_t>(kSegmentColumns) * reducer_.state_size)) {}

const void* SegmentReducer::widened(const void* values, std::int64_t n) {
    if (input_ == reducer_.input) return values;
    find_cast(input_, reducer_.input)->variants[0](values, nullptr, nullptr, wide_.data(), n);
    return wide_.data();
}

std::byte* SegmentReducer::state(int level) {
    const auto at = static_cast<std::size_t>(level);
    while (states_.size() <= at)
        states_.push_back(words(static_cast<std::size_t>(kSegmentColumns) * reducer_.state_size));
    return reinterpret_cast<std::byte*>(states_[at].data());
}

void SegmentReducer::push(std::int64_t index, std::int64_t columns) {
    state(0);
    int level = 0;
    for (; (index >> level) % 2 == 1; ++level) {
        reducer_.combine(state(level + 1), state(0), columns);
        std::swap(states_[0], states_[static_cast<std::size_t>(level) + 1]);
    }
    state(level + 1);
    std::swap(states_[0], states_[static_cast<std::size_t>(level) + 1]);
}

const std::byte* SegmentReducer::root(std::int64_t leaves, std::int64_t columns) {
    if (leaves == 0) {
        reducer_.init(state(0), columns);
        return state(0);
    }
    const auto bits = static_cast<std::uint64_t>(leaves);
    int level = std::countr_zero(bits);
    for (int up = level + 1; up < static_cast<int>(std::bit_width(bits)); ++up) {
        if ((bits >> up) % 2 == 0) continue;
        reducer_.combine(state(up + 1), state(level + 1), columns);
        level = up;
    }
    return state(level + 1);
}

void SegmentReducer::leaf(const void* values, std::int64_t n, std::byte* result) {
    if (input_ == DType::float32 && (reduce_ == Reduce::sum || reduce_ == Reduce::mean))
        fold_float32(result, values, n);
    else
        reducer_.fold(result, widened(values, n), n, 0);
}

void SegmentReducer::fold_long(const void* values, std::int64_t n, std::byte* result) {
    std::int64_t leaves = 0;
    for (std::int64_t i = 0; i < n; i += kLeaf, ++leaves) {
        const auto some = std::min(kLeaf, n - i);
        leaf(at(values, i), some, state(0));
        push(leaves, 1);
    }
    std::memcpy(result, root(leaves, 1), reducer_.state_size);
}

void SegmentReducer::fold(const void* values, const std::int64_t* offsets, std::int64_t count) {
    static_assert(kSegmentColumns * kLanes <= kLeaf);  // short ones fit in wide_ together
    const auto short_fold = find_short(reduce_, reducer_.input);
    for (std::int64_t i = 0; i < count;) {
        auto* result = reinterpret_cast<std::byte*>(batch_.data()) + i * static_cast<std::int64_t>(reducer_.state_size);
        const auto* from = at(values, offsets[i]);
        const std::int64_t n = offsets[i + 1] - offsets[i];
        std::int64_t last = i;
        while (last < count && offsets[last + 1] - offsets[last] < kLanes) ++last;
        if (last > i)
            short_fold(result, widened(from, offsets[last] - offsets[i]), offsets + i, last - i);
        else if (n <= kLeaf)
            leaf(from, n, result);
        else
            fold_long(from, n, result);
        i = std::max(last, i + 1);
    }
}

void SegmentReducer::lines(const void* values, const std::int64_t* offsets, std::int64_t count, void* out) {
    const auto width = static_cast<std::int64_t>(size_of(reducer_.output));
    for (std::int64_t first = 0, some = 0; first < count; first += some) {
        const std::int64_t n = offsets[first + 1] - offsets[first], most = std::min(kSegmentColumns, count - first);
        some = 1;
        // Only a mean asks how many values there were.
        while (some < most && (reduce_ != Reduce::mean || offsets[first + some + 1] - offsets[first + some] == n))
            ++some;
        fold(values, offsets + first, some);
        reducer_.finalize(batch_.data(), static_cast<std::byte*>(out) + first * width, some, n, 0);
    }
}

void SegmentReducer::columns(const void* values, std::int64_t n, std::int64_t stride, std::int64_t columns, void* out) {
    std::int64_t leaves = 0;
    for (std::int64_t first = 0; first < n; first += kRows, ++leaves) {
        reducer_.init(state(0), columns);
        for (std::int64_t i = first; i < std::min(n, first + kRows); ++i)
            reducer_.accumulate(state(0), widened(at(values, i * stride), columns), columns, i);
        push(leaves, columns);
    }
    reducer_.finalize(root(leaves, columns), out, columns, n, 0);
}

}  // namespace heddle::kernels
