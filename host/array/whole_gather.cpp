// Elements by position: take and take_along_axis.

#include <memory>

#include "host/array/indices.hpp"
#include "host/array/whole.hpp"
#include "host/array/whole_gpu.hpp"
#include "host/array/whole_pieces.hpp"
#include "kernels/gather.hpp"

namespace heddle {
namespace {

using array::Lines;
using array::WholeOperand;
using array::WholeOperands;

constexpr std::int64_t kUnit = 32 << 10;  // bytes that a unit copies, or one row

std::int64_t rows_of_unit(std::int64_t row_bytes) { return std::max<std::int64_t>(kUnit / row_bytes, 1); }

const std::byte* at(const void* memory, std::int64_t bytes) { return static_cast<const std::byte*>(memory) + bytes; }

// The GPU form of both: `cpu` is the other body. An index outside is found on the GPU, and told on the host.
template <class Cpu>
void take_with_gpu(Scope& scope, Engine& engine, const TaskOptions& options, WholeOperands operands, AnyBuffer& result,
                   const kernels::GpuTake& take, Cpu cpu) {
    AnyBuffer outside(engine, DType::uint64, Shape{1}, BufferOptions{.name = "index outside"});
    const AnyAccess to_outside{&outside, Mode::write, std::nullopt};
    array::submit_whole_with_gpu(
        scope, options, operands, result, {&to_outside, 1},
        [cpu](const Piece& piece, const void* const* in, void* out, const detail::Operand* more) {
            if (piece.index == 0) *static_cast<std::uint64_t*>(more[0].data) = kernels::kNoneOutside;
            cpu(piece, in, out, more);
        },
        [take](void* stream, const void* const* in, void* out, const detail::Operand* more) {
            return kernels::cuda_kernels()->take(stream, take, in[0], static_cast<const std::int64_t*>(in[1]), out,
                                                 static_cast<std::uint64_t*>(more[0].data));
        });
    if (take.bounds != Bounds::raise) return;
    const std::array<AnyAccess, 3> accesses{{{&outside, Mode::read, std::nullopt},
                                             {operands[1].buffer, Mode::read, std::nullopt},
                                             {&result, Mode::update, std::nullopt}}};
    scope.submit_list({.name = "check", .place = Place::cpu}, accesses,
                      [n = take.lines.n](const Piece&, const detail::Operand* all) {
                          const std::uint64_t place = *static_cast<const std::uint64_t*>(all[0].data);
                          if (place != kernels::kNoneOutside)
                              array::throw_outside(static_cast<const std::int64_t*>(all[1].data)[place],
                                                   static_cast<std::int64_t>(place), n);
                      });
}

// Of operand 0, seen as outer × n rows, the rows that operand 1 names, for each `outer`.
class TakeOperation final : public array::WholeOperation {
    auto body(WholeOperands operands) const {
        const std::int64_t bytes = row_bytes(operands), m = operands[1].shape.count(), rows = rows_of_unit(bytes),
                           per_line = (m + rows - 1) / rows, units = units_of(operands);
        return [=, n = lines_.n, bounds = bounds_](const Piece& piece, const void* const* in, void* out,
                                                   const detail::Operand*) {
            const auto* indices = static_cast<const std::int64_t*>(in[1]);
            array::for_each_unit(piece, units, [&](std::int64_t unit) {
                const std::int64_t line = unit / per_line, first = unit % per_line * rows,
                                   count = std::min(rows, m - first);
                if (kernels::gather_rows(at(in[0], line * n * bytes), n, bytes, indices + first, count, bounds,
                                         static_cast<std::byte*>(out) + (line * m + first) * bytes))
                    return;
                // The first one of all, whichever thread comes here first.
                const std::int64_t outside = kernels::find_outside(indices, m, n);
                array::throw_outside(indices[outside], outside, n);
            });
        };
    }

public:
    TakeOperation(const Lines& lines, Bounds bounds) : lines_(lines), bounds_(bounds) {}

    std::string name() const override { return "take"; }
    std::string key() const override {
        return "take" + std::to_string(lines_.n) + "," + std::to_string(lines_.inner) + "," +
               std::to_string(static_cast<int>(bounds_));
    }
    std::int64_t scratch_bytes(WholeOperands, int) const override { return 0; }

    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        array::submit_whole(
            scope, {.name = "take", .pieces = array::pieces_for(units_of(operands), engine), .place = Place::cpu},
            operands, result, Mode::write, {}, body(operands));
    }

