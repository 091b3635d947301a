// Reductions whose elements go to the place that a label, or a bin, says.

#include "host/array/scatter.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "heddle/error.hpp"
#include "kernels/elementwise.hpp"

namespace heddle::array {
namespace {

using kernels::Group;
using kernels::Grouper;

constexpr std::int64_t kRun = 1 << 16;     // a line is cut into runs of so many elements at least, …
constexpr std::int64_t kRunPerState = 8;   // … of so many for each state, …
constexpr std::int64_t kMostRuns = 64;     // … but all lines into so many at most
constexpr std::int64_t kColumnsOf = 4096;  // neighbouring lines that a unit of work takes
constexpr std::int64_t kStatesOf = 4096;   // states that a unit of work joins or finishes
constexpr std::int64_t kMostResults = std::int64_t{1} << 48;
constexpr std::int64_t kRight = std::numeric_limits<std::int64_t>::max();  // no element is wrong

// How the work is cut. Runs depend on the shape alone, so that the bits do; columns are for the threads.
struct Cut {
    Lines lines;
    std::int64_t groups, runs, columns, units;  // a unit: some columns of a run of a line, or of some
    std::int64_t results, states;               // of one line or all that interleave: with the place that is nowhere

    Cut(const Shape& shape, int axis, std::int64_t groups)
        : lines(shape, axis), groups(groups), results(groups * lines.inner), states((groups + 1) * lines.inner) {
        const std::int64_t run = std::max(kRun, kRunPerState * states);
        const std::int64_t most = std::max<std::int64_t>(kMostRuns / std::max<std::int64_t>(lines.outer, 1), 1);
        runs = std::clamp<std::int64_t>(lines.n * lines.inner / run, 1, most);
        columns = (lines.inner + kColumnsOf - 1) / kColumnsOf;
        units = lines.outer * runs * columns;
    }
    std::int64_t all_states() const { return lines.outer * runs * states; }
};

template <class F>
void for_each_unit(const Piece& piece, std::int64_t units, F&& f) {
    for (std::int64_t u = units * piece.index / piece.count; u < units * (piece.index + 1) / piece.count; ++u) f(u);
}

class ScatterOperation final : public WholeOperation {
public:
    ScatterOperation(Scatter scatter, DType values)
        : scatter_(std::move(scatter)),
          cut_(scatter_.shape, scatter_.axis, scatter_.groups),
          values_(values),
          width_(static_cast<std::int64_t>(size_of(values))),
          grouper_(kernels::make_grouper(scatter_.group, values)) {}

    std::string name() const override { return scatter_.name; }
    std::string key() const override {
        return scatter_.name + std::to_string(scatter_.axis) + (scatter_.along ? "l" : "e") + scatter_.places->key();
    }
    std::int64_t scratch_bytes(WholeOperands, int) const override {
        return cut_.all_states() * size() + cut_.units * std::int64_t{sizeof(std::int64_t)};
    }

    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const AnyBuffer states(engine, DType::uint8, Shape{std::max<std::int64_t>(cut_.all_states() * size(), 1)},
                               {.name = "states"});
        const AnyBuffer wrong(engine, DType::int64, Shape{std::max<std::int64_t>(cut_.units, 1)}, {.name = "wrong"});
        const AnyAccess write_wrong{&wrong, Mode::write, std::nullopt},
            update_wrong{&wrong, Mode::update, std::nullopt}, read_wrong{&wrong, Mode::read, std::nullopt},
            write_states{&states, Mode::write, std::nullopt}, update_states{&states, Mode::update, std::nullopt},
            read_states{&states, Mode::read, std::nullopt};
        const auto task = [&](std::int64_t units, Mode mode, std::initializer_list<AnyAccess> more, auto body) {
            const auto pieces = std::clamp<std::int64_t>(units, 1, std::int64_t{4} * std::max(engine.threads(), 1));
            submit_whole(scope, {.name = scatter_.name, .pieces = pieces, .place = Place::cpu}, operands, result, mode,
                         {more.begin(), more.size()}, body);
        };
        using In = const void* const*;
        using Out = void*;
        using More = const detail::Operand*;
        const auto self = std::make_shared<const ScatterOperation>(*this);
        task(1, Mode::write, {write_wrong}, [self](const Piece&, In in, Out, More more) {
            self->scatter_.places->check(in);
            std::fill_n(static_cast<std::int64_t*>(more[0].data), self->cut_.units, kRight);
        });
        task(cut_.units, Mode::update, {write_states, update_wrong}, [self](const Piece& piece, In in, Out, More more) {
            for_each_unit(piece, self->cut_.units, [&](std::int64_t unit) {
                static_cast<std::int64_t*>(more[1].data)[unit] =
                    self->scatter_unit(unit, in, static_cast<std::byte*>(more[0].data));
            });
        });
        task(parts(), Mode::update, {update_states, read_wrong}, [self](const Piece& piece, In in, Out, More more) {
            self->stop_at_wrong(in, static_cast<const std::int64_t*>(more[1].data));
            for_each_unit(piece, self->parts(),
                          [&](std::int64_t part) { self->combine(part, static_cast<std::byte*>(more[0].data)); });
        });
        task(parts(), Mode::update, {read_states}, [self](const Piece& piece, In, Out out, More more) {
            for_each_unit(piece, self->parts(), [&](std::int64_t part) {
                self->finalize(part, static_cast<const std::byte*>(more[0].data), static_cast<std::byte*>(out));
            });
        });
    }

