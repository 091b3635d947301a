// The largest elements of lines.

#include <cstring>
#include <memory>

#include "heddle/error.hpp"
#include "heddle/functions.hpp"
#include "heddle/selection.hpp"
#include "host/array/whole.hpp"
#include "host/array/whole_pieces.hpp"
#include "kernels/topk.hpp"

namespace heddle {
namespace {

using array::WholeOperand;
using array::WholeOperands;
using kernels::TopK;
using Result = kernels::RadixSort::Result;

constexpr std::int64_t kLong = 1 << 16;  // elements of a line that are worth a part of it

// How lines are shared out: few long ones in parts, what is chosen of each being joined; else each as a whole. A slot
// holds what is chosen of a part, or what a piece works with.
struct Slots {
    std::int64_t lines, n, k, parts, pieces, bytes;

    Slots(const TopK& topk, const WholeOperand& operand, const Shape& result, std::int64_t k, int threads)
        : lines(result.count() / k), n(operand.shape.count() / lines), k(k) {
        const std::int64_t wanted = lines < threads ? (threads + lines - 1) / lines : 1;
        parts = std::clamp<std::int64_t>(n / std::max(kLong, 4 * k), 1, wanted);
        pieces = parts > 1 ? lines * parts : std::min<std::int64_t>(lines, 4 * threads);
        bytes = TopK::room((n + parts - 1) / parts, k) * static_cast<std::int64_t>(topk.record_bytes);
        bytes = (bytes + 63) / 64 * 64;
    }
    std::int64_t first(std::int64_t part) const { return n * part / parts; }
};

class TopKOperation final : public array::WholeOperation {
public:
    // Of lines that lie one after the other; `shape` is that of the result.
    TopKOperation(Result result, DType dtype, std::int64_t k, const Shape& shape)
        : result_(result), topk_(*kernels::find_topk(dtype, result)), k_(k), shape_(shape) {}

    std::string name() const override { return result_ == Result::values ? "topk" : "argtopk"; }
    std::string key() const override { return name() + std::to_string(k_) + to_string(shape_); }

    std::int64_t scratch_bytes(WholeOperands operands, int threads) const override {
        const Slots slots(topk_, operands[0], shape_, k_, threads);
        return slots.pieces * slots.bytes;
    }

    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const Slots slots(topk_, operands[0], shape_, k_, engine.threads());
        AnyBuffer scratch(engine, DType::uint8, Shape{slots.pieces * slots.bytes}, {.name = "chosen"});
        const auto width = static_cast<std::int64_t>(size_of(operands[0].dtype));
        if (slots.parts == 1)
            submit_lines(scope, slots, width, operands, scratch, result);
        else
            submit_parts(scope, slots, width, operands, scratch, result);
    }

private:
    void submit_lines(Scope& scope, const Slots& slots, std::int64_t width, WholeOperands operands, AnyBuffer& scratch,
                      AnyBuffer& result) const {
        const AnyAccess to_scratch{&scratch, Mode::write, std::nullopt};
        array::submit_whole(
            scope, {.name = task_name(), .pieces = slots.pieces, .place = Place::cpu}, operands, result, Mode::write,
            {&to_scratch, 1},
            [=, topk = &topk_](const Piece& piece, const void* const* in, void* out, const detail::Operand* more) {
                auto* records = static_cast<std::byte*>(more[0].data) + piece.index * slots.bytes;
                array::for_each_unit(piece, slots.lines, [&](std::int64_t line) {
                    topk->choose(static_cast<const std::byte*>(in[0]) + line * slots.n * width, 0, slots.n, slots.k,
                                 records);
                    topk->finish(
                        records, slots.k, slots.k,
                        static_cast<std::byte*>(out) + line * slots.k * static_cast<std::int64_t>(topk->out_bytes));
                });
            });
    }

