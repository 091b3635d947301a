#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "heddle/api.hpp"

namespace heddle {

inline constexpr int kMaxRank = 8;

namespace detail {
[[noreturn]] HEDDLE_API void throw_rank_too_high(std::size_t rank);
}

// Up to kMaxRank integers: the extents of an array, an index into it, or its strides. A value; never allocates.
class Shape {
public:
    Shape() = default;
    Shape(std::initializer_list<std::int64_t> extents) : Shape(std::span(extents.begin(), extents.size())) {}
    explicit Shape(std::span<const std::int64_t> extents) {
        if (extents.size() > kMaxRank) detail::throw_rank_too_high(extents.size());
        rank_ = static_cast<int>(extents.size());
        std::copy(extents.begin(), extents.end(), values_.begin());
    }
    // `rank` times the same value.
    static Shape filled(int rank, std::int64_t value) {
        Shape s;
        for (int i = 0; i < rank; ++i) s.push_back(value);
        return s;
    }

    int rank() const { return rank_; }
    bool empty() const { return rank_ == 0; }
    std::int64_t operator[](int axis) const { return values_[static_cast<std::size_t>(axis)]; }
    std::int64_t& operator[](int axis) { return values_[static_cast<std::size_t>(axis)]; }
    const std::int64_t* begin() const { return values_.data(); }
    const std::int64_t* end() const { return values_.data() + rank_; }
    std::int64_t back() const { return values_[static_cast<std::size_t>(rank_ - 1)]; }
    // The product of the extents: 1 for rank 0.
    std::int64_t count() const {
        std::int64_t n = 1;
        for (auto e : *this) n *= e;
        return n;
    }
    void push_back(std::int64_t value) {
        if (rank_ == kMaxRank) detail::throw_rank_too_high(static_cast<std::size_t>(rank_) + 1);
        values_[static_cast<std::size_t>(rank_++)] = value;
    }
    friend bool operator==(const Shape& a, const Shape& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

private:
    std::array<std::int64_t, kMaxRank> values_{};
    int rank_ = 0;
};

// "(181, 2, 640)", "(5,)", "()": as Python prints a tuple.
HEDDLE_API std::string to_string(const Shape& shape);

// C-order strides, in elements, of a dense array of this shape.
inline Shape dense_strides(const Shape& shape) {
    Shape strides = Shape::filled(shape.rank(), 1);
    for (int a = shape.rank() - 2; a >= 0; --a) strides[a] = strides[a + 1] * shape[a + 1];
    return strides;
}

// The half-open box [lo, hi) of an index space.
struct Box {
    Shape lo, hi;

    static Box whole(const Shape& shape) { return {Shape::filled(shape.rank(), 0), shape}; }
    int rank() const { return lo.rank(); }
    Shape extents() const {
        Shape e;
        for (int a = 0; a < rank(); ++a) e.push_back(hi[a] - lo[a]);
        return e;
    }
    std::int64_t count() const { return extents().count(); }
    friend bool operator==(const Box&, const Box&) = default;
};

}  // namespace heddle