    // Values join the state of their run in its order, as in memory; counts join any.
    std::optional<Streaming> streaming(WholeOperands operands, int, std::int64_t) const override {
        Streaming how;
        for (int i = 0; i < static_cast<int>(operands.size()); ++i)
            how.tiled.push_back(i >= scatter_.places->operands() ||
                                (!scatter_.along && scatter_.places->is_of_elements(i)));
        how.flat = scatter_.axis < 0 && scatter_.group != Group::count;
        how.state_bytes = cut_.all_states() * size();
        return how;
    }
    std::int64_t tile_pieces(const Streaming&, const Shape&, int threads) const override {
        return scatter_.group == Group::count && scatter_.axis < 0 ? std::clamp<std::int64_t>(threads, 1, cut_.runs)
                                                                   : 1;
    }
    void begin(const StreamedTile& tile) const override {
        scatter_.places->check(tile.in.data());
        grouper_.init(tile.state, cut_.all_states());
    }
    void take(const StreamedTile& tile, const Piece& piece) const override {
        if (scatter_.axis >= 0) return take_lines(tile);
        const std::int64_t n = tile.box.count();
        if (!tile.how.flat)
            return take_row(tile, n * piece.index / piece.count, n * (piece.index + 1) / piece.count, piece.index);
        const std::int64_t first = tile.box.lo[0];
        for_each_run(first, first + n, [&](std::int64_t run, std::int64_t begin, std::int64_t end) {
            take_row(tile, begin - first, end - first, run);
        });
    }
    void end(const StreamedTile& tile, void* result) const override {
        for (std::int64_t part = 0; part < parts(); ++part) combine(part, tile.state);
        for (std::int64_t part = 0; part < parts(); ++part) finalize(part, tile.state, static_cast<std::byte*>(result));
    }

private:
    // Of one line's elements [begin, end), those that each run has.
    template <class F>
    void for_each_run(std::int64_t begin, std::int64_t end, F&& f) const {
        const std::int64_t n = cut_.lines.n;
        for (std::int64_t run = 0; run < cut_.runs; ++run) {
            const std::int64_t low = std::max(begin, n * run / cut_.runs),
                               high = std::min(end, n * (run + 1) / cut_.runs);
            if (low < high) f(run, low, high);
        }
    }

    // Where the `at`th point of a tile lies among all in C order.
    static std::int64_t element_of(const StreamedTile& tile, std::int64_t at) {
        std::int64_t element = 0, stride = 1;
        for (int axis = tile.space.rank() - 1; axis >= 0; --axis) {
            const std::int64_t extent = tile.box.hi[axis] - tile.box.lo[axis];
            element += (tile.box.lo[axis] + at % extent) * stride;
            at /= extent;
            stride *= tile.space[axis];
        }
        return element;
    }

    // Elements [begin, end) of a tile of one line.
    void take_row(const StreamedTile& tile, std::int64_t begin, std::int64_t end, std::int64_t run) const {
        std::int64_t places[kScattered];
        alignas(16) std::byte wide[kScattered * 16];
        for (std::int64_t at = begin; at < end; at += kScattered) {
            const std::int64_t n = std::min(kScattered, end - at);
            if (const auto wrong = scatter_.places->load(tile.in.data(), at, n, places); wrong >= 0)
                scatter_.places->fail(tile.in.data(), at + wrong, element_of(tile, at + wrong));
            grouper_.scatter(tile.state + run * cut_.states * size(), values_at(tile.in.data(), at, n, wide), places,
                             n);
        }
    }

    // A tile of lines along the axis: the rows that lie behind each index of it, or parts of lines, are taken in order.
    void take_lines(const StreamedTile& tile) const {
        const Lines lines(tile.box.extents(), scatter_.axis);
        const auto outer = numbers(tile, 0, scatter_.axis), inner = numbers(tile, scatter_.axis + 1, tile.space.rank());
        const std::int64_t from = tile.box.lo[scatter_.axis];
        for (std::int64_t o = 0; o < lines.outer; ++o)
            for_each_run(from, from + lines.n, [&](std::int64_t run, std::int64_t begin, std::int64_t end) {
                std::byte* states =
                    tile.state + (outer[static_cast<std::size_t>(o)] * cut_.runs + run) * cut_.states * size();
                // One line alone goes on from element to element.
                const std::int64_t step = lines.inner == 1 ? end - begin : 1;
                for (std::int64_t i = begin; i < end; i += step)
                    take_rows(tile, lines, {o, i - from, step}, inner, states);
            });
    }

