#include "host/expr/strided_view.hpp"

#include <algorithm>
#include <cstring>

namespace heddle::expr {
namespace {

struct Wide {
    std::uint64_t words[2];
};

template <class T, bool to_dense>
inline void move_one(T* dense, std::byte* strided) {
    if constexpr (to_dense) {
        std::memcpy(dense, strided, sizeof(T));
    } else {
        std::memcpy(strided, dense, sizeof(T));
    }
}

template <class T, bool to_dense>
void move_run(T* dense, std::byte* strided, std::int64_t stride, std::int64_t n) {
    if (stride == static_cast<std::int64_t>(sizeof(T))) {
        const auto bytes = static_cast<std::size_t>(n) * sizeof(T);
        to_dense ? std::memcpy(dense, strided, bytes) : std::memcpy(strided, dense, bytes);
        return;
    }
    for (std::int64_t i = 0; i < n; ++i) move_one<T, to_dense>(dense + i, strided + i * stride);
}

// Whole rows; short ones without a call each.
template <class T, bool to_dense>
void move_rows(T* dense, std::byte* strided, std::int64_t rows, std::int64_t row_stride, std::int64_t n,
               std::int64_t stride) {
    constexpr std::int64_t kShort = 16;
    if (n > kShort) {
        for (std::int64_t r = 0; r < rows; ++r)
            move_run<T, to_dense>(dense + r * n, strided + r * row_stride, stride, n);
        return;
    }
    for (std::int64_t i = 0; i < n; ++i) {
        for (std::int64_t r = 0; r < rows; ++r) {
            move_one<T, to_dense>(dense + r * n + i, strided + r * row_stride + i * stride);
        }
    }
}

}  // namespace

StridedView::StridedView(std::byte* base, const Shape& extents, const Shape& strides, std::int64_t width)
    : base_(base), width_(width) {
    // From the innermost axis out, each axis either continues the one inside it or begins a new one.
    std::array<std::int64_t, kMaxRank> inner_extents{}, inner_strides{};
    int n = 0;
    for (int a = extents.rank() - 1; a >= 0; --a) {
        if (extents[a] == 1) continue;
        const auto last = static_cast<std::size_t>(n - 1);
        if (n > 0 && strides[a] == inner_strides[last] * inner_extents[last]) {
            inner_extents[last] *= extents[a];
        } else {
            inner_extents[static_cast<std::size_t>(n)] = extents[a];
            inner_strides[static_cast<std::size_t>(n++)] = strides[a];
        }
    }
    if (n == 1 && inner_strides[0] == 0) n = 0;
    rank_ = n;
    std::reverse_copy(inner_extents.begin(), inner_extents.begin() + n, extents_.begin());
    std::reverse_copy(inner_strides.begin(), inner_strides.begin() + n, strides_.begin());
    for (int a = 1; a < n; ++a) period_ *= extents_[static_cast<std::size_t>(a)];
}

std::byte* StridedView::address(std::int64_t index, std::array<std::int64_t, kMaxRank>& position) const {
    std::byte* p = base_;
    for (auto a = static_cast<std::size_t>(rank_); a-- > 0;) {
        position[a] = a == 0 ? index : index % extents_[a];
        if (a > 0) index /= extents_[a];
        p += position[a] * strides_[a];
    }
    return p;
}

std::byte* StridedView::contiguous(std::int64_t first, std::int64_t n) const {
    if (rank_ == 0) return n == 1 ? base_ : nullptr;
    const auto inner = static_cast<std::size_t>(rank_ - 1);
    if (strides_[inner] != width_) return nullptr;
    if (rank_ > 1 && first % extents_[inner] + n > extents_[inner]) return nullptr;
    std::array<std::int64_t, kMaxRank> position;
    return address(first, position);
}

bool StridedView::repeats(std::int64_t first, std::int64_t n, std::byte*& at) const {
    if (rank_ == 0) {
        at = base_;
        return true;
    }
    const auto inner = static_cast<std::size_t>(rank_ - 1);
    if (strides_[inner] != 0 || first % extents_[inner] + n > extents_[inner]) return false;
    std::array<std::int64_t, kMaxRank> position;
    at = address(first, position);
    return true;
}

template <class T, bool to_dense>
void StridedView::transfer(std::int64_t first, std::int64_t n, T* dense) const {
    if (rank_ == 0) return move_run<T, to_dense>(dense, base_, 0, n);
    std::array<std::int64_t, kMaxRank> position;
    std::byte* p = address(first, position);
    const auto inner = static_cast<std::size_t>(rank_ - 1);
    const std::int64_t row = extents_[inner], stride = strides_[inner];
    if (rank_ == 1) return move_run<T, to_dense>(dense, p, stride, n);
    while (n > 0) {
        std::int64_t moved = 0;
        if (position[inner] == 0 && n >= row) {
            const std::int64_t rows = std::min(n / row, extents_[inner - 1] - position[inner - 1]);
            move_rows<T, to_dense>(dense, p, rows, strides_[inner - 1], row, stride);
            position[inner - 1] += rows;
            p += rows * strides_[inner - 1];
            moved = rows * row;
        } else {
            moved = std::min(n, row - position[inner]);
            move_run<T, to_dense>(dense, p, stride, moved);
            position[inner] += moved;
            p += moved * stride;
        }
        dense += moved;
        n -= moved;
        for (std::size_t a = inner; a > 0 && position[a] == extents_[a]; --a) {
            p += strides_[a - 1] - extents_[a] * strides_[a];
            position[a] = 0;
            ++position[a - 1];
        }
        // Whole rows may have filled the axis outside the innermost.
        for (std::size_t a = inner - 1; a > 0 && position[a] == extents_[a]; --a) {
            p += strides_[a - 1] - extents_[a] * strides_[a];
            position[a] = 0;
            ++position[a - 1];
        }
    }
}

template <bool to_dense>
void StridedView::transfer_by_width(std::int64_t first, std::int64_t n, void* dense) const {
    switch (width_) {
        case 1:
            return transfer<std::uint8_t, to_dense>(first, n, static_cast<std::uint8_t*>(dense));
        case 2:
            return transfer<std::uint16_t, to_dense>(first, n, static_cast<std::uint16_t*>(dense));
        case 4:
            return transfer<std::uint32_t, to_dense>(first, n, static_cast<std::uint32_t*>(dense));
        case 8:
            return transfer<std::uint64_t, to_dense>(first, n, static_cast<std::uint64_t*>(dense));
        default:
            return transfer<Wide, to_dense>(first, n, static_cast<Wide*>(dense));
    }
}

void StridedView::pack(std::int64_t first, std::int64_t n, void* dense) const {
    transfer_by_width<true>(first, n, dense);
}

void StridedView::unpack(std::int64_t first, std::int64_t n, const void* dense) const {
    // Only read through: transfer moves from dense memory when to_dense is false.
    transfer_by_width<false>(first, n, const_cast<void*>(dense));
}

}  // namespace heddle::expr
