// Elements by their position in sorted lines.

#include <algorithm>
#include <cstring>

#include "host/array/order.hpp"
#include "host/array/whole.hpp"
#include "host/array/whole_pieces.hpp"
#include "kernels/select.hpp"
#include "kernels/sort.hpp"

namespace heddle::array {
namespace {

using kernels::Select;

constexpr std::int64_t kLong = 1 << 16;      // from here on a line is not sorted to find some of its elements
constexpr std::int64_t kCacheLine = 64;      // bytes of neighbouring lines that are gathered together
constexpr std::int64_t kGathered = 4 << 20;  // what gathered lines take at most, unless one alone takes more
constexpr int kMostLanes = 4;                // tables that threads fill side by side
constexpr int kWideDigit = 16, kNarrowDigit = 11, kLeastDigit = 8;

std::int64_t rounded_up(std::int64_t bytes) { return (bytes + kCacheLine - 1) / kCacheLine * kCacheLine; }

// What is known of the keys at the positions.
struct Search {
    std::uint64_t prefixes[kMostPositions];  // the bits that are known
    std::int64_t ranks[kMostPositions];      // the position among the keys that begin with them
    std::uint64_t different[kMostPositions];
    std::int64_t tables, table_of[kMostPositions];
};

// How keys are cut into digits, the highest first, and where counts lie.
struct Digits {
    int key_bits, bits, lanes;
    int rounds() const { return (key_bits + bits - 1) / bits; }
    int shift(int round) const { return std::max(key_bits - (round + 1) * bits, 0); }
    int bits_of(int round) const { return key_bits - round * bits - shift(round); }
    std::int64_t table() const { return std::int64_t{1} << bits; }
    std::int64_t bytes(std::int64_t positions) const {
        return rounded_up(sizeof(Search)) + lanes * positions * table() * std::int64_t{sizeof(std::int64_t)};
    }
};

class OrderOperation final : public WholeOperation {
public:
    OrderOperation(std::vector<std::int64_t> positions, int axis, DType dtype)
        : positions_(std::move(positions)),
          count_(static_cast<std::int64_t>(positions_.size())),
          axis_(axis),
          dtype_(dtype),
          width_(static_cast<std::int64_t>(size_of(dtype))),
          select_(*kernels::find_select(dtype)) {}

    std::string name() const override { return "in order"; }
    std::string key() const override {
        std::string key = "in order " + std::to_string(axis_);
        for (const auto position : positions_) key += "," + std::to_string(position);
        return key;
    }

    std::int64_t scratch_bytes(WholeOperands operands, int threads) const override {
        const Lines lines(operands[0].shape, axis_);
        return counts(lines, threads) ? digits(kWideDigit, threads).bytes(count_)
                                      : units(lines, threads) * line_scratch(lines);
    }
    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const Lines lines(operands[0].shape, axis_);
        const AnyBuffer scratch(engine, DType::uint8, Shape{scratch_bytes(operands, engine.threads())},
                                {.name = "order"});
        if (!counts(lines, engine.threads())) return submit_lines(scope, engine, operands, result, scratch, lines);
        for (std::int64_t line = 0; line < lines.outer; ++line)
            submit_counts(scope, engine, operands, result, scratch, lines, line);
    }

    std::optional<Streaming> streaming(WholeOperands operands, int threads, std::int64_t memory) const override {
        Streaming how;
        how.tiled = {true};
        if (Lines(operands[0].shape, axis_).count() == 1) {
            int bits = kWideDigit;
            for (const int less : {kNarrowDigit, kLeastDigit})
                if (digits(bits, threads).bytes(count_) > memory / 32) bits = less;
            const auto cut = digits(bits, threads);
            how.own = bits;
            how.rounds = cut.rounds();
            how.state_bytes = cut.bytes(count_);
        } else {
            how.order = Streaming::Order::lines;
            how.axis = axis_;
            how.maps = true;
        }
        return how;
    }
    std::int64_t tile_scratch(const Streaming& how, const Shape& tile, int threads) const override {
        if (!how.maps) return 0;
        const Lines lines(tile, axis_);
        return units(lines, threads) * line_scratch(lines);
    }
    std::int64_t tile_pieces(const Streaming& how, const Shape& tile, int threads) const override {
        return how.maps ? units(Lines(tile, axis_), threads) : lanes(threads);
    }
    Box result_box(const Box& box) const override {
        Box result = box;
        if (axis_ >= 0) {
            result.lo[axis_] = 0;
            result.hi[axis_] = count_;
            return result;
        }
        return {{0}, {count_}};
    }
    void begin(const StreamedTile& tile) const override {
        if (!tile.how.maps) begin_round(cut_of(tile), tile.round, tile.state);
    }
    void take(const StreamedTile& tile, const Piece& piece) const override {
        const auto* in = static_cast<const std::byte*>(tile.in[0]);
        if (tile.how.maps) return sort_lines(Lines(tile.box.extents(), axis_), in, tile.out, tile.scratch, piece);
        const std::int64_t n = tile.box.count();
        count(cut_of(tile), tile.round, in, n, piece, tile.state);
    }
    void end(const StreamedTile& tile, void* result) const override {
        if (!tile.how.maps) end_round(cut_of(tile), tile.round, tile.state, result);
    }

private:
    int lanes(int threads) const { return std::clamp(threads, 1, kMostLanes); }
    Digits digits(int bits, int threads) const {
        return {select_.key_bits, std::min(bits, select_.key_bits), lanes(threads)};
    }
    // The lanes are those of the plan, which the size tells.
    Digits cut_of(const StreamedTile& tile) const {
        Digits cut = digits(static_cast<int>(tile.how.own), 1);
        const std::int64_t one = cut.bytes(count_) - rounded_up(sizeof(Search));
        cut.lanes = static_cast<int>((tile.how.state_bytes - rounded_up(sizeof(Search))) / one);
        return cut;
    }

