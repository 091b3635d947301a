#include "kernels/strided_copy.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "kernels/elementwise.hpp"

namespace heddle::kernels {
namespace {

struct Wide {
    std::uint64_t words[2];
};

// Shorter runs are not worth writing past the cache.
constexpr std::int64_t kStreamed = 4096;
// Rows of fewer elements are copied column by column.
constexpr std::int64_t kShortRow = 16;

using Axis = StridedCopy::Axis;

template <class T>
void copy_one(const std::byte* from, std::byte* to) {
    std::memcpy(to, from, sizeof(T));
}

// A step that the compiler knows lets it move several elements at once.
template <class T, std::int64_t step>
void copy_dense(const std::byte* from, std::byte* to, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i)
        copy_one<T>(from + i * step * std::int64_t{sizeof(T)}, to + i * std::int64_t{sizeof(T)});
}

template <class T>
void repeat(const std::byte* from, std::byte* to, std::int64_t n) {
    T element;
    std::memcpy(&element, from, sizeof(T));
    for (std::int64_t i = 0; i < n; ++i) std::memcpy(to + i * std::int64_t{sizeof(T)}, &element, sizeof(T));
}

template <class T>
void copy_run(const Axis& axis, const std::byte* from, std::byte* to) {
    constexpr std::int64_t width = sizeof(T);
    if (axis.to == width) {
        if (axis.from == width) {
            std::memcpy(to, from, static_cast<std::size_t>(axis.extent * width));
            return;
        }
        if (axis.from == 0) return repeat<T>(from, to, axis.extent);
        if (axis.from == -width) return copy_dense<T, -1>(from, to, axis.extent);
        if (axis.from == 2 * width) return copy_dense<T, 2>(from, to, axis.extent);
    }
    for (std::int64_t i = 0; i < axis.extent; ++i) copy_one<T>(from + i * axis.from, to + i * axis.to);
}

// `inner` lies side by side, or nearly, in the target, `outer` in the source.
template <class T>
void transpose(const Axis& outer, const Axis& inner, const std::byte* from, std::byte* to) {
    // Lines of the source that stay in the first cache while their elements are taken one after the other; a whole line
    // of the target is written each time (scripts/compare shapes: transpose, moveaxis).
    constexpr std::int64_t kRows = 16, kColumns = 64 / std::int64_t{sizeof(T)} * 2;
    for (std::int64_t i = 0; i < inner.extent; i += kRows) {
        const auto rows = std::min(kRows, inner.extent - i);
        for (std::int64_t j = 0; j < outer.extent; j += kColumns) {
            const auto columns = std::min(kColumns, outer.extent - j);
            const std::byte* source = from + i * inner.from + j * outer.from;
            std::byte* target = to + i * inner.to + j * outer.to;
            if (rows == kRows && inner.to == std::int64_t{sizeof(T)}) {
                for (std::int64_t c = 0; c < columns; ++c)
                    for (std::int64_t r = 0; r < kRows; ++r)
                        copy_one<T>(source + c * outer.from + r * inner.from,
                                    target + c * outer.to + r * std::int64_t{sizeof(T)});
                continue;
            }
            for (std::int64_t c = 0; c < columns; ++c)
                for (std::int64_t r = 0; r < rows; ++r)
                    copy_one<T>(source + c * outer.from + r * inner.from, target + c * outer.to + r * inner.to);
        }
    }
}

template <class T>
void copy_rows(const Axis& outer, const Axis& inner, const std::byte* from, std::byte* to) {
    if (std::abs(outer.from) < std::abs(inner.from) && outer.from != 0 && outer.extent > 1 && inner.extent > 1)
        return transpose<T>(outer, inner, from, to);
    if (inner.extent < kShortRow && outer.extent > inner.extent) {
        for (std::int64_t i = 0; i < inner.extent; ++i) copy_run<T>(outer, from + i * inner.from, to + i * inner.to);
        return;
    }
    for (std::int64_t i = 0; i < outer.extent; ++i) copy_run<T>(inner, from + i * outer.from, to + i * outer.to);
}

}  // namespace

