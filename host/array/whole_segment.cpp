// Reductions of neighbouring parts of an axis.

#include <algorithm>
#include <cstring>
#include <limits>

#include "heddle/error.hpp"
#include "heddle/groups.hpp"
#include "host/array/whole.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/segment.hpp"

namespace heddle {
namespace {

using array::Lines;
using array::WholeOperands;
using kernels::kSegmentColumns;
using kernels::Reduce;

class SegmentOperation final : public array::WholeOperation {
public:
    SegmentOperation(Reduce reduce, const Array& values, int axis, std::int64_t segments)
        : reduce_(reduce),
          dtype_(values.dtype()),
          axis_(axis),
          lines_(values.shape(), axis),
          segments_(segments),
          reducer_(kernels::make_reducer(reduce, false, dtype_)) {}

    std::string name() const override { return "segment_" + std::string(kernels::name_of(reduce_)); }
    std::string key() const override { return name() + std::to_string(axis_); }
    // The subtrees of a row of columns, for each thread.
    std::int64_t scratch_bytes(WholeOperands, int threads) const override {
        return std::int64_t{threads} * 40 * kSegmentColumns * static_cast<std::int64_t>(reducer_.state_size);
    }

    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const auto self = std::make_shared<const SegmentOperation>(*this);
        array::submit_whole(scope, {.name = name(), .place = Place::cpu}, operands, result, Mode::write, {},
                            [self](const Piece&, const void* const* in, void*, const detail::Operand*) {
                                self->check(static_cast<const std::int64_t*>(in[1]));
                            });
        // Shares of a line's elements; each takes the segments that begin in it.
        const std::int64_t bands = lines_.outer * ((lines_.inner + kSegmentColumns - 1) / kSegmentColumns);
        const std::int64_t wanted = std::int64_t{4} * std::max(engine.threads(), 1);
        const std::int64_t shares = std::max<std::int64_t>((wanted + bands - 1) / std::max<std::int64_t>(bands, 1), 1);
        const std::int64_t units = bands * shares;
        array::submit_whole(
            scope, {.name = name(), .pieces = std::clamp<std::int64_t>(units, 1, wanted), .place = Place::cpu},
            operands, result, Mode::update, {},
            [self, shares, units](const Piece& piece, const void* const* in, void* out, const detail::Operand*) {
                kernels::SegmentReducer reducer(self->reduce_, self->dtype_);
                for (std::int64_t u = units * piece.index / piece.count; u < units * (piece.index + 1) / piece.count;
                     ++u)
                    self->run(reducer, u / shares, u % shares, shares, in, out);
            });
    }

private:
    // Before all else: nothing may be read by offsets that are wrong.
    void check(const std::int64_t* offsets) const {
        const auto fail = [&](std::int64_t i, const std::string& reason) {
            throw ArgumentError("the offsets of " + name() + " are wrong at index " + std::to_string(i), reason,
                                "give where each segment begins, ascending from 0, and then the axis's extent");
        };
        if (offsets[0] != 0) fail(0, "the first is " + std::to_string(offsets[0]) + ", not 0");
        for (std::int64_t s = 1; s <= segments_; ++s)
            if (offsets[s] < offsets[s - 1])
                fail(s, std::to_string(offsets[s]) + " is less than " + std::to_string(offsets[s - 1]) + " before it");
        if (offsets[segments_] != lines_.n)
            fail(segments_, "the last is " + std::to_string(offsets[segments_]) + ", the axis has " +
                                std::to_string(lines_.n) + " elements");
        if (reducer_.has_identity || has_nan()) return;
        for (std::int64_t s = 0; s < segments_; ++s)
            if (offsets[s] == offsets[s + 1])
                throw ArgumentError("segment " + std::to_string(s) + " of " + name() + " has no value",
                                    "it is empty, and " + std::string(name_of(reducer_.output)) + " has no NaN",
                                    "convert the values to floats, which gives NaN, or leave the empty segments out");
    }
    bool has_nan() const { return is_float(reducer_.output) || is_complex(reducer_.output); }

