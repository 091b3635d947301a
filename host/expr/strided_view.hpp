#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "heddle/shape.hpp"

namespace heddle::expr {

// An array seen as a function of the linear C-order index of an iteration space, with as few axes as its strides allow.
class StridedView {
public:
    // Strides in bytes along the axes of `extents`; `width` bytes an element: 1, 2, 4, 8 or 16.
    StridedView(std::byte* base, const Shape& extents, const Shape& strides, std::int64_t width);

    // One element everywhere.
    bool is_single() const { return rank_ == 0; }
    // The elements repeat after this many, 0 if they do not.
    std::int64_t period() const { return rank_ >= 2 && strides_[0] == 0 ? period_ : 0; }

    // Where the elements [first, first + n) lie, if they lie side by side.
    std::byte* contiguous(std::int64_t first, std::int64_t n) const;
    // Whether [first, first + n) is one repeated element; `at` gets its address.
    bool repeats(std::int64_t first, std::int64_t n, std::byte*& at) const;
    // Copies [first, first + n) to or from dense memory.
    void pack(std::int64_t first, std::int64_t n, void* dense) const;
    void unpack(std::int64_t first, std::int64_t n, const void* dense) const;

private:
    std::byte* address(std::int64_t index, std::array<std::int64_t, kMaxRank>& position) const;
    template <class T, bool to_dense>
    void transfer(std::int64_t first, std::int64_t n, T* dense) const;
    template <bool to_dense>
    void transfer_by_width(std::int64_t first, std::int64_t n, void* dense) const;

    std::byte* base_;
    std::int64_t width_;
    std::int64_t period_ = 1;
    int rank_ = 0;
    std::array<std::int64_t, kMaxRank> extents_{}, strides_{};
};

}  // namespace heddle::expr
