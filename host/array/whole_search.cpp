// Places in sorted arrays.

#include <algorithm>
#include <cstring>
#include <memory>

#include "heddle/error.hpp"
#include "heddle/selection.hpp"
#include "host/array/whole.hpp"
#include "host/array/whole_gpu.hpp"
#include "host/array/whole_pieces.hpp"
#include "host/expr/typing.hpp"
#include "kernels/search.hpp"

namespace heddle {
namespace {

using array::StreamedTile;
using array::Streaming;
using array::WholeOperand;
using array::WholeOperands;
using kernels::Search;

constexpr std::int64_t kBatch = 4096;  // searches of a unit

// What digitize() finds out about its bins, before those in ascending order.
struct alignas(64) BinOrder {
    std::int64_t descending;
};

class SearchOperation final : public array::WholeOperation {
public:
    // Bins may descend, which costs a copy of them; sorted values may not.
    enum class Among : std::uint8_t { sorted, bins };
    SearchOperation(Among among, Side side, DType dtype)
        : among_(among), side_(side), width_(size_of(dtype)), search_(*kernels::find_search(dtype)) {}

    std::string name() const override { return task_name(); }
    std::string key() const override { return name() + (side_ == Side::left ? "left" : "right"); }

    std::int64_t scratch_bytes(WholeOperands operands, int) const override {
        return among_ == Among::sorted ? 0 : bytes_of(operands[0]) + static_cast<std::int64_t>(sizeof(BinOrder));
    }

    void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        if (among_ == Among::sorted) return submit_search(scope, engine, operands, result, nullptr);
        AnyBuffer bins(engine, DType::uint8, Shape{scratch_bytes(operands, 0)}, {.name = "bins"});
        submit_order(scope, operands[0], bins);
        submit_search(scope, engine, operands, result, &bins);
    }

    // The values come in tiles; what they are searched among is in memory.
    std::optional<Streaming> streaming(WholeOperands operands, int, std::int64_t) const override {
        Streaming how;
        how.tiled = {false, true};
        how.maps = true;
        how.state_bytes = scratch_bytes(operands, 0);
        how.own = operands[0].shape.count();
        return how;
    }
    std::int64_t tile_pieces(const Streaming&, const Shape& tile, int threads) const override {
        return std::clamp<std::int64_t>(units_of(tile.count()), 1, std::int64_t{4} * std::max(threads, 1));
    }
    void begin(const StreamedTile& tile) const override {
        if (tile.state != nullptr) put_in_order(tile.in[0], tile.how.own, tile.state);
    }
    void take(const StreamedTile& tile, const Piece& piece) const override {
        find(piece, tile.in[0], tile.state, tile.how.own, tile.in[1], tile.box.count(),
             static_cast<std::int64_t*>(tile.out));
    }