StridedCopy::StridedCopy(const Shape& extents, const Shape& from_strides, const Shape& to_strides, std::int64_t width,
                         Writes writes)
    : width_(width) {
    rows_ = width == 1   ? copy_rows<std::uint8_t>
            : width == 2 ? copy_rows<std::uint16_t>
            : width == 4 ? copy_rows<std::uint32_t>
            : width == 8 ? copy_rows<std::uint64_t>
                         : copy_rows<Wide>;
    empty_ = extents.count() == 0;
    add_axes(extents, from_strides, to_strides);
    merge_axes();
    order_by_source();
    constexpr Axis kOne{1, 0, 0};
    if (rank_ < 2) axes_[1] = rank_ == 1 ? axes_[0] : kOne;
    if (rank_ < 2) axes_[0] = kOne;
    rank_ = std::max<std::size_t>(rank_, 2);
    const auto& inner = axes_[rank_ - 1];
    stream_ =
        writes == Writes::past_cache && inner.from == width && inner.to == width && inner.extent * width >= kStreamed;
}

void StridedCopy::add_axes(const Shape& extents, const Shape& from_strides, const Shape& to_strides) {
    for (int a = 0; a < extents.rank(); ++a) {
        if (extents[a] == 1) continue;
        Axis axis{extents[a], from_strides[a], to_strides[a]};
        if (axis.to < 0) {
            from_offset_ += (axis.extent - 1) * axis.from;
            to_offset_ += (axis.extent - 1) * axis.to;
            axis.from = -axis.from;
            axis.to = -axis.to;
        }
        std::size_t place = rank_++;
        for (; place > 0 && axes_[place - 1].to < axis.to; --place) axes_[place] = axes_[place - 1];
        axes_[place] = axis;
    }
}

void StridedCopy::merge_axes() {
    std::size_t kept = 0;
    for (std::size_t a = 0; a < rank_; ++a) {
        const Axis axis = axes_[a];
        if (kept > 0 && axes_[kept - 1].from == axis.from * axis.extent && axes_[kept - 1].to == axis.to * axis.extent)
            axes_[kept - 1] = {axes_[kept - 1].extent * axis.extent, axis.from, axis.to};
        else
            axes_[kept++] = axis;
    }
    rank_ = kept;
}

// Beside the innermost axis goes the one along which the source's neighbours lie.
void StridedCopy::order_by_source() {
    if (rank_ < 3) return;
    const auto nearer = [this](std::size_t a, std::size_t b) {
        const auto x = std::abs(axes_[a].from), y = std::abs(axes_[b].from);
        return x != 0 && (y == 0 || x < y);
    };
    std::size_t nearest = rank_ - 1;
    for (std::size_t a = rank_ - 1; a-- > 0;)
        if (nearer(a, nearest)) nearest = a;
    if (nearest == rank_ - 1) return;
    for (; nearest + 2 < rank_; ++nearest) std::swap(axes_[nearest], axes_[nearest + 1]);
}

void StridedCopy::run(const std::byte* from, std::byte* to) const {
    if (empty_) return;
    each(0, from + from_offset_, to + to_offset_);
    if (stream_) stream_fence();
}

void StridedCopy::each(std::size_t axis, const std::byte* from, std::byte* to) const {
    if (axis + 2 == rank_) {
        if (stream_) return stream_rows(from, to);
        return rows_(axes_[axis], axes_[axis + 1], from, to);
    }
    for (std::int64_t i = 0; i < axes_[axis].extent; ++i)
        each(axis + 1, from + i * axes_[axis].from, to + i * axes_[axis].to);
}

void StridedCopy::stream_rows(const std::byte* from, std::byte* to) const {
    const auto& outer = axes_[rank_ - 2];
    for (std::int64_t i = 0; i < outer.extent; ++i)
        stream_copy(from + i * outer.from, to + i * outer.to, axes_[rank_ - 1].extent * width_);
}

}  // namespace heddle::kernels