    // Few long lines, which all threads count.
    bool counts(const Lines& lines, int threads) const {
        return lines.inner == 1 && lines.n >= kLong && (lines.outer == 1 || lines.outer < threads);
    }

    std::int64_t columns(const Lines& lines) const {
        const std::int64_t line = std::max<std::int64_t>(2 * lines.n * width_, 1);
        return std::clamp<std::int64_t>(std::min(kGathered / line, kCacheLine / width_), 1, lines.inner);
    }
    std::int64_t groups(const Lines& lines) const { return (lines.inner + columns(lines) - 1) / columns(lines); }
    std::int64_t units(const Lines& lines, int threads) const {
        return std::clamp<std::int64_t>(lines.outer * groups(lines), 1, std::max(threads, 1));
    }
    std::int64_t line_scratch(const Lines& lines) const {
        return rounded_up(columns(lines) * lines.n * width_) + rounded_up(lines.n * width_) +
               rounded_up(static_cast<std::int64_t>(kernels::sort_scratch(dtype_, lines.n)));
    }

    void begin_round(const Digits& cut, int round, std::byte* state) const {
        auto& search = *reinterpret_cast<Search*>(state);
        for (std::size_t p = 0; p < positions_.size() && round == 0; ++p) {
            search.prefixes[p] = 0;
            search.ranks[p] = positions_[p];
        }
        search.tables = 0;
        for (std::size_t p = 0; p < positions_.size(); ++p) {
            auto* const end = search.different + search.tables;
            const auto* const same = std::find(search.different, end, search.prefixes[p]);
            search.table_of[p] = same - search.different;
            if (same == end) search.different[search.tables++] = search.prefixes[p];
        }
        std::memset(state + rounded_up(sizeof(Search)), 0,
                    static_cast<std::size_t>(cut.bytes(count_) - rounded_up(sizeof(Search))));
    }
    std::int64_t* table(const Digits& cut, std::byte* state, std::int64_t lane, std::int64_t which) const {
        return reinterpret_cast<std::int64_t*>(state + rounded_up(sizeof(Search))) +
               (lane * count_ + which) * cut.table();
    }
    void count(const Digits& cut, int round, const std::byte* in, std::int64_t n, const Piece& piece,
               std::byte* state) const {
        const auto& search = *reinterpret_cast<const Search*>(state);
        std::int64_t* tables[kMostPositions];
        for (std::int64_t t = 0; t < search.tables; ++t) tables[t] = table(cut, state, piece.index, t);
        constexpr std::int64_t kBlock = 1 << 14;  // stays in the cache for the next prefix
        const std::int64_t last = n * (piece.index + 1) / piece.count;
        for (std::int64_t at = n * piece.index / piece.count; at < last; at += kBlock)
            select_.count(in + at * width_, std::min(kBlock, last - at), cut.shift(round), cut.bits_of(round),
                          {search.different, static_cast<std::size_t>(search.tables)}, tables);
    }
    void end_round(const Digits& cut, int round, std::byte* state, void* result) const {
        auto& search = *reinterpret_cast<Search*>(state);
        const int bits = cut.bits_of(round);
        for (std::size_t p = 0; p < positions_.size(); ++p) {
            std::int64_t digit = 0;
            for (;; ++digit) {
                std::int64_t here = 0;
                for (std::int64_t lane = 0; lane < cut.lanes; ++lane)
                    here += table(cut, state, lane, search.table_of[p])[digit];
                if (search.ranks[p] < here) break;
                search.ranks[p] -= here;
            }
            search.prefixes[p] = (search.prefixes[p] << bits) | static_cast<std::uint64_t>(digit);
            if (round + 1 == cut.rounds())
                select_.value(search.prefixes[p],
                              static_cast<std::byte*>(result) + static_cast<std::int64_t>(p) * width_);
        }
    }