    std::optional<std::int64_t> gpu_scratch_bytes(WholeOperands operands) const override {
        if (among_ == Among::bins || is_complex(operands[0].dtype)) return std::nullopt;
        return 0;
    }
    void submit_with_gpu(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const override {
        const std::int64_t n = operands[0].shape.count(), count = operands[1].shape.count(),
                           units = (count + kBatch - 1) / kBatch;
        const DType dtype = operands[0].dtype;
        array::submit_whole_with_gpu(
            scope, {.name = task_name(), .pieces = array::pieces_for(units, engine)}, operands, result, {},
            [=, width = static_cast<std::int64_t>(size_of(dtype)), side = side_, search = &search_](
                const Piece& piece, const void* const* in, void* out, const detail::Operand*) {
                array::for_each_unit(piece, units, [&](std::int64_t unit) {
                    const std::int64_t first = unit * kBatch;
                    search->find(in[0], n, static_cast<const std::byte*>(in[1]) + first * width,
                                 std::min(kBatch, count - first), side, static_cast<std::int64_t*>(out) + first);
                });
            },
            [=, side = side_](void* stream, const void* const* in, void* out, const detail::Operand*) {
                return kernels::cuda_kernels()->search(stream, dtype, side, in[0], n, in[1], count,
                                                       static_cast<std::int64_t*>(out));
            });
    }

private:
    static std::int64_t bytes_of(const WholeOperand& operand) {
        return operand.shape.count() * static_cast<std::int64_t>(size_of(operand.dtype));
    }
    const char* task_name() const { return among_ == Among::sorted ? "searchsorted" : "digitize"; }

    static std::int64_t units_of(std::int64_t count) { return (count + kBatch - 1) / kBatch; }

    // The bins in ascending order behind a BinOrder.
    void put_in_order(const void* bins, std::int64_t n, void* out) const {
        const int direction = search_.direction(bins, n);
        if (direction == 0)
            throw ArgumentError("the bins of digitize() are in no order", "they rise and fall",
                                "sort them, as in digitize(x, sort(bins))");
        const BinOrder order{direction < 0};
        std::memcpy(out, &order, sizeof order);
        auto* to = static_cast<std::byte*>(out) + sizeof order;
        const auto* from = static_cast<const std::byte*>(bins);
        const auto count = static_cast<std::size_t>(n);
        for (std::size_t i = 0; i < count; ++i)
            std::memcpy(to + i * width_, from + (direction < 0 ? count - 1 - i : i) * width_, width_);
    }

    // Among the ordered bins, if there are any, else among `sorted`.
    void find(const Piece& piece, const void* sorted, const void* ordered, std::int64_t n, const void* values,
              std::int64_t count, std::int64_t* out) const {
        bool descending = false;
        if (ordered != nullptr) {
            BinOrder order;
            std::memcpy(&order, ordered, sizeof order);
            descending = order.descending != 0;
            sorted = static_cast<const std::byte*>(ordered) + sizeof order;
        }
        array::for_each_unit(piece, units_of(count), [&](std::int64_t unit) {
            const std::int64_t first = unit * kBatch, length = std::min(kBatch, count - first);
            auto* to = out + first;
            search_.find(sorted, n, static_cast<const std::byte*>(values) + static_cast<std::size_t>(first) * width_,
                         length, side_, to);
            for (std::int64_t i = 0; descending && i < length; ++i) to[i] = n - to[i];
        });
    }

    void submit_order(Scope& scope, const WholeOperand& operand, AnyBuffer& bins) const {
        const auto self = std::make_shared<const SearchOperation>(*this);
        array::submit_whole(
            scope, {.name = task_name(), .place = Place::cpu}, {&operand, 1}, bins, Mode::write, {},
            [self, n = operand.shape.count()](const Piece&, const void* const* in, void* out, const detail::Operand*) {
                self->put_in_order(in[0], n, out);
            });
    }

    void submit_search(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result,
                       const AnyBuffer* bins) const {
        const std::int64_t n = operands[0].shape.count(), count = operands[1].shape.count();
        const AnyAccess from_bins{bins, Mode::read, std::nullopt};
        const auto self = std::make_shared<const SearchOperation>(*this);
        array::submit_whole(
            scope, {.name = task_name(), .pieces = array::pieces_for(units_of(count), engine), .place = Place::cpu},
            operands, result, Mode::write, std::span(&from_bins, bins != nullptr ? 1 : 0),
            [=, ordered = bins != nullptr](const Piece& piece, const void* const* in, void* out,
                                           const detail::Operand* more) {
                self->find(piece, in[0], ordered ? more[0].data : nullptr, n, in[1], count,
                           static_cast<std::int64_t*>(out));
            });
    }

    Among among_;
    Side side_;
    std::size_t width_;
    const Search& search_;
};

Array search(SearchOperation::Among among, Side side, const Array& sorted, const Array& v) {
    const bool bins = among == SearchOperation::Among::bins;
    DType dtype = expr::promote_types(sorted.dtype(), v.dtype());
    if (dtype == DType::boolean) dtype = DType::uint8;
    if (dtype == DType::float16) dtype = DType::float32;
    if (bins && is_complex(dtype))
        throw DTypeError("digitize does not take complex numbers", "they do not lie between bins",
                         "take abs(x), or x.real and x.imag");
    if (sorted.rank() != 1)
        throw ShapeError(std::string(bins ? "bins need" : "searchsorted needs") + " one row of values in order",
                         "their shape is " + to_string(sorted.shape()), "select one row");
    return Array(array::make_whole(std::make_shared<SearchOperation>(among, side, dtype),
                                   {sorted.astype(dtype).node(), v.astype(dtype).node()}, DType::int64, v.shape()));
}

}  // namespace

Array searchsorted(const Array& sorted, const Array& v, Side side) {
    return search(SearchOperation::Among::sorted, side, sorted, v);
}

Array digitize(const Array& x, const Array& bins, Side closed) {
    // numpy.digitize: closed on the left is what searchsorted calls right.
    return search(SearchOperation::Among::bins, closed == Side::left ? Side::right : Side::left, bins, x);
}

}  // namespace heddle
