// Running sums, products, maxima and minima.

#include <algorithm>
#include <cstring>

#include "heddle/lines.hpp"
#include "host/array/whole.hpp"
#include "host/array/whole_gpu.hpp"
#include "host/array/whole_pieces.hpp"
#include "kernels/scan.hpp"

namespace heddle {
namespace {

using array::for_each_unit;
using array::Lines;
using array::pieces_for;
using array::StreamedTile;
using array::Streaming;
using array::WholeOperand;
using array::WholeOperands;
using kernels::kScanBlock;
using kernels::Scan;
using kernels::ScanState;

constexpr std::int64_t kColumns = 64;  // neighbouring lines that are walked together

constexpr const char* name_of(Scan scan) {
    return scan == Scan::sum ? "cumsum" : scan == Scan::prod ? "cumprod" : scan == Scan::max ? "cummax" : "cummin";
}

class ScanOperation final : public array::WholeOperation {
    // Each line by one thread.
    auto lines_body(const Lines& lines, DType dtype) const {
        const std::int64_t groups = (lines.inner + kColumns - 1) / kColumns, units = lines.outer * groups;
        const auto width = static_cast<std::int64_t>(size_of(dtype));
        return [=, scanner = &scanner_](const Piece& piece, const void* const* in, void* out, const detail::Operand*) {
            for_each_unit(piece, units, [&](std::int64_t unit) {
                const std::int64_t first = unit % groups * kColumns, columns = std::min(kColumns, lines.inner - first);
                ScanState states[kColumns];
                std::fill_n(states, columns, scanner->identity);
                for (std::int64_t i = 0; i < lines.n; i += kScanBlock) {
                    const std::int64_t at = ((unit / groups * lines.n + i) * lines.inner + first) * width;
                    scanner->run(static_cast<const std::byte*>(in[0]) + at, static_cast<std::byte*>(out) + at,
                                 std::min(kScanBlock, lines.n - i), lines.inner, columns, states);
                }
            });
        };
    }

public:
    ScanOperation(Scan scan, int axis, DType dtype)
        : scan_(scan), axis_(axis), dtype_(dtype), scanner_(*kernels::find_scanner(scan, dtype)) {}

    std::string name() const override { return name_of(scan_); }
    std::string key() const override { return name() + std::to_string(axis_); }

    std::int64_t scratch_bytes(WholeOperands operands, int threads) const override {
        const WholeOperand& operand = operands[0];
        const Lines lines(operand.shape, axis_);
        return shares_lines(lines, threads) ? blocks(lines) * static_cast<std::int64_t>(sizeof(ScanState)) : 0;
    }

    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const WholeOperand& operand = operands[0];
        const Lines lines(operand.shape, axis_);
        if (shares_lines(lines, engine.threads()))
            submit_blocks(scope, engine, operand, result, lines);
        else
            submit_lines(scope, engine, operand, result, lines);
    }

    // What lines have come to goes from tile to tile.
    std::optional<Streaming> streaming(WholeOperands, int, std::int64_t) const override {
        Streaming how;
        how.tiled = {true};
        how.flat = axis_ < 0;
        how.order = Streaming::Order::along;
        how.axis = std::max(axis_, 0);
        how.maps = true;
        return how;
    }
    std::int64_t tile_scratch(const Streaming& how, const Shape& tile, int) const override {
        return 2 * Lines(tile, how.axis).count() * static_cast<std::int64_t>(sizeof(ScanState));
    }
    std::int64_t tile_pieces(const Streaming& how, const Shape& tile, int threads) const override {
        return std::clamp<std::int64_t>(units_of(Lines(tile, how.axis)), 1, std::max(threads, 1));
    }
    void take(const StreamedTile& tile, const Piece& piece) const override {
        const int axis = tile.how.axis;
        const Lines lines(tile.box.extents(), axis);
        const std::int64_t groups = groups_of(lines), from = tile.box.lo[axis];
        auto* const starts = reinterpret_cast<ScanState*>(tile.scratch);
        auto* const locals = starts + lines.count();
        const auto width = static_cast<std::int64_t>(size_of(dtype_));
        for_each_unit(piece, units_of(lines), [&](std::int64_t unit) {
            const std::int64_t first = unit % groups * kColumns, columns = std::min(kColumns, lines.inner - first);
            const std::int64_t line = unit / groups * lines.inner + first,
                               at = (unit / groups * lines.n * lines.inner + first) * width;
            if (from == 0) {
                std::fill_n(starts + line, columns, scanner_.identity);
                std::fill_n(locals + line, columns, scanner_.identity);
            }
            scanner_.resume(static_cast<const std::byte*>(tile.in[0]) + at, static_cast<std::byte*>(tile.out) + at,
                            lines.n, lines.inner, columns, from % kScanBlock, starts + line, locals + line);
        });
    }

    std::optional<std::int64_t> gpu_scratch_bytes(WholeOperands operands) const override {
        return kernels::gpu_scan_scratch(array::gpu_lines(Lines(operands[0].shape, axis_)));
    }

