// Elements replaced by position: put and put_along_axis.

#include <cstring>
#include <memory>

#include "host/array/indices.hpp"
#include "host/array/whole.hpp"
#include "host/array/whole_pieces.hpp"
#include "kernels/gather.hpp"

namespace heddle {
namespace {

using array::Lines;
using array::WholeOperand;
using array::WholeOperands;
using kernels::Along;

// Operands: the array, indices and values, of the same lines but for their lengths. Each part of the result has one
// thread, which goes through all indices for it in order.
class PutOperation final : public array::WholeOperation {
public:
    // Axis -1: all elements as one line, and values that begin again.
    PutOperation(int axis, Bounds bounds) : axis_(axis), bounds_(bounds) {}

    std::string name() const override { return "put"; }
    std::string key() const override {
        return "put" + std::to_string(axis_) + "," + std::to_string(static_cast<int>(bounds_));
    }
    std::int64_t scratch_bytes(WholeOperands, int) const override { return 0; }

    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        submit_copy(scope, engine, operands, result);
        submit_scatter(scope, engine, operands, result);
    }

private:
    // And a look at the indices, before anything goes where they say.
    void submit_copy(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const {
        const std::int64_t bytes = operands[0].shape.count() * static_cast<std::int64_t>(size_of(operands[0].dtype)),
                           count = operands[1].shape.count(), n = Lines(operands[0].shape, axis_).n;
        array::submit_whole(
            scope, {.name = "put", .pieces = array::pieces_for(bytes >> 16, engine), .place = Place::cpu},
            operands.first(2), result, Mode::write, {},
            [=, checks = bounds_ == Bounds::raise](const Piece& piece, const void* const* in, void* out,
                                                   const detail::Operand*) {
                const auto share = [&](std::int64_t of, std::int64_t i) {
                    return of / piece.count * i + of % piece.count * i / piece.count;
                };
                const auto* indices = static_cast<const std::int64_t*>(in[1]);
                const std::int64_t from = share(count, piece.index), to = share(count, piece.index + 1);
                if (checks && kernels::find_outside(indices + from, to - from, n) >= 0) {
                    const std::int64_t outside = kernels::find_outside(indices, count, n);
                    array::throw_outside(indices[outside], outside, n);
                }
                const std::int64_t first = share(bytes, piece.index), last = share(bytes, piece.index + 1);
                std::memcpy(static_cast<std::byte*>(out) + first, static_cast<const std::byte*>(in[0]) + first,
                            static_cast<std::size_t>(last - first));
            });
    }

    void submit_scatter(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const {
        const Lines lines(operands[0].shape, axis_);
        const std::int64_t m = Lines(operands[1].shape, axis_).n, n = lines.n, inner = lines.inner,
                           value_count = axis_ < 0 ? operands[2].shape.count() : m * inner;
        const auto width = static_cast<std::int64_t>(size_of(operands[0].dtype));
        // Parts of a line: of its targets, or of its columns, which are the lines side by side.
        const std::int64_t wanted = (engine.threads() + lines.outer - 1) / lines.outer;
        const std::int64_t parts =
            lines.outer * m * inner < kFew ? 1 : std::clamp<std::int64_t>(wanted, 1, inner > 1 ? inner : n);
        const std::int64_t units = lines.outer * parts;
        array::submit_whole(
            scope,
            {.name = "put",
             .pieces = std::min<std::int64_t>(units, array::pieces_for(units, engine)),
             .place = Place::cpu},
            operands, result, Mode::update, {},
            [=, along = Along{n, inner, width, bounds_}](const Piece& piece, const void* const* in, void* out,
                                                         const detail::Operand*) {
                array::for_each_unit(piece, units, [&](std::int64_t unit) {
                    const std::int64_t line = unit / parts, part = unit % parts;
                    Along::Part mine{0, n, 0, inner};
                    (inner > 1 ? mine.first_column : mine.first_row) = (inner > 1 ? inner : n) * part / parts;
                    (inner > 1 ? mine.last_column : mine.last_row) = (inner > 1 ? inner : n) * (part + 1) / parts;
                    along.scatter(static_cast<std::byte*>(out) + line * n * inner * width,
                                  static_cast<const std::int64_t*>(in[1]) + line * m * inner, m,
                                  static_cast<const std::byte*>(in[2]) + line * m * inner * width, value_count, mine);
                });
            });
    }

    static constexpr std::int64_t kFew = 1 << 14;  // indices that one thread goes through at once

    int axis_;
    Bounds bounds_;
};

Array replaced(const Array& a, const Array& indices, const Array& values, int axis, Bounds bounds) {
    if (indices.size() == 0 || values.size() == 0) return a.astype(a.dtype());
    if ((axis < 0 ? a.size() : a.shape()[axis]) == 0)
        throw ShapeError("put finds no elements to replace", "the array is empty, the indices are not",
                         "check the selection that made it empty");
    if (a.size() == 0) return a;
    return Array(array::make_whole(std::make_shared<PutOperation>(axis, bounds),
                                   {a.astype(a.dtype()).node(), indices.node(), values.astype(a.dtype()).node()},
                                   a.dtype(), a.shape()));
}

}  // namespace

Array put(const Array& a, const Array& indices, const Array& values, Bounds bounds) {
    return replaced(a, array::as_indices(indices, "put"), values, -1, bounds);
}

Array put_along_axis(const Array& a, const Array& indices, const Array& values, Axis axis) {
    const Array list = array::as_indices(indices, "put_along_axis");
    if (!axis) {
        if (list.rank() != 1)
            throw ShapeError("put_along_axis needs one row of indices for the elements in C order",
                             "their shape is " + to_string(list.shape()), "name an axis, or select one row");
        return replaced(a, list, values.broadcast_to(list.shape()), -1, Bounds::raise);
    }
    const int along = array::normalize_axis(*axis, a.rank());
    if (list.rank() != a.rank())
        throw ShapeError("put_along_axis needs indices of as many dimensions as the array",
                         to_string(list.shape()) + " for " + to_string(a.shape()), "add axes of extent 1 with None");
    Shape shape = a.shape();
    shape[along] = list.shape()[along];
    return replaced(a, list.broadcast_to(shape), values.astype(a.dtype()).broadcast_to(shape), along, Bounds::raise);
}

}  // namespace heddle
