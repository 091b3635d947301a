#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "heddle/api.hpp"
#include "heddle/dtype.hpp"
#include "heddle/shape.hpp"

namespace heddle {

namespace detail {

// Whether the including file is compiled with assertions: views then check their indices.
inline constexpr bool kAssertions = [] {
    [[maybe_unused]] bool on = false;
    assert((on = true));
    return on;
}();

// Where the elements of a view lie; strides in elements.
struct Layout {
    Shape shape, strides;
    std::int64_t count = 0;
    bool dense = true;
};

// What a task body gets for one access.
struct Operand {
    void* data;
    const Layout* layout;
};

[[noreturn]] HEDDLE_API void throw_bad_index(const Shape& shape, int axis, std::int64_t index);
[[noreturn]] HEDDLE_API void throw_not_dense(const Shape& shape);

}  // namespace detail

// The elements of a buffer, or of a region of it, as a task body or host_view() gives them: C order, strided when it is
// a region. Does not own: valid while the body runs, or as long as host_view() says. Indices are checked (AccessError)
// where assertions are on. Cheap to copy.
template <class T>
class View {
public:
    using value_type = std::remove_cv_t<T>;

    View(T* data, const detail::Layout* layout) : data_(data), layout_(layout) {}
    template <class U>
    requires std::same_as<const U, T> View(View<U> other) : data_(other.data()), layout_(&other.layout()) {}

    int rank() const { return layout_->shape.rank(); }
    const Shape& shape() const { return layout_->shape; }
    std::int64_t extent(int axis) const { return layout_->shape[axis]; }
    std::int64_t stride(int axis) const { return layout_->strides[axis]; }  // in elements
    std::int64_t size() const { return layout_->count; }
    bool empty() const { return layout_->count == 0; }
    // Whether the elements follow each other in memory without gaps.
    bool dense() const { return layout_->dense; }
    T* data() const { return data_; }
    const detail::Layout& layout() const { return *layout_; }

    // The element at one index per axis.
    template <std::convertible_to<std::int64_t>... I>
    T& operator()(I... index) const {
        const std::int64_t indices[] = {static_cast<std::int64_t>(index)..., 0};
        std::int64_t offset = 0;
        if constexpr (detail::kAssertions)
            if (static_cast<int>(sizeof...(I)) != rank())
                detail::throw_bad_index(shape(), -1, static_cast<int>(sizeof...(I)));
        for (int axis = 0; axis < static_cast<int>(sizeof...(I)); ++axis) {
            check(axis, indices[axis], layout_->shape[axis]);
            offset += indices[axis] * layout_->strides[axis];
        }
        return data_[offset];
    }
    // The i-th element of a dense view of any rank, or of a view of rank 1.
    T& operator[](std::int64_t i) const {
        if constexpr (detail::kAssertions)
            if (!dense() && rank() != 1) detail::throw_not_dense(shape());
        check(0, i, size());
        return data_[rank() == 1 ? i * layout_->strides[0] : i];
    }
    // Dense views only.
    T* begin() const {
        if constexpr (detail::kAssertions)
            if (!dense()) detail::throw_not_dense(shape());
        return data_;
    }
    T* end() const { return begin() + size(); }

private:
    void check(int axis, std::int64_t index, std::int64_t extent) const {
        if constexpr (detail::kAssertions)
            if (index < 0 || index >= extent) detail::throw_bad_index(shape(), axis, index);
    }

    T* data_;
    const detail::Layout* layout_;
};

}  // namespace heddle