    std::optional<std::int64_t> gpu_scratch_bytes(WholeOperands) const override { return sizeof(std::uint64_t); }
    void submit_with_gpu(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const auto width = static_cast<std::int64_t>(size_of(operands[0].dtype));
        take_with_gpu(scope, engine, {.name = "take", .pieces = array::pieces_for(units_of(operands), engine)},
                      operands, result, {array::gpu_lines(lines_), operands[1].shape.count(), false, width, bounds_},
                      body(operands));
    }

private:
    std::int64_t row_bytes(WholeOperands operands) const {
        return lines_.inner * static_cast<std::int64_t>(size_of(operands[0].dtype));
    }
    std::int64_t units_of(WholeOperands operands) const {
        const std::int64_t rows = rows_of_unit(row_bytes(operands));
        return lines_.outer * ((operands[1].shape.count() + rows - 1) / rows);
    }

    Lines lines_;
    Bounds bounds_;
};

// Operands of the same lines but for their lengths, n and m.
class TakeAlongOperation final : public array::WholeOperation {
    auto body(WholeOperands operands) const {
        const Lines lines(operands[0].shape, axis_), wanted(operands[1].shape, axis_);
        const auto width = static_cast<std::int64_t>(size_of(operands[0].dtype));
        const std::int64_t inner = lines.inner, rows = rows_of_unit(inner * width),
                           per_line = (wanted.n + rows - 1) / rows, units = units_of(operands);
        return [=](const Piece& piece, const void* const* in, void* out, const detail::Operand*) {
            const auto* indices = static_cast<const std::int64_t*>(in[1]);
            const kernels::Along along{lines.n, inner, width, Bounds::raise};
            array::for_each_unit(piece, units, [&](std::int64_t unit) {
                const std::int64_t line = unit / per_line, row = unit % per_line * rows,
                                   first = (line * wanted.n + row) * inner;
                if (along.gather(at(in[0], line * lines.n * inner * width), indices + first,
                                 std::min(rows, wanted.n - row), static_cast<std::byte*>(out) + first * width))
                    return;
                const std::int64_t outside = kernels::find_outside(indices, wanted.outer * wanted.n * inner, lines.n);
                array::throw_outside(indices[outside], outside, lines.n);
            });
        };
    }

public:
    explicit TakeAlongOperation(int axis) : axis_(axis) {}
    std::string name() const override { return "take_along_axis"; }
    std::string key() const override { return name() + std::to_string(axis_); }
    std::int64_t scratch_bytes(WholeOperands, int) const override { return 0; }

    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        array::submit_whole(
            scope,
            {.name = "take_along_axis", .pieces = array::pieces_for(units_of(operands), engine), .place = Place::cpu},
            operands, result, Mode::write, {}, body(operands));
    }

    std::optional<std::int64_t> gpu_scratch_bytes(WholeOperands) const override { return sizeof(std::uint64_t); }
    void submit_with_gpu(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const Lines wanted(operands[1].shape, axis_);
        const auto width = static_cast<std::int64_t>(size_of(operands[0].dtype));
        take_with_gpu(scope, engine,
                      {.name = "take_along_axis", .pieces = array::pieces_for(units_of(operands), engine)}, operands,
                      result, {array::gpu_lines(Lines(operands[0].shape, axis_)), wanted.n, true, width, Bounds::raise},
                      body(operands));
    }

private:
    std::int64_t units_of(WholeOperands operands) const {
        const Lines lines(operands[0].shape, axis_), wanted(operands[1].shape, axis_);
        const std::int64_t rows = rows_of_unit(lines.inner * static_cast<std::int64_t>(size_of(operands[0].dtype)));
        return lines.outer * ((wanted.n + rows - 1) / rows);
    }

    int axis_;
};

void check_not_empty(std::int64_t n, const Array& indices, const char* function) {
    if (n > 0 || indices.size() == 0) return;
    throw ShapeError(std::string(function) + " finds no elements to choose from",
                     "the axis is empty, the indices are not", "check the selection that made it empty");
}

std::int64_t known_index(std::int64_t index, std::int64_t place, std::int64_t n, Bounds bounds) {
    const std::int64_t at = kernels::resolve_index(index, n, bounds);
    if (at < 0) array::throw_outside(index, place, n);
    return at;
}