    void run(kernels::SegmentReducer& reducer, std::int64_t band, std::int64_t share, std::int64_t shares,
             const void* const* in, void* out) const {
        const std::int64_t per_line = (lines_.inner + kSegmentColumns - 1) / kSegmentColumns;
        const std::int64_t outer = band / per_line, first = band % per_line * kSegmentColumns,
                           columns = std::min(kSegmentColumns, lines_.inner - first);
        const auto* offsets = static_cast<const std::int64_t*>(in[1]);
        const auto at = [&](std::int64_t i) { return std::lower_bound(offsets, offsets + segments_, i) - offsets; };
        const std::int64_t begin = share == 0 ? 0 : at(lines_.n * share / shares),
                           end = share + 1 == shares ? segments_ : at(lines_.n * (share + 1) / shares);
        const auto width = static_cast<std::int64_t>(size_of(dtype_)),
                   out_width = static_cast<std::int64_t>(size_of(reducer_.output));
        const auto* line = static_cast<const std::byte*>(in[0]) + (outer * lines_.n * lines_.inner + first) * width;
        auto* results = static_cast<std::byte*>(out) + (outer * segments_ * lines_.inner + first) * out_width;
        const auto result = [&](std::int64_t s) { return results + s * lines_.inner * out_width; };
        if (lines_.inner == 1) reducer.lines(line, offsets + begin, end - begin, result(begin));
        for (std::int64_t s = begin; s < end; ++s) {
            const std::int64_t n = offsets[s + 1] - offsets[s];
            if (lines_.inner > 1)
                reducer.columns(line + offsets[s] * lines_.inner * width, n, lines_.inner, columns, result(s));
            if (n == 0 && !reducer_.has_identity) fill_nan(result(s), columns);
        }
    }

    void fill_nan(std::byte* to, std::int64_t n) const {
        constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
        const double nan[] = {kNan, kNan};
        const auto width = static_cast<std::int64_t>(size_of(reducer_.output));
        const DType from = is_complex(reducer_.output) ? DType::complex128 : DType::float64;
        for (std::int64_t i = 0; i < n; ++i)
            kernels::find_cast(from, reducer_.output)->variants[0](nan, nullptr, nullptr, to + i * width, 1);
    }

    Reduce reduce_;
    DType dtype_;
    int axis_;
    Lines lines_;
    std::int64_t segments_;
    kernels::Reducer reducer_;
};

Array segmented(Reduce reduce, const Array& values, const Array& offsets, int axis) {
    const int along = array::normalize_axis(axis, values.rank());
    const std::string name = "segment_" + std::string(kernels::name_of(reduce));
    if (!is_integer(offsets.dtype()))
        throw DTypeError("the offsets of " + name + " must be integers",
                         "they are " + std::string(name_of(offsets.dtype())), "convert them: offsets.astype(int64)");
    if (offsets.rank() != 1 || offsets.size() == 0)
        throw ShapeError("the offsets of " + name + " must be a row of at least one",
                         "their shape is " + to_string(offsets.shape()),
                         "give where each segment begins, and then the axis's extent");
    const std::int64_t segments = offsets.size() - 1;
    Shape shape = values.shape();
    shape[along] = segments;
    const auto operation = std::make_shared<SegmentOperation>(reduce, values, along, segments);
    const DType output = kernels::make_reducer(reduce, false, values.dtype()).output;
    return Array(array::make_whole(operation, {values.node(), offsets.astype(DType::int64).node()}, output, shape));
}

}  // namespace

Array segment_sum(const Array& values, const Array& offsets, int axis) {
    return segmented(Reduce::sum, values, offsets, axis);
}
Array segment_mean(const Array& values, const Array& offsets, int axis) {
    return segmented(Reduce::mean, values, offsets, axis);
}
Array segment_min(const Array& values, const Array& offsets, int axis) {
    return segmented(Reduce::min, values, offsets, axis);
}
Array segment_max(const Array& values, const Array& offsets, int axis) {
    return segmented(Reduce::max, values, offsets, axis);
}

}  // namespace heddle
