#pragma once

#include <complex>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "heddle/api.hpp"
#include "heddle/dtype.hpp"
#include "heddle/shape.hpp"

namespace heddle {

namespace array {
struct Node;
using NodePtr = std::shared_ptr<const Node>;
}  // namespace array

class Array;

// Python's start:stop:step; a missing bound is the end that the step's sign implies, a negative one counts from the
// end.
struct Slice {
    std::optional<std::int64_t> start, stop;
    std::int64_t step = 1;
};
struct NewAxis {};
struct Ellipsis {};
inline constexpr NewAxis newaxis{};
inline constexpr Ellipsis ellipsis{};

// One entry of a subscript: a position, a slice, `newaxis`, `ellipsis`, or along one axis a boolean mask or index list.
class HEDDLE_API Index {
public:
    enum class Kind : std::uint8_t { position, slice, new_axis, ellipsis, select };
    template <std::integral T>
    Index(T position) : kind_(Kind::position), position_(position) {}
    Index(Slice slice) : kind_(Kind::slice), slice_(slice) {}
    Index(NewAxis) : kind_(Kind::new_axis) {}
    Index(Ellipsis) : kind_(Kind::ellipsis) {}
    Index(const Array& mask_or_list);

    Kind kind() const { return kind_; }
    std::int64_t position() const { return position_; }
    const Slice& slice() const { return slice_; }
    const array::NodePtr& selection() const { return selection_; }

private:
    Kind kind_;
    std::int64_t position_ = 0;
    Slice slice_;
    array::NodePtr selection_;
};

// An immutable lazy value of any rank up to kMaxRank: it describes a computation and costs nothing until evaluated.
// Copying shares the description. C++ numbers convert to arrays of rank 0 that promote as Python's scalars do (NEP 50).
// Building throws ShapeError or DTypeError where NumPy would; any thread may build and share arrays.
class HEDDLE_API Array {
public:
    template <std::same_as<bool> T>
    Array(T value) : Array(from_bool(value)) {}
    Array(double value);
    Array(std::complex<double> value);
    template <std::integral T>
    requires(!std::same_as<T, bool>) Array(T value)
        : Array(from_integer(static_cast<std::int64_t>(value), std::in_range<std::int64_t>(value))) {}
    explicit Array(array::NodePtr node) : node_(std::move(node)) {}

    const Shape& shape() const;
    DType dtype() const;
    int rank() const { return shape().rank(); }
    std::int64_t size() const { return shape().count(); }

    // NumPy's basic indexing, and selection by one mask or index list. A mask or list is evaluated here, since the
    // result's shape depends on it. Throws ShapeError for an index out of range or too many of them.
    template <std::convertible_to<Index>... Ix>
    Array operator()(const Ix&... indices) const {
        const Index list[] = {Index(indices)...};
        return subscript(list);
    }
    Array operator[](const Index& index) const { return subscript({&index, 1}); }
    Array subscript(std::span<const Index> indices) const;

    // NumPy's astype: a float outside an integer's range, or NaN, gives what NumPy gives on x86-64.
    Array astype(DType dtype) const;
    Array broadcast_to(const Shape& shape) const;
    // The same values with the axes in this order; by default reversed.
    Array transpose(std::span<const int> axes = {}) const;

    // The values of an array that is in memory or being evaluated: waits for them and throws their error.
    // C order; T must be the array's own element type. The memory lives as long as any copy of this array.
    template <Element T>
    std::span<const T> view() const {
        return {static_cast<const T*>(wait_bytes(dtype_of<T>)), static_cast<std::size_t>(size())};
    }
    // The one value of an array of size 1, as view() finds it.
    template <Element T>
    T item() const {
        return *static_cast<const T*>(wait_item(dtype_of<T>));
    }
    // Waits until the values are there; throws the evaluation's error.
    void wait() const;
    // Whether the values are there; never so for an array that was not evaluated.
    bool ready() const;

    const array::NodePtr& node() const { return node_; }

private:
    static Array from_bool(bool value);
    static Array from_integer(std::int64_t bits, bool fits_signed);
    const void* wait_bytes(DType expected) const;
    const void* wait_item(DType expected) const;

    array::NodePtr node_;
};

struct NamedArray {
    std::string name;
    Array array;
};

namespace detail {
HEDDLE_API Array array_from_bytes(DType dtype, const void* values, std::size_t count, const Shape& shape, bool copy);
HEDDLE_API Array arange_of_integers(std::int64_t start, std::int64_t stop, std::int64_t step);
HEDDLE_API Array full_from_bytes(DType dtype, const void* value, const Shape& shape);
}  // namespace detail

// An array of these values, copied. Throws ShapeError unless values.size() is the shape's count.
template <class Range>
requires Element<std::remove_cvref_t<decltype(*std::data(std::declval<const Range&>()))>> Array
from_values(const Range& values, const Shape& shape) {
    using T = std::remove_cvref_t<decltype(*std::data(values))>;
    return detail::array_from_bytes(dtype_of<T>, std::data(values), std::size(values), shape, true);
}
// The same without a copy: the caller keeps the memory alive and unchanged until the last evaluation that reads it
// ended.
template <Element T>
Array borrow(std::span<const T> values, const Shape& shape) {
    return detail::array_from_bytes(dtype_of<T>, values.data(), values.size(), shape, false);
}
// An array of one repeated value, of exactly the type T.
template <Element T>
Array full(const Shape& shape, T value) {
    return detail::full_from_bytes(dtype_of<T>, &value, shape);
}
// NumPy's arange (int64 when all arguments are whole) and linspace (float64). Throw ArgumentError for a zero step or
// too many values.
template <std::integral A, std::integral B>
Array arange(A start, B stop, std::int64_t step = 1) {
    return detail::arange_of_integers(static_cast<std::int64_t>(start), static_cast<std::int64_t>(stop), step);
}
HEDDLE_API Array arange(double start, double stop, double step);
HEDDLE_API Array linspace(double start, double stop, std::int64_t count);

}  // namespace heddle