// Of indices that are there already, and few, the positions; null for others.
constexpr std::int64_t kShortList = 4096;
array::IndexList known_list(const Array& indices, std::int64_t n, Bounds bounds) {
    const auto* memory = indices.node()->as<array::Memory>();
    if (memory == nullptr || memory->storage->pending || indices.size() > kShortList) return nullptr;
    const auto values = indices.view<std::int64_t>();
    std::vector<std::int64_t> list;
    for (const std::int64_t index : values)
        list.push_back(known_index(index, static_cast<std::int64_t>(list.size()), n, bounds));
    return std::make_shared<const std::vector<std::int64_t>>(std::move(list));
}

// Of lines that begin at axis `first` and end before `last` the rows that the indices name, in the shape that they
// have.
Array taken(const Array& a, const Array& indices, int first, int last, Bounds bounds) {
    Lines lines(Shape{}, -1);
    Shape shape;
    for (int i = 0; i < first; ++i) {
        lines.outer *= a.shape()[i];
        shape.push_back(a.shape()[i]);
    }
    for (int i = first; i < last; ++i) lines.n *= a.shape()[i];
    for (const auto extent : indices.shape()) shape.push_back(extent);
    for (int i = last; i < a.rank(); ++i) {
        lines.inner *= a.shape()[i];
        shape.push_back(a.shape()[i]);
    }
    check_not_empty(lines.n, indices, "take");
    const bool one_axis = last - first == 1;
    if (const auto* index = array::constant_of(*indices.node())) {
        const auto at = known_index(index->i, 0, lines.n, bounds);
        std::vector<Index> subscript(static_cast<std::size_t>(first), Index(Slice{}));
        subscript.emplace_back(at);
        if (one_axis) return a.subscript(subscript);
    }
    if (auto list = known_list(indices, lines.n, bounds); list && one_axis && indices.rank() == 1)
        return Array(array::take(a.node(), first, std::move(list)));
    return Array(array::make_whole(std::make_shared<TakeOperation>(lines, bounds),
                                   {a.astype(a.dtype()).node(), indices.node()}, a.dtype(), shape));
}

}  // namespace

Array array::as_indices(const Array& indices, const char* function) {
    if (!(is_integer(indices.dtype()) || is_bool(indices.dtype())) || indices.dtype() == DType::uint64)
        throw DTypeError(std::string(function) + " needs whole numbers of at most 63 bits as indices",
                         "they are " + std::string(name_of(indices.dtype())), "convert them, as in int64(indices)");
    return indices.astype(DType::int64);
}

Array array::take_rows(const Array& a, const Array& positions, int axes) {
    return taken(a, positions, 0, axes, Bounds::raise);
}

Array take(const Array& a, const Array& indices, Axis axis, Bounds bounds) {
    const Array list = array::as_indices(indices, "take");
    if (!axis) return taken(a, list, 0, a.rank(), bounds);
    const int along = array::normalize_axis(*axis, a.rank());
    return taken(a, list, along, along + 1, bounds);
}

Array take_along_axis(const Array& a, const Array& indices, Axis axis) {
    const Array list = array::as_indices(indices, "take_along_axis");
    if (!axis) {
        if (list.rank() != 1)
            throw ShapeError("take_along_axis needs one row of indices for the elements in C order",
                             "their shape is " + to_string(list.shape()), "name an axis, or select one row");
        return taken(a, list, 0, a.rank(), Bounds::raise);
    }
    const int along = array::normalize_axis(*axis, a.rank());
    if (list.rank() != a.rank())
        throw ShapeError("take_along_axis needs indices of as many dimensions as the array",
                         to_string(list.shape()) + " for " + to_string(a.shape()), "add axes of extent 1 with None");
    // One line of each stands for all where the other has more.
    Shape of_a = a.shape(), of_list = list.shape();
    for (int i = 0; i < a.rank(); ++i) {
        if (i == along || of_a[i] == of_list[i]) continue;
        if (of_a[i] != 1 && of_list[i] != 1)
            throw ShapeError(
                "shapes do not broadcast in take_along_axis",
                to_string(a.shape()) + " and " + to_string(list.shape()) + " differ along axis " + std::to_string(i),
                "select matching parts");
        auto& one = of_a[i] == 1 ? of_a[i] : of_list[i];
        one = std::max(of_a[i], of_list[i]) * std::min(of_a[i], of_list[i]);  // the other one, which may be 0
    }
    check_not_empty(of_a[along], list, "take_along_axis");
    return Array(array::make_whole(std::make_shared<TakeAlongOperation>(along),
                                   {a.astype(a.dtype()).broadcast_to(of_a).node(), list.broadcast_to(of_list).node()},
                                   a.dtype(), of_list));
}

}  // namespace heddle
