#include "kernels/segment.hpp"

#include <algorithm>
#include <bit>

#include "kernels/elementwise.hpp"

namespace heddle::kernels {
namespace {

constexpr std::int64_t kRows = 256;  // of a leaf of columns; kColumnLeaf of the plain reductions

}  // namespace

SegmentReducer::SegmentReducer(const Reducer& reducer, DType input)
    : reducer_(reducer), input_(input), wide_(static_cast<std::size_t>(kLeaf) * 2) {}

const void* SegmentReducer::widened(const void* values, std::int64_t n) {
    if (input_ == reducer_.input) return values;
    find_cast(input_, reducer_.input)->variants[0](values, nullptr, nullptr, wide_.data(), n);
    return wide_.data();
}

std::byte* SegmentReducer::state(int level) {
    const auto at = static_cast<std::size_t>(level);
    while (states_.size() <= at)
        states_.emplace_back((static_cast<std::size_t>(kSegmentColumns) * reducer_.state_size + 7) / 8);
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

void SegmentReducer::finish(std::int64_t leaves, std::int64_t n, std::int64_t columns, void* out) {
    if (leaves == 0) {
        reducer_.init(state(0), columns);
        return reducer_.finalize(state(0), out, columns, n, 0);
    }
    const auto bits = static_cast<std::uint64_t>(leaves);
    int level = std::countr_zero(bits);
    for (int up = level + 1; up < static_cast<int>(std::bit_width(bits)); ++up) {
        if ((bits >> up) % 2 == 0) continue;
        reducer_.combine(state(up + 1), state(level + 1), columns);
        level = up;
    }
    reducer_.finalize(state(level + 1), out, columns, n, 0);
}

void SegmentReducer::line(const void* values, std::int64_t n, void* out) {
    const auto* from = static_cast<const std::byte*>(values);
    const auto width = static_cast<std::int64_t>(size_of(input_));
    if (n > 0 && n <= kLeaf) {
        reducer_.fold(state(0), widened(from, n), n, 0);
        return reducer_.finalize(state(0), out, 1, n, 0);
    }
    std::int64_t leaves = 0;
    for (std::int64_t i = 0; i < n; i += kLeaf, ++leaves) {
        const auto some = std::min(kLeaf, n - i);
        reducer_.fold(state(0), widened(from + i * width, some), some, i);
        push(leaves, 1);
    }
    finish(leaves, n, 1, out);
}

void SegmentReducer::columns(const void* values, std::int64_t n, std::int64_t stride, std::int64_t columns, void* out) {
    const auto* from = static_cast<const std::byte*>(values);
    const auto row = stride * static_cast<std::int64_t>(size_of(input_));
    std::int64_t leaves = 0;
    for (std::int64_t first = 0; first < n; first += kRows, ++leaves) {
        reducer_.init(state(0), columns);
        for (std::int64_t i = first; i < std::min(n, first + kRows); ++i)
            reducer_.accumulate(state(0), widened(from + i * row, columns), columns, i);
        push(leaves, columns);
    }
    finish(leaves, n, columns, out);
}

}  // namespace heddle::kernels
