// Histograms with weights, given edges, or of pairs.

#include "heddle/error.hpp"
#include "heddle/functions.hpp"
#include "heddle/groups.hpp"
#include "heddle/shaping.hpp"
#include "host/array/equal_bins.hpp"
#include "host/array/scatter.hpp"
#include "host/expr/typing.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/histogram.hpp"

namespace heddle {
namespace {

using array::kScattered;
using array::Scatter;
using kernels::Outside;

// One axis of a histogram: values, what gives the bins (edges, or a row of both bounds), and the edges as they are
// told.
struct BinAxis {
    Array values, cuts, edges;
    std::optional<kernels::Outside> equal;
    std::int64_t count() const { return edges.size() - 1; }
};

class BinPlaces final : public array::Places {
public:
    explicit BinPlaces(const std::vector<BinAxis>& axes) {
        for (const auto& axis : axes) {
            axes_.push_back({axis.values.dtype(), axis.cuts.dtype(), axis.count(), axis.equal});
            all_ *= axis.count();
        }
    }

    std::string key() const override {
        std::string key = "bins";
        for (const auto& axis : axes_)
            key += (!axis.equal ? "g" : *axis.equal == Outside::none ? "n" : "e") + std::to_string(axis.count);
        return key;
    }
    int operands() const override { return static_cast<int>(2 * axes_.size()); }
    bool is_of_elements(int operand) const override { return operand < static_cast<int>(axes_.size()); }

    void check(const void* const* in) const override {
        for (std::size_t a = 0; a < axes_.size(); ++a) {
            const auto& axis = axes_[a];
            const void* cuts = in[axes_.size() + a];
            if (axis.equal) {
                equal_bins(in, a);
            } else if (const auto i = kernels::first_descent(axis.cuts, cuts, axis.count); i > 0) {
                throw ArgumentError("the edges of a histogram must not descend",
                                    "at index " + std::to_string(i) + " " + text_of(axis.cuts, cuts, i) +
                                        " comes after " + text_of(axis.cuts, cuts, i - 1),
                                    "sort them, and leave NaN out");
            }
        }
    }

