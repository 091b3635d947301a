// Sorted lines, and the positions of their elements in order.

#include <algorithm>
#include <cstring>
#include <memory>

#include "heddle/lines.hpp"
#include "host/array/whole.hpp"
#include "host/array/whole_gpu.hpp"
#include "kernels/sort.hpp"

namespace heddle {
namespace {

using array::Lines;
using array::WholeOperand;
using array::WholeOperands;
using kernels::RadixSort;
using Result = RadixSort::Result;

constexpr std::int64_t kLong = 1 << 16;            // from here on threads share a line
constexpr std::int64_t kCacheLine = 64;            // bytes of neighbouring lines that are gathered together
constexpr std::int64_t kGathered = 16 << 20;       // what gathered lines take at most, unless one alone takes more
constexpr std::int64_t kSmallScratch = 256 << 10;  // with less, a thread may have several pieces

std::int64_t whole_lines(std::int64_t bytes) { return (bytes + kCacheLine - 1) / kCacheLine * kCacheLine; }

// Moves n elements that are `from_step` and `to_step` elements apart.
template <class T>
void move_apart(const std::byte* from, std::int64_t from_step, std::byte* to, std::int64_t to_step, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i)
        std::memcpy(to + i * to_step * std::int64_t{sizeof(T)}, from + i * from_step * std::int64_t{sizeof(T)},
                    sizeof(T));
}
auto mover(std::int64_t width) {
    struct Pair {
        std::uint64_t parts[2];
    };
    return width == 1   ? move_apart<std::uint8_t>
           : width == 2 ? move_apart<std::uint16_t>
           : width == 4 ? move_apart<std::uint32_t>
           : width == 8 ? move_apart<std::uint64_t>
                        : move_apart<Pair>;
}

// How lines are shared out where each is sorted by one thread: a unit is `columns` neighbouring lines.
struct Units {
    DType dtype;
    Result result;
    Lines lines;
    std::int64_t width, out_width, columns, groups, count, pieces, scratch;

    Units(const WholeOperand& operand, Result result, const Lines& lines, int threads)
        : dtype(operand.dtype),
          result(result),
          lines(lines),
          width(static_cast<std::int64_t>(size_of(dtype))),
          out_width(result == Result::values ? width : 8) {
        const std::int64_t line = std::max<std::int64_t>(lines.n * (width + out_width), 1);
        columns = std::min({std::max<std::int64_t>(kGathered / line, 1), kCacheLine / width, lines.inner});
        columns = std::max<std::int64_t>(columns, 1);
        groups = (lines.inner + columns - 1) / columns;
        count = lines.n == 0 ? 0 : lines.outer * groups;
        scratch =
            whole_lines(static_cast<std::int64_t>(result == Result::values ? kernels::sort_scratch(dtype, lines.n)
                                                                           : kernels::argsort_scratch(dtype, lines.n)));
        if (lines.inner > 1) scratch += in_bytes() + out_bytes();
        scratch = std::max(scratch, kCacheLine);
        const std::int64_t per_thread = scratch <= kSmallScratch ? 4 : 1;
        pieces = std::clamp<std::int64_t>(count, 1, per_thread * std::max(threads, 1));
    }

    void run(std::int64_t unit, const std::byte* in, std::byte* out, std::byte* memory) const {
        const std::int64_t first = unit % groups * columns, start = unit / groups * lines.n * lines.inner + first;
        in += start * width;
        out += start * out_width;
        if (lines.inner == 1) return sort(in, out, memory);
        const std::int64_t some = std::min(columns, lines.inner - first);
        std::byte *from = memory, *to = from + in_bytes(), *rest = to + out_bytes();
        for (std::int64_t i = 0; i < lines.n; ++i)
            mover(width)(in + i * lines.inner * width, 1, from + i * width, lines.n, some);
        for (std::int64_t k = 0; k < some; ++k) sort(from + k * lines.n * width, to + k * lines.n * out_width, rest);
        for (std::int64_t i = 0; i < lines.n; ++i)
            mover(out_width)(to + i * out_width, lines.n, out + i * lines.inner * out_width, 1, some);
    }

private:
    std::int64_t in_bytes() const { return whole_lines(columns * lines.n * width); }
    std::int64_t out_bytes() const { return whole_lines(columns * lines.n * out_width); }
    void sort(const std::byte* in, std::byte* out, std::byte* memory) const {
        if (result == Result::values)
            kernels::sort_line(dtype, in, out, lines.n, memory);
        else
            kernels::argsort_line(dtype, in, reinterpret_cast<std::int64_t*>(out), lines.n, memory);
    }
};

class SortOperation final : public array::WholeOperation {
    static auto units_body(const Units& units) {
        return [units](const Piece& piece, const void* const* in, void* out, const detail::Operand* more) {
            auto* memory = static_cast<std::byte*>(more[0].data) + piece.index * units.scratch;
            for (auto u = units.count * piece.index / piece.count; u < units.count * (piece.index + 1) / piece.count;
                 ++u)
                units.run(u, static_cast<const std::byte*>(in[0]), static_cast<std::byte*>(out), memory);
        };
    }

public:
    SortOperation(Result result, int axis) : result_(result), axis_(axis) {}

    std::string name() const override { return result_ == Result::values ? "sort" : "argsort"; }
    std::string key() const override { return name() + std::to_string(axis_); }