    void submit_counts(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result,
                       const AnyBuffer& scratch, const Lines& lines, std::int64_t line) const {
        const auto cut = digits(kWideDigit, engine.threads());
        const auto self = std::make_shared<const OrderOperation>(*this);
        Mode mode = line == 0 ? Mode::write : Mode::update;  // nothing was there before
        const auto task = [&](std::int64_t pieces, WholeOperands in, auto body) {
            const AnyAccess state{&scratch, mode, std::nullopt};
            submit_whole(scope, {.name = "in order", .pieces = pieces, .place = Place::cpu}, in, result, mode,
                         {&state, 1}, body);
            mode = Mode::update;
        };
        using More = const detail::Operand*;
        for (int round = 0; round < cut.rounds(); ++round) {
            task(1, {}, [=](const Piece&, const void* const*, void*, More more) {
                self->begin_round(cut, round, static_cast<std::byte*>(more[0].data));
            });
            task(cut.lanes, operands, [=](const Piece& piece, const void* const* in, void*, More more) {
                self->count(cut, round, static_cast<const std::byte*>(in[0]) + line * lines.n * self->width_, lines.n,
                            piece, static_cast<std::byte*>(more[0].data));
            });
            task(1, {}, [=](const Piece&, const void* const*, void* out, More more) {
                self->end_round(cut, round, static_cast<std::byte*>(more[0].data),
                                static_cast<std::byte*>(out) + line * self->count_ * self->width_);
            });
        }
    }

    void submit_lines(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result, const AnyBuffer& scratch,
                      const Lines& lines) const {
        const AnyAccess to_scratch{&scratch, Mode::write, std::nullopt};
        const auto self = std::make_shared<const OrderOperation>(*this);
        submit_whole(scope, {.name = "in order", .pieces = units(lines, engine.threads()), .place = Place::cpu},
                     operands, result, Mode::write, {&to_scratch, 1},
                     [=](const Piece& piece, const void* const* in, void* out, const detail::Operand* more) {
                         self->sort_lines(lines, static_cast<const std::byte*>(in[0]), out,
                                          static_cast<std::byte*>(more[0].data), piece);
                     });
    }

    // A unit is some neighbouring lines.
    void sort_lines(const Lines& lines, const std::byte* in, void* out, std::byte* all_scratch,
                    const Piece& piece) const {
        const std::int64_t most = columns(lines), per_outer = groups(lines);
        std::byte* const gathered = all_scratch + piece.index * line_scratch(lines);
        std::byte* const sorted = gathered + rounded_up(most * lines.n * width_);
        std::byte* const rest = sorted + rounded_up(lines.n * width_);
        const auto width = static_cast<std::size_t>(width_);
        for_each_unit(piece, lines.outer * per_outer, [&](std::int64_t unit) {
            const std::int64_t outer = unit / per_outer, first = unit % per_outer * most,
                               some = std::min(most, lines.inner - first);
            const std::byte* from = in + (outer * lines.n * lines.inner + first) * width_;
            if (lines.inner > 1)
                for (std::int64_t i = 0; i < lines.n; ++i)
                    for (std::int64_t k = 0; k < some; ++k)
                        std::memcpy(gathered + (k * lines.n + i) * width_, from + (i * lines.inner + k) * width_,
                                    width);
            for (std::int64_t k = 0; k < some; ++k) {
                const auto* line = lines.inner > 1 ? gathered + k * lines.n * width_ : from;
                kernels::sort_line(dtype_, line, sorted, lines.n, rest);
                for (std::int64_t p = 0; p < count_; ++p)
                    std::memcpy(
                        static_cast<std::byte*>(out) + ((outer * count_ + p) * lines.inner + first + k) * width_,
                        sorted + positions_[static_cast<std::size_t>(p)] * width_, width);
            }
        });
    }

    std::vector<std::int64_t> positions_;
    std::int64_t count_;
    int axis_;
    DType dtype_;
    std::int64_t width_;
    const Select& select_;
};

}  // namespace

Array in_order(const Array& a, const std::vector<std::int64_t>& positions, Axis axis) {
    const int along = axis ? normalize_axis(*axis, a.rank()) : -1;
    Shape shape{static_cast<std::int64_t>(positions.size())};
    if (axis) {
        shape = a.shape();
        shape[along] = static_cast<std::int64_t>(positions.size());
    }
    return Array(
        make_whole(std::make_shared<OrderOperation>(positions, along, a.dtype()), {a.node()}, a.dtype(), shape));
}

}  // namespace heddle::array