    std::int64_t load(const void* const* in, std::int64_t first, std::int64_t n, std::int64_t* places) const override {
        double x[kScattered];
        std::int64_t bins[kScattered];
        for (std::size_t a = 0; a < axes_.size(); ++a) {
            const auto& axis = axes_[a];
            const DType binned = kernels::binned_type(axis.values);
            const auto* from =
                static_cast<const std::byte*>(in[a]) + first * static_cast<std::int64_t>(size_of(axis.values));
            const void* values = x;
            if (axis.values == binned)
                values = from;
            else
                kernels::find_cast(axis.values, binned)->variants[0](from, nullptr, nullptr, x, n);
            if (axis.equal)
                kernels::bins_of(equal_bins(in, a), binned, values, n, bins);
            else
                kernels::bins_of(axis.cuts, in[axes_.size() + a], axis.count, binned, values, n, bins);
            for (std::int64_t i = 0; i < n; ++i) {
                const std::int64_t before = a == 0 ? 0 : places[i];
                places[i] = bins[i] < 0 || before == all_ ? all_ : before * axis.count + bins[i];
            }
        }
        return -1;
    }

private:
    struct Axis {
        DType values, cuts;
        std::int64_t count;
        std::optional<Outside> equal;
    };
    kernels::Bins equal_bins(const void* const* in, std::size_t axis) const {
        const auto* bounds = static_cast<const double*>(in[axes_.size() + axis]);
        const auto& how = axes_[axis];
        return kernels::make_bins(bounds[0], bounds[1], how.count, how.values, *how.equal);
    }
    static std::string text_of(DType dtype, const void* cuts, std::int64_t i) {
        if (dtype == DType::int64) return std::to_string(static_cast<const std::int64_t*>(cuts)[i]);
        if (dtype == DType::uint64) return std::to_string(static_cast<const std::uint64_t*>(cuts)[i]);
        return std::to_string(static_cast<const double*>(cuts)[i]);
    }
    std::vector<Axis> axes_;
    std::int64_t all_ = 1;
};

BinAxis cut(const Array& values, const HistogramBins& bins) {
    if (!bins.edges) {
        const auto equal = array::equal_bins(values, bins.count, bins.range);
        return {values, stack({equal.low, equal.high}), equal.edges(values.dtype()), equal.outside};
    }
    if (is_complex(values.dtype()) || is_complex(bins.edges->dtype()))
        throw DTypeError("complex values have no order to make bins of",
                         "the array is " + std::string(name_of(values.dtype())) + ", its edges " +
                             std::string(name_of(bins.edges->dtype())),
                         "take abs(), real() or imag() first");
    if (bins.edges->rank() != 1 || bins.edges->size() < 2)
        throw ShapeError("a histogram's edges must be a row of at least two",
                         "their shape is " + to_string(bins.edges->shape()), "give one more edge than bins");
    // Integers of 64 bits are compared as such with edges that their type holds.
    const DType binned = kernels::binned_type(values.dtype());
    const bool own = !is_float(bins.edges->dtype()) && expr::promote_types(binned, bins.edges->dtype()) == binned;
    return {values, bins.edges->astype(own ? binned : DType::float64), bins.edges->astype(DType::float64), {}};
}

Array scattered(const std::string& name, const std::vector<BinAxis>& axes, const std::optional<Array>& weights) {
    const Shape& shape = axes[0].values.shape();
    if (weights && weights->shape() != shape)
        throw ShapeError("a histogram needs a weight for each value",
                         "the values' shape is " + to_string(shape) + ", the weights' " + to_string(weights->shape()),
                         "give weights of the same shape");
    Shape result;
    for (const auto& axis : axes) result.push_back(axis.count());
    array::check_results(name, result);
    const auto group = weights ? kernels::Group::sum : kernels::Group::count;
    const Scatter scatter{name, group, shape, -1, result.count(), false, std::make_shared<BinPlaces>(axes)};
    std::vector<array::NodePtr> operands;
    for (const auto& axis : axes) operands.push_back(axis.values.node());
    for (const auto& axis : axes) operands.push_back(axis.cuts.node());
    if (weights) operands.push_back(weights->node());
    const DType dtype = weights ? weights->dtype() : DType::boolean;
    return Array(array::make_scatter(scatter, std::move(operands), dtype, result));
}

Array widths(const Array& edges) { return edges[Slice{1, {}}] - edges[Slice{0, -1}]; }

}  // namespace

Histogram histogram(const Array& a, const HistogramBins& bins, const HistogramOptions& options) {
    const BinAxis axis = cut(a, bins);
    Array counts(0);
    if (bins.edges || options.weights)
        counts = scattered("histogram", {axis}, options.weights);
    else
        counts = (bins.range ? histogram(a, bins.count, *bins.range) : histogram(a, bins.count)).counts;
    if (options.density == Density::yes) counts = counts / widths(axis.edges) / sum(counts);
    return {counts, axis.edges};
}

Histogram2d histogram2d(const Array& x, const Array& y, const HistogramBins& x_bins, const HistogramBins& y_bins,
                        const HistogramOptions& options) {
    if (x.shape() != y.shape())
        throw ShapeError("histogram2d needs as many x as y",
                         "the shapes are " + to_string(x.shape()) + " and " + to_string(y.shape()),
                         "give two arrays of one shape");
    auto weights = options.weights;
    if (weights && is_complex(weights->dtype()))
        throw DTypeError("histogram2d adds up real weights", "these are " + std::string(name_of(weights->dtype())),
                         "take real() or imag() first");
    if (weights) weights = weights->astype(DType::float64);  // as NumPy
    const std::vector<BinAxis> axes{cut(x, x_bins), cut(y, y_bins)};
    Array counts = scattered("histogram2d", axes, weights);
    if (options.density == Density::yes)
        counts = counts / widths(axes[0].edges)(Slice{}, newaxis) / widths(axes[1].edges) / sum(counts);
    return {counts, axes[0].edges, axes[1].edges};
}

}  // namespace heddle