    std::int64_t scratch_bytes(WholeOperands operands, int threads) const override {
        const WholeOperand& operand = operands[0];
        const Lines lines(operand.shape, axis_);
        if (shares_lines(operand, lines, threads))
            return static_cast<std::int64_t>(RadixSort::scratch_bytes(operand.dtype, result_, lines.n, threads));
        const Units units(operand, result_, lines, threads);
        return units.pieces * units.scratch;
    }

    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const WholeOperand& operand = operands[0];
        const Lines lines(operand.shape, axis_);
        if (shares_lines(operand, lines, engine.threads()))
            submit_shared(scope, engine, operand, result, lines);
        else
            submit_units(scope, engine, operand, result, lines);
    }

    std::optional<std::int64_t> gpu_scratch_bytes(WholeOperands operands) const override {
        const WholeOperand& operand = operands[0];
        if (!RadixSort::has_radix(operand.dtype) || operand.shape.count() > kernels::kGpuSortMost) return std::nullopt;
        // One block for either body: each piece of the CPU's has its part.
        const Lines lines(operand.shape, axis_);
        const Units units(operand, result_, lines, 1);
        return std::max(kernels::gpu_sort_scratch(operand.dtype, positions(), array::gpu_lines(lines)), units.scratch);
    }

    void submit_with_gpu(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const WholeOperand& operand = operands[0];
        const Lines lines(operand.shape, axis_);
        const std::int64_t bytes = *gpu_scratch_bytes(operands);
        Units units(operand, result_, lines, engine.threads());
        units.pieces = std::clamp<std::int64_t>(bytes / units.scratch, 1, units.pieces);
        const AnyBuffer scratch(engine, DType::uint8, Shape{bytes}, {.name = "scratch"});
        const AnyAccess to_scratch{&scratch, Mode::write, std::nullopt};
        // As many operations as a sort has passes, about, beside each of which there are several instructions.
        constexpr double kCost = 64;
        array::submit_whole_with_gpu(
            scope,
            {.name = task_name(), .pieces = units.pieces, .flops = kCost * static_cast<double>(operand.shape.count())},
            operands, result, {&to_scratch, 1}, units_body(units),
            [dtype = operand.dtype, positions = positions(), all = array::gpu_lines(lines)](
                void* stream, const void* const* in, void* out, const detail::Operand* more) {
                return kernels::cuda_kernels()->sort(stream, dtype, positions, all, in[0], out,
                                                     array::gpu_scratch(more[0]));
            });
    }

private:
    bool positions() const { return result_ == Result::positions; }

    static bool shares_lines(const WholeOperand& operand, const Lines& lines, int threads) {
        return RadixSort::has_radix(operand.dtype) && lines.inner == 1 && lines.outer < threads && lines.n >= kLong;
    }

    void submit_units(Scope& scope, Engine& engine, const WholeOperand& operand, AnyBuffer& result,
                      const Lines& lines) const {
        const Units units(operand, result_, lines, engine.threads());
        const AnyBuffer scratch(engine, DType::uint8, Shape{units.pieces * units.scratch}, {.name = "scratch"});
        const AnyAccess to_scratch{&scratch, Mode::write, std::nullopt};
        array::submit_whole(scope, {.name = task_name(), .pieces = units.pieces, .place = Place::cpu}, {&operand, 1},
                            result, Mode::write, {&to_scratch, 1}, units_body(units));
    }

    // Line after line, step after step: each task updates the result, so the next one waits for it.
    void submit_shared(Scope& scope, Engine& engine, const WholeOperand& operand, AnyBuffer& result,
                       const Lines& lines) const {
        const auto sorter = std::make_shared<RadixSort>(operand.dtype, result_, lines.n, engine.threads());
        const auto width = static_cast<std::int64_t>(size_of(operand.dtype)),
                   out_width = static_cast<std::int64_t>(size_of(result.dtype()));
        for (std::int64_t line = 0; line < lines.outer; ++line) {
            for (int step = 0; step < sorter->steps(); ++step) {
                const Mode mode = line == 0 && step == 0 ? Mode::write : Mode::update;
                array::submit_whole(scope, {.name = task_name(), .pieces = sorter->parts_of(step), .place = Place::cpu},
                                    {&operand, 1}, result, mode, {},
                                    [sorter, step, from = line * lines.n * width, to = line * lines.n * out_width](
                                        const Piece& piece, const void* const* in, void* out, const detail::Operand*) {
                                        sorter->run(step, static_cast<int>(piece.index),
                                                    static_cast<const std::byte*>(in[0]) + from,
                                                    static_cast<std::byte*>(out) + to);
                                    });
            }
        }
    }

    const char* task_name() const { return result_ == Result::values ? "sort" : "argsort"; }

    Result result_;
    int axis_;
};

Array ordered(Result result, const Array& a, Axis axis) {
    const int along = axis ? array::normalize_axis(*axis, a.rank()) : -1;
    const DType dtype = result == Result::values ? a.dtype() : DType::int64;
    return Array(array::make_whole(std::make_shared<SortOperation>(result, along), {a.astype(a.dtype()).node()}, dtype,
                                   axis ? a.shape() : Shape{a.size()}));
}

}  // namespace

Array sort(const Array& a, Axis axis) { return ordered(Result::values, a, axis); }
Array argsort(const Array& a, Axis axis) { return ordered(Result::positions, a, axis); }

}  // namespace heddle
