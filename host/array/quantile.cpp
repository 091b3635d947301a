// Values between neighbours in the sorted line, without sorting it.

#include <cmath>

#include "heddle/error.hpp"
#include "heddle/functions.hpp"
#include "heddle/lines.hpp"
#include "host/array/node.hpp"
#include "host/array/order.hpp"

namespace heddle {
namespace {

// Elements of an array's sorted lines.
class SortedLines {
public:
    SortedLines(const Array& a, Axis axis, KeepDims keep, const std::string& name)
        : a_(checked(a, name)),
          along_(axis),
          axis_(axis ? array::normalize_axis(*axis, a.rank()) : 0),
          length_(axis ? a.shape()[axis_] : a.size()) {
        if (length() == 0)
            throw ShapeError(
                "there is no " + name + " of no values",
                "the shape is " + to_string(a.shape()) + (axis ? ", the axis " + std::to_string(axis_) : std::string()),
                "leave the empty array out, or choose another axis");
        for (int i = 0; i < a.rank(); ++i)
            if (axis && i != axis_)
                shape_.push_back(a.shape()[i]);
            else if (keep == KeepDims::yes)
                shape_.push_back(1);
    }

    std::int64_t length() const { return length_; }
    // Those from `first` on, one or two, and the last one.
    void find(std::int64_t first, int count) {
        std::vector<std::int64_t> positions;
        for (int k = 0; k < count; ++k) positions.push_back(first + k);
        if (is_float(a_.dtype()) && positions.back() + 1 < length_) positions.push_back(length_ - 1);
        found_ = array::in_order(a_, positions, along_);
    }
    // The k-th of those found.
    Array at(std::int64_t k) const { return part(k, k + 1); }
    Array part(std::int64_t first, std::int64_t last) const {
        std::vector<Index> indices(static_cast<std::size_t>(axis_), Index(Slice{}));
        indices.emplace_back(Slice{first, last});
        return found_.subscript(indices);
    }
    int axis() const { return axis_; }
    // A line's value, NaN where the line has one: its last one then.
    Array result(const Array& value) const {
        const Array last = at(found_.shape()[axis_] - 1);
        return shaped(is_float(a_.dtype()) ? where(isnan(last), last, value) : value);
    }

private:
    static const Array& checked(const Array& a, const std::string& name) {
        if (is_complex(a.dtype()))
            throw DTypeError("there is no " + name + " of complex numbers", "they have no order of size",
                             "take that of abs(x), or of x.real and x.imag");
        return a;
    }
    // Of extent 1 along the axis, to the shape of the result.
    Array shaped(const Array& value) const {
        std::vector<Index> indices(static_cast<std::size_t>(axis_), Index(Slice{}));
        indices.emplace_back(0);
        const Array without = value.subscript(indices);
        if (shape_.rank() == without.rank()) return without;
        if (without.rank() == 0) return without.broadcast_to(shape_);
        indices.back() = Index(newaxis);
        return without.subscript(indices);
    }

    Array a_, found_{0};
    Axis along_;
    int axis_;
    std::int64_t length_;
    Shape shape_;
};

DType type_of_mean(DType dtype) { return is_float(dtype) ? dtype : DType::float64; }

}  // namespace

Array quantile(const Array& a, double q, Axis axis, KeepDims keep) {
    if (!(q >= 0 && q <= 1))
        throw ArgumentError("a quantile's share must lie between 0 and 1", "it is " + std::to_string(q),
                            "give one such as 0.5, the median");
    const DType dtype = type_of_mean(a.dtype());
    SortedLines lines(a, axis, keep, "quantile");
    const double position = static_cast<double>(lines.length() - 1) * q, floor = std::floor(position);
    const auto i = static_cast<std::int64_t>(floor);
    const double share = position - floor;
    lines.find(i, share == 0 ? 1 : 2);
    const Array low = lines.at(0).astype(dtype);
    if (share == 0) return lines.result(low);
    // NumPy's _lerp (numpy/lib/_function_base_impl.py), from the nearer neighbour.
    const Array high = lines.at(1).astype(dtype), difference = high - low, t = Array(share).astype(dtype);
    return lines.result(share < 0.5 ? low + difference * t : high - difference * (Array(1.0).astype(dtype) - t));
}

Array median(const Array& a, Axis axis, KeepDims keep) {
    SortedLines lines(a, axis, keep, "median");
    const std::int64_t n = lines.length(), middle = n / 2;
    lines.find(n % 2 == 1 ? middle : middle - 1, n % 2 == 1 ? 1 : 2);
    if (n % 2 == 1) return lines.result(lines.at(0).astype(type_of_mean(a.dtype())));
    return lines.result(mean(lines.part(0, 2), lines.axis(), KeepDims::yes));
}

}  // namespace heddle