    struct Rows {
        std::int64_t outer, first, count;  // of the tile; more than one only where lines lie alone
    };
    void take_rows(const StreamedTile& tile, const Lines& lines, const Rows& rows,
                   const std::vector<std::int64_t>& inner, std::byte* states) const {
        std::int64_t places[kScattered];
        alignas(16) std::byte wide[kScattered * 16];
        const void* const* in = tile.in.data();
        const std::int64_t start = (rows.outer * lines.n + rows.first) * lines.inner, all = rows.count * lines.inner;
        for (std::int64_t at = 0; at < all; at += kScattered) {
            const std::int64_t n = std::min(kScattered, all - at);
            const bool one = scatter_.along && rows.count == 1;
            const std::int64_t from =
                scatter_.along ? tile.box.lo[scatter_.axis] + rows.first + (one ? 0 : at) : start + at;
            if (const auto wrong = scatter_.places->load(in, from, one ? 1 : n, places); wrong >= 0)
                scatter_.places->fail(in, from + wrong,
                                      scatter_.along ? from + wrong : element_of(tile, start + at + wrong));
            if (one) std::fill_n(places, n, places[0]);
            if (cut_.lines.inner > 1)
                for (std::int64_t j = 0; j < n; ++j) {
                    const auto column = lines.inner == 1 ? 0 : at + j;
                    places[j] = places[j] * cut_.lines.inner + inner[static_cast<std::size_t>(column)];
                }
            grouper_.scatter(states, values_at(in, start + at, n, wide), places, n);
        }
    }

    // Where the points of a tile lie among all, counted in C order over the axes [first, last).
    static std::vector<std::int64_t> numbers(const StreamedTile& tile, int first, int last) {
        std::vector<std::int64_t> all{0};
        for (int axis = first; axis < last; ++axis) {
            std::vector<std::int64_t> next;
            for (const auto before : all)
                for (std::int64_t i = tile.box.lo[axis]; i < tile.box.hi[axis]; ++i)
                    next.push_back(before * tile.space[axis] + i);
            all = std::move(next);
        }
        return all;
    }
    std::int64_t size() const { return static_cast<std::int64_t>(grouper_.state_size); }
    std::int64_t parts() const { return (cut_.results + kStatesOf - 1) / kStatesOf * cut_.lines.outer; }

    // Returns the first element that is wrong, or kRight.
    std::int64_t scatter_unit(std::int64_t unit, const void* const* in, std::byte* all) const {
        const auto& lines = cut_.lines;
        const std::int64_t column = unit % cut_.columns, run = unit / cut_.columns % cut_.runs,
                           outer = unit / cut_.columns / cut_.runs;
        const std::int64_t first = column * kColumnsOf, last = std::min(first + kColumnsOf, lines.inner);
        const std::int64_t begin = lines.n * run / cut_.runs, end = lines.n * (run + 1) / cut_.runs;
        std::byte* states = all + (outer * cut_.runs + run) * cut_.states * size();
        for (std::int64_t g = 0; g <= cut_.groups; ++g)
            grouper_.init(states + (g * lines.inner + first) * size(), last - first);
        const std::int64_t start = outer * lines.n * lines.inner;
        if (last - first == lines.inner) return stretch(in, start, begin * lines.inner, end * lines.inner, states);
        for (std::int64_t i = begin; i < end; ++i)
            if (const auto wrong = stretch(in, start, i * lines.inner + first, i * lines.inner + last, states);
                wrong != kRight)
                return wrong;
        return kRight;
    }

    // Elements [begin, end) of the lines that start at `start`.
    std::int64_t stretch(const void* const* in, std::int64_t start, std::int64_t begin, std::int64_t end,
                         std::byte* states) const {
        const std::int64_t inner = cut_.lines.inner;
        std::int64_t places[kScattered];
        alignas(16) std::byte wide[kScattered * 16];
        for (std::int64_t at = begin; at < end; at += kScattered) {
            const std::int64_t n = std::min(kScattered, end - at);
            const std::int64_t from = scatter_.along ? at / inner : start + at;
            const std::int64_t count = scatter_.along ? (at + n - 1) / inner - from + 1 : n;
            if (const auto wrong = scatter_.places->load(in, from, count, places); wrong >= 0) return from + wrong;
            if (inner > 1) spread(places, at, n);
            grouper_.scatter(states, values_at(in, start + at, n, wide), places, n);
        }
        return kRight;
    }

