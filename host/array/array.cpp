#include "heddle/array.hpp"

#include <cmath>
#include <cstring>

#include "heddle/error.hpp"
#include "host/array/evaluation.hpp"
#include "host/array/node.hpp"

namespace heddle {
namespace {

using array::make_constant;
using array::NodePtr;
using expr::Scalar;

constexpr std::int64_t kMaxElements = std::int64_t{1} << 60;

[[noreturn]] void throw_too_many(const std::string& function) {
    throw ArgumentError(function + " would have too many values", "its length is not a count below 2**60",
                        "check start, stop and step");
}

}  // namespace

Index::Index(const Array& mask_or_list) : kind_(Kind::select), selection_(mask_or_list.node()) {}

Array::Array(double value) : node_(make_constant(Scalar::of_float(value), true)) {}
Array::Array(std::complex<double> value) : node_(make_constant(Scalar::of_complex(value), true)) {}

Array Array::from_bool(bool value) { return Array(make_constant(Scalar::of_bool(value), false)); }

Array Array::from_integer(std::int64_t bits, bool fits_signed) {
    const auto value = fits_signed ? Scalar::of_int(bits) : Scalar::of_uint(static_cast<std::uint64_t>(bits));
    return Array(make_constant(value, true));
}

const Shape& Array::shape() const { return node_->shape; }
DType Array::dtype() const { return node_->dtype; }
Array Array::astype(DType dtype) const { return Array(array::cast(node_, dtype)); }
Array Array::broadcast_to(const Shape& shape) const { return Array(array::broadcast_to(node_, shape)); }

Array Array::transpose(std::span<const int> axes) const {
    array::View view{std::vector<array::ViewAxis>(static_cast<std::size_t>(rank()))};
    Shape shape = Shape::filled(rank(), 0);
    if (!axes.empty() && static_cast<int>(axes.size()) != rank())
        throw ShapeError("transpose needs every axis once",
                         std::to_string(axes.size()) + " axes for " + std::to_string(rank()) + " dimensions",
                         "name each axis");
    for (int to = 0; to < rank(); ++to) {
        const int from =
            axes.empty() ? rank() - 1 - to : array::normalize_axis(axes[static_cast<std::size_t>(to)], rank());
        auto& entry = view.axes[static_cast<std::size_t>(from)];
        if (entry.axis >= 0)
            throw ShapeError("transpose needs every axis once", "axis " + std::to_string(from) + " comes twice",
                             "name each axis once");
        entry.axis = to;
        shape[to] = node_->shape[from];
    }
    return Array(array::view(node_, std::move(view), shape));
}

void Array::wait() const { array::wait_for(*node_); }
bool Array::ready() const { return array::is_ready(*node_); }

const void* Array::wait_bytes(DType expected) const {
    const auto* memory = node_->as<array::Memory>();
    if (!memory)
        throw ArgumentError("the array has no values yet", "it describes a computation that was not evaluated",
                            "pass it to evaluate() first");
    if (expected != node_->dtype)
        throw DTypeError("the array does not hold " + std::string(name_of(expected)),
                         "its element type is " + std::string(name_of(node_->dtype)),
                         "ask for that type, or evaluate astype(" + std::string(name_of(expected)) + ")");
    array::wait_for(*node_);
    return memory->storage->bytes.get();
}

const void* Array::wait_item(DType expected) const {
    if (size() != 1)
        throw ShapeError("item() needs exactly one value", "the shape is " + to_string(shape()), "use view()");
    return wait_bytes(expected);
}

namespace detail {

Array array_from_bytes(DType dtype, const void* values, std::size_t count, const Shape& shape, bool copy) {
    if (static_cast<std::int64_t>(count) != shape.count())
        throw ShapeError(std::to_string(count) + " values do not fill shape " + to_string(shape),
                         "that shape holds " + std::to_string(shape.count()), "give the shape of the values");
    auto storage = std::make_shared<array::Storage>();
    if (copy) {
        storage->bytes = array::allocate_bytes(count * size_of(dtype));
        if (count > 0) std::memcpy(storage->bytes.get(), values, count * size_of(dtype));
    } else {
        // The values are only read; the const_cast lets one Storage type serve both.
        auto* bytes = static_cast<std::byte*>(const_cast<void*>(values));
        storage->bytes = std::shared_ptr<std::byte>(std::shared_ptr<void>(), bytes);
    }
    return Array(array::memory(dtype, shape, std::move(storage)));
}

Array full_from_bytes(DType dtype, const void* value, const Shape& shape) {
    return Array(array::broadcast_to(make_constant(Scalar::load(value, dtype), false), shape));
}

}  // namespace detail

Array detail::arange_of_integers(std::int64_t start, std::int64_t stop, std::int64_t step) {
    if (step == 0) throw ArgumentError("arange needs a step that is not 0", "step is 0", "give a step");
    const auto distance = static_cast<long double>(stop) - static_cast<long double>(start);
    const auto exact = std::ceil(distance / static_cast<long double>(step));
    if (exact >= static_cast<long double>(kMaxElements)) throw_too_many("arange");
    const auto count = exact > 0 ? static_cast<std::int64_t>(exact) : 0;
    return Array(array::make_node(array::Ramp{Scalar::of_int(start), Scalar::of_int(step)}, DType::int64, {count}));
}

Array arange(double start, double stop, double step) {
    const double exact = std::ceil((stop - start) / step);
    if (!(exact < static_cast<double>(kMaxElements))) throw_too_many("arange");
    const auto count = exact > 0 ? static_cast<std::int64_t>(exact) : 0;
    // NumPy's step is the rounded difference of the first two values.
    const double delta = (start + step) - start;
    return Array(
        array::make_node(array::Ramp{Scalar::of_float(start), Scalar::of_float(delta)}, DType::float64, {count}));
}

Array linspace(double start, double stop, std::int64_t count) {
    if (count < 0 || count >= kMaxElements) throw_too_many("linspace");
    const double step = count > 1 ? (stop - start) / static_cast<double>(count - 1) : 0;
    array::Ramp ramp{Scalar::of_float(start), Scalar::of_float(step), count > 1, stop};
    return Array(array::make_node(ramp, DType::float64, {count}));
}

}  // namespace heddle