    void submit_with_gpu(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const WholeOperand& operand = operands[0];
        const Lines lines(operand.shape, axis_);
        const auto line_groups = lines.outer * ((lines.inner + kColumns - 1) / kColumns);
        const AnyBuffer scratch(engine, DType::uint8, Shape{std::max<std::int64_t>(*gpu_scratch_bytes(operands), 1)},
                                {.name = "scratch"});
        const AnyAccess to_scratch{&scratch, Mode::write, std::nullopt};
        array::submit_whole_with_gpu(scope, {.name = name_of(scan_), .pieces = pieces_for(line_groups, engine)},
                                     operands, result, {&to_scratch, 1}, lines_body(lines, operand.dtype),
                                     [scan = scan_, dtype = operand.dtype, all = array::gpu_lines(lines)](
                                         void* stream, const void* const* in, void* out, const detail::Operand* more) {
                                         return kernels::cuda_kernels()->scan(stream, scan, dtype, all, in[0], out,
                                                                              array::gpu_scratch(more[0]));
                                     });
    }

private:
    static std::int64_t groups_of(const Lines& lines) { return (lines.inner + kColumns - 1) / kColumns; }
    static std::int64_t units_of(const Lines& lines) { return lines.outer * groups_of(lines); }
    // Few long lines: their blocks are shared out, which reads them twice.
    static bool shares_lines(const Lines& lines, int threads) {
        return lines.inner == 1 && lines.outer < threads && lines.n >= 16 * kScanBlock;
    }
    static std::int64_t blocks_of_line(const Lines& lines) { return (lines.n + kScanBlock - 1) / kScanBlock; }
    static std::int64_t blocks(const Lines& lines) { return lines.outer * blocks_of_line(lines); }

    void submit_lines(Scope& scope, Engine& engine, const WholeOperand& operand, AnyBuffer& result,
                      const Lines& lines) const {
        const std::int64_t groups = (lines.inner + kColumns - 1) / kColumns, units = lines.outer * groups;
        const auto pieces = pieces_for(units, engine);
        array::submit_whole(scope, {.name = name_of(scan_), .pieces = pieces, .place = Place::cpu}, {&operand, 1},
                            result, Mode::write, {}, lines_body(lines, operand.dtype));
    }

    void submit_blocks(Scope& scope, Engine& engine, const WholeOperand& operand, AnyBuffer& result,
                       const Lines& lines) const {
        const std::int64_t per_line = blocks_of_line(lines), count = blocks(lines);
        const auto width = static_cast<std::int64_t>(size_of(operand.dtype));
        const auto pieces = pieces_for(count, engine);
        AnyBuffer totals(engine, DType::complex128, Shape{count}, {.name = "totals"});
        const AnyAccess to_totals{&totals, Mode::write, std::nullopt}, of_totals{&totals, Mode::update, std::nullopt},
            from_totals{&totals, Mode::read, std::nullopt};
        // Where block b begins, and how many elements it has.
        const auto start = [=](std::int64_t b) { return (b / per_line * lines.n + b % per_line * kScanBlock) * width; };
        const auto length = [=](std::int64_t b) { return std::min(kScanBlock, lines.n - b % per_line * kScanBlock); };
        const bool in_buffer = operand.buffer != nullptr;
        std::vector<AnyAccess> reads{to_totals};
        if (in_buffer) reads.push_back({operand.buffer, Mode::read, std::nullopt});
        scope.submit_list(
            {.name = name_of(scan_), .pieces = pieces, .place = Place::cpu}, reads,
            [=, memory = operand.memory, scanner = &scanner_](const Piece& piece, const detail::Operand* operands) {
                const auto* in = static_cast<const std::byte*>(in_buffer ? operands[1].data : memory);
                auto* states = static_cast<ScanState*>(operands[0].data);
                for_each_unit(piece, count,
                              [&](std::int64_t b) { scanner->total(in + start(b), length(b), 1, states[b]); });
            });
        scope.submit_list({.name = name_of(scan_), .place = Place::cpu}, {&of_totals, 1},
                          [=, scanner = &scanner_](const Piece&, const detail::Operand* operands) {
                              auto* states = static_cast<ScanState*>(operands[0].data);
                              for (std::int64_t line = 0; line < lines.outer; ++line)
                                  scanner->starts({states + line * per_line, static_cast<std::size_t>(per_line)});
                          });
        array::submit_whole(scope, {.name = name_of(scan_), .pieces = pieces, .place = Place::cpu}, {&operand, 1},
                            result, Mode::write, {&from_totals, 1},
                            [=, scanner = &scanner_](const Piece& piece, const void* const* in, void* out,
                                                     const detail::Operand* more) {
                                const auto* states = static_cast<const ScanState*>(more[0].data);
                                for_each_unit(piece, count, [&](std::int64_t b) {
                                    ScanState state = states[b];
                                    scanner->run(static_cast<const std::byte*>(in[0]) + start(b),
                                                 static_cast<std::byte*>(out) + start(b), length(b), 1, 1, &state);
                                });
                            });
    }

    Scan scan_;
    int axis_;
    DType dtype_;
    const kernels::Scanner& scanner_;
};

Array scanned(Scan scan, const Array& a, Axis axis) {
    const bool sums = scan == Scan::sum || scan == Scan::prod;
    DType compute = a.dtype();
    if (sums && !is_float(compute) && !is_complex(compute))
        compute = is_unsigned(compute) ? DType::uint64 : DType::int64;
    if (compute == DType::float16) compute = DType::float32;
    const int along = axis ? array::normalize_axis(*axis, a.rank()) : -1;
    const Shape shape = axis ? a.shape() : Shape{a.size()};
    const Array result(array::make_whole(std::make_shared<ScanOperation>(scan, along, compute),
                                         {a.astype(compute).node()}, compute, shape));
    return a.dtype() == DType::float16 ? result.astype(DType::float16) : result;
}

}  // namespace

Array cumsum(const Array& a, Axis axis) { return scanned(Scan::sum, a, axis); }
Array cumprod(const Array& a, Axis axis) { return scanned(Scan::prod, a, axis); }
Array cummax(const Array& a, Axis axis) { return scanned(Scan::max, a, axis); }
Array cummin(const Array& a, Axis axis) { return scanned(Scan::min, a, axis); }

}  // namespace heddle