    // Turns places of groups into those of the groups of neighbouring lines.
    void spread(std::int64_t* places, std::int64_t at, std::int64_t n) const {
        const std::int64_t inner = cut_.lines.inner;
        if (!scatter_.along) {
            for (std::int64_t j = 0, column = at % inner; j < n; ++j, column = column + 1 == inner ? 0 : column + 1)
                places[j] = places[j] * inner + column;
            return;
        }
        const std::int64_t first = at / inner;
        for (std::int64_t j = n; j-- > 0;)  // from the last: a place lies no further than its elements
            places[j] = places[(at + j) / inner - first] * inner + (at + j) % inner;
    }

    // n values in the type in which they are reduced; a count has none.
    const void* values_at(const void* const* in, std::int64_t first, std::int64_t n, std::byte* wide) const {
        if (scatter_.group == Group::count) return nullptr;
        const auto* from = static_cast<const std::byte*>(in[scatter_.places->operands()]) + first * width_;
        if (values_ == grouper_.input) return from;
        kernels::find_cast(values_, grouper_.input)->variants[0](from, nullptr, nullptr, wide, n);
        return wide;
    }

    void stop_at_wrong(const void* const* in, const std::int64_t* wrong) const {
        const auto first = std::accumulate(wrong, wrong + cut_.units, kRight,
                                           [](std::int64_t a, std::int64_t b) { return std::min(a, b); });
        if (first != kRight) scatter_.places->fail(in, first, first);
    }

    template <class F>
    void of_part(std::int64_t part, F&& f) const {
        const std::int64_t per_line = parts() / std::max<std::int64_t>(cut_.lines.outer, 1);
        const std::int64_t outer = part / per_line, first = part % per_line * kStatesOf;
        f(outer, first, std::min(kStatesOf, cut_.results - first));
    }

    // Runs join in pairs, then those.
    void combine(std::int64_t part, std::byte* all) const {
        of_part(part, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
            const auto state = [&](std::int64_t run) {
                return all + ((outer * cut_.runs + run) * cut_.states + first) * size();
            };
            for (std::int64_t step = 1; step < cut_.runs; step *= 2)
                for (std::int64_t run = 0; run + step < cut_.runs; run += 2 * step)
                    grouper_.combine(state(run), state(run + step), n);
        });
    }

    void finalize(std::int64_t part, const std::byte* all, std::byte* out) const {
        const auto width = static_cast<std::int64_t>(size_of(grouper_.output));
        of_part(part, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
            const auto* states = all + (outer * cut_.runs * cut_.states + first) * size();
            if (grouper_.finalize(states, out + (outer * cut_.results + first) * width, n) >= 0) fail_empty(all);
        });
    }

    // Names the first group that has no result, whichever piece met one.
    [[noreturn]] void fail_empty(const std::byte* all) const {
        std::vector<std::byte> unused(static_cast<std::size_t>(kStatesOf) * size_of(grouper_.output));
        std::int64_t group = -1;
        for (std::int64_t part = 0; group < 0; ++part)
            of_part(part, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
                const auto* states = all + (outer * cut_.runs * cut_.states + first) * size();
                const auto found = grouper_.finalize(states, unused.data(), n);
                if (found >= 0) group = first + found;
            });
        const std::string which = scatter_.group == Group::min ? "smallest" : "largest";
        throw ArgumentError("group " + std::to_string(group / cut_.lines.inner) + " has no " + which + " value",
                            "no element has this label, and " + std::string(name_of(grouper_.output)) + " has no NaN",
                            "convert the values to floats, which gives NaN, or leave the empty groups out");
    }

    Scatter scatter_;
    Cut cut_;
    DType values_;
    std::int64_t width_;
    Grouper grouper_;
};

}  // namespace

Shape scattered_shape(const Scatter& scatter) {
    if (scatter.axis < 0) return {scatter.groups};
    Shape shape = scatter.shape;
    shape[scatter.axis] = scatter.groups;
    return shape;
}

void check_results(const std::string& name, const Shape& result) {
    std::int64_t count = 1;
    for (const std::int64_t extent : result)
        if (__builtin_mul_overflow(count, std::max<std::int64_t>(extent, 1), &count) || count > kMostResults)
            throw ArgumentError(name + " would have too many results",
                                "the shape " + to_string(result) + " has more than 2**48 elements",
                                "ask for fewer groups or bins");
}

NodePtr make_scatter(const Scatter& scatter, std::vector<NodePtr> operands, DType values, const Shape& result) {
    const DType output = kernels::make_grouper(scatter.group, values).output;
    return make_whole(std::make_shared<ScatterOperation>(scatter, values), std::move(operands), output, result);
}

}  // namespace heddle::array