    void submit_parts(Scope& scope, const Slots& slots, std::int64_t width, WholeOperands operands, AnyBuffer& scratch,
                      AnyBuffer& result) const {
        // The first step does not touch the result: the scratch stands in its place.
        array::submit_whole(
            scope, {.name = task_name(), .pieces = slots.pieces, .place = Place::cpu}, operands, scratch, Mode::write,
            {}, [=, topk = &topk_](const Piece& piece, const void* const* in, void* out, const detail::Operand*) {
                const std::int64_t line = piece.index / slots.parts, part = piece.index % slots.parts,
                                   first = slots.first(part);
                topk->choose(static_cast<const std::byte*>(in[0]) + line * slots.n * width, first,
                             slots.first(part + 1) - first, slots.k,
                             static_cast<std::byte*>(out) + piece.index * slots.bytes);
            });
        const AnyAccess accesses[] = {{&result, Mode::write, std::nullopt}, {&scratch, Mode::update, std::nullopt}};
        scope.submit_list({.name = task_name(), .pieces = slots.lines, .place = Place::cpu}, accesses,
                          [=, topk = &topk_](const Piece& piece, const detail::Operand* all) {
                              auto* records =
                                  static_cast<std::byte*>(all[1].data) + piece.index * slots.parts * slots.bytes;
                              const auto chosen = slots.k * static_cast<std::int64_t>(topk->record_bytes);
                              for (std::int64_t part = 1; part < slots.parts; ++part)
                                  std::memmove(records + part * chosen, records + part * slots.bytes,
                                               static_cast<std::size_t>(chosen));
                              topk->finish(records, slots.parts * slots.k, slots.k,
                                           static_cast<std::byte*>(all[0].data) +
                                               piece.index * slots.k * static_cast<std::int64_t>(topk->out_bytes));
                          });
    }

    const char* task_name() const { return result_ == Result::values ? "topk" : "argtopk"; }

    Result result_;
    const TopK& topk_;
    std::int64_t k_;
    Shape shape_;
};

// The first k along the axis of what is sorted, from its end.
Array last_reversed(const Array& sorted, std::int64_t k, int axis) {
    const std::int64_t n = sorted.shape()[axis];
    std::vector<Index> indices(static_cast<std::size_t>(axis), Index(Slice{}));
    Slice slice{n - 1, n - 1 - k, -1};
    if (k == n) slice.stop.reset();
    indices.emplace_back(slice);
    return sorted.subscript(indices);
}

Array by_sorting(Result result, const Array& a, std::int64_t k, Axis axis) {
    const int along = axis.value_or(0);
    if (result == Result::values) return last_reversed(sort(a, axis), k, along);
    // Backwards, so that of equal elements the first one is the last.
    std::vector<Index> backwards(static_cast<std::size_t>(a.rank()), Index(Slice{{}, {}, axis ? 1 : -1}));
    if (axis) backwards[static_cast<std::size_t>(along)] = Index(Slice{{}, {}, -1});
    const std::int64_t n = axis ? a.shape()[along] : a.size();
    return Array(n - 1) - last_reversed(argsort(a.subscript(backwards), axis), k, along);
}

// The axis in the last place; and back, which exchanges the same two.
Array with_last(const Array& a, int axis) {
    std::vector<int> order;
    for (int i = 0; i < a.rank(); ++i) order.push_back(i);
    std::swap(order[static_cast<std::size_t>(axis)], order.back());
    return a.transpose(order);
}

Array largest(Result result, const Array& a, std::int64_t k, Axis axis) {
    if (axis) axis = array::normalize_axis(*axis, a.rank());
    const std::int64_t n = axis ? a.shape()[*axis] : a.size();
    if (k < 0 || k > n)
        throw ArgumentError("there are no " + std::to_string(k) + " largest elements",
                            (axis ? "axis " + std::to_string(*axis) : std::string("the array")) + " has " +
                                std::to_string(n) + " elements",
                            "ask for 0 to " + std::to_string(n));
    // From there on sorting all by digits is faster than sorting those chosen by comparing.
    if (is_complex(a.dtype()) || k > n / 4 + 16) return by_sorting(result, a, k, axis);
    const Array lines = axis ? with_last(a.astype(a.dtype()), *axis) : a.astype(a.dtype());
    Shape shape{k};
    if (axis) {
        shape = lines.shape();
        shape[a.rank() - 1] = k;
    }
    const DType dtype = result == Result::values ? a.dtype() : DType::int64;
    const Array made(
        array::make_whole(std::make_shared<TopKOperation>(result, a.dtype(), k, shape), {lines.node()}, dtype, shape));
    return axis ? with_last(made, *axis) : made;
}

}  // namespace

Array topk(const Array& a, std::int64_t k, Axis axis) { return largest(Result::values, a, k, axis); }
Array argtopk(const Array& a, std::int64_t k, Axis axis) { return largest(Result::positions, a, k, axis); }

}  // namespace heddle
