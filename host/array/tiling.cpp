#include "host/array/tiling.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

#include "heddle/error.hpp"

namespace heddle::array {
namespace {

// Elements of a piece: enough to hide the cost of handing it out, few enough to balance (bench_evaluate).
constexpr std::int64_t kPieceElements = std::int64_t{1} << 17;
// With fewer outputs than this a column reduction shares its leaves out, so tiles end where leaves do.
constexpr std::int64_t kManyOutputs = 16384;

// The cost of a tile beyond its bytes: tasks to submit and run.
constexpr double kTileOverhead = 64 << 10;

// An axis that a reduction runs along has one index in a tile, some, or all of them.
enum class Extent : std::uint8_t { one, some, whole };

class Chooser {
public:
    explicit Chooser(const TileRequest& request)
        : request_(request),
          shape_(request.shape),
          unit_(Shape::filled(shape_.rank(), 1)),
          least_(unit_),
          extents_(static_cast<std::size_t>(shape_.rank()), Extent::some) {}

    // Every way to cut the reduced axes that suits all reductions is tried; the cheapest tile wins.
    Shape choose() {
        set_units();
        std::vector<int> axes;
        for (int axis = 0; axis < shape_.rank(); ++axis) {
            const auto reduces = [&](const auto* g) { return g->reduced[static_cast<std::size_t>(axis)]; };
            if (request_.whole[static_cast<std::size_t>(axis)])
                extents_[static_cast<std::size_t>(axis)] = Extent::whole;
            else if (shape_[axis] > 1 && std::any_of(request_.reductions.begin(), request_.reductions.end(), reduces))
                axes.push_back(axis);
        }
        try_extents(axes, 0);
        if (!best_) throw too_small();
        return *best_;
    }

private:
    void try_extents(const std::vector<int>& axes, std::size_t from) {
        if (from < axes.size()) {
            for (const auto extent : {Extent::one, Extent::some, Extent::whole}) {
                extents_[static_cast<std::size_t>(axes[from])] = extent;
                try_extents(axes, from + 1);
            }
            return;
        }
        for (const auto* geometry : request_.reductions)
            if (!suits(*geometry)) return;
        const auto tile = fit();
        if (!tile) return;
        const auto cost_of_this = cost(*tile);
        if (best_ && cost_of_this >= best_cost_) return;
        best_ = tile;
        best_cost_ = cost_of_this;
    }

    std::int64_t touched(const Shape& tile) const {
        return request_.touched ? request_.touched(tile) : request_.bytes(tile);
    }
    Extent extent(int axis) const { return extents_[static_cast<std::size_t>(axis)]; }

    // Elements of an output come in order: one reduced axis may be cut, with those before it one index at a time and
    // those after it whole.
    bool suits(const ReduceGeometry& geometry) const {
        bool cut = false;
        for (const int axis : geometry.reduced_axes()) {
            if (cut && extent(axis) != Extent::whole) return false;
            cut = cut || extent(axis) != Extent::one;
        }
        if (!keeps_leaves_whole(geometry)) return true;
        for (const int axis : geometry.leaf_axes())
            if (extent(axis) != Extent::whole) return false;
        return geometry.split < 0 || geometry.group == 1 || extent(geometry.split) != Extent::one;
    }

    void set_units() {
        for (const auto* geometry : request_.reductions) {
            if (geometry->split < 0 || !keeps_leaves_whole(*geometry)) continue;
            auto& least = least_[geometry->split];
            least = std::min(std::lcm(least, geometry->group), shape_[geometry->split]);
        }
        for (int axis = 0; axis < shape_.rank(); ++axis) {
            for (const auto& grid : request_.grids) {
                const auto joined = std::lcm(unit_[axis], std::max<std::int64_t>(grid[axis], 1));
                const auto larger = std::max(unit_[axis], grid[axis]);
                unit_[axis] = joined <= 4 * larger ? joined : larger;
            }
            unit_[axis] = std::min((unit_[axis] + least_[axis] - 1) / least_[axis] * least_[axis], shape_[axis]);
        }
    }

    // The tile of these extents: whole chunks, grown to the target or shrunk to the limit; nothing if that cannot be.
    std::optional<Shape> fit() {
        Shape tile = unit_;
        for (int axis = 0; axis < shape_.rank(); ++axis) {
            if (extent(axis) == Extent::one) tile[axis] = 1;
            if (extent(axis) == Extent::whole) tile[axis] = shape_[axis];
        }
        for (int axis = 0; axis < shape_.rank(); ++axis) {
            if (extent(axis) != Extent::some) continue;
            const auto least = std::min(least_[axis], tile[axis]);
            while (request_.bytes(tile) > request_.limit && tile[axis] > least)
                tile[axis] = std::max(least, tile[axis] / 2 / least * least);
        }
        const auto bytes = request_.bytes(tile);
        smallest_ = std::min(smallest_, bytes);
        if (bytes > request_.limit) return std::nullopt;
        if (touched(tile) < request_.target) grow(tile);
        return tile;
    }

    void grow(Shape& tile) const {
        for (int axis = shape_.rank() - 1; axis >= 0; --axis) {
            if (extent(axis) != Extent::some) continue;
            // Not in one step: part of what a small tile takes does not grow with it.
            while (tile[axis] < shape_[axis]) {
                const auto factor = request_.target / std::max<std::int64_t>(touched(tile), 1);
                if (factor < 2) return;
                const auto before = tile[axis];
                tile[axis] = factor > shape_[axis] / before ? shape_[axis] : before * factor;
                if (request_.bytes(tile) <= request_.limit) continue;
                tile[axis] = before;
                break;
            }
        }
    }

    // What the tiles read, chunks that several of them touch counted each time, what their number costs, and what of
    // them is too large to overlap with the next.
    double cost(const Shape& tile) const {
        double reads = 1, tiles = 1;
        for (const auto& grid : request_.grids) {
            double times = 1;
            for (int axis = 0; axis < shape_.rank(); ++axis)
                times *= reads_of_a_chunk(shape_[axis], tile[axis], grid[axis]);
            reads = std::max(reads, times);
        }
        for (int axis = 0; axis < shape_.rank(); ++axis) {
            const auto count = (shape_[axis] + tile[axis] - 1) / std::max<std::int64_t>(tile[axis], 1);
            tiles *= static_cast<double>(count);
        }
        const auto beyond = std::max<std::int64_t>(touched(tile) - request_.target, 0);
        return reads * static_cast<double>(request_.bytes(shape_)) + tiles * kTileOverhead +
               static_cast<double>(beyond);
    }

    static double reads_of_a_chunk(std::int64_t size, std::int64_t tile, std::int64_t chunk) {
        if (size == 0 || chunk <= 1 || tile % chunk == 0) return 1;
        const auto parts = [size](std::int64_t of) { return (size + of - 1) / of; };
        const auto touches = parts(tile) + parts(chunk) - parts(std::lcm(tile, chunk));
        return static_cast<double>(touches) / static_cast<double>(parts(chunk));
    }

    OutOfMemory too_small() const {
        const auto left = std::max<std::int64_t>(request_.limit, 0);
        return {"the memory limit is too small for this computation",
                "a part of " + to_string(shape_) + " takes at least " + std::to_string(smallest_) + " bytes, and " +
                    std::to_string(left) + " are left beside what must stay in memory",
                "allow " + std::to_string(smallest_ - left) + " bytes more"};
    }

    const TileRequest& request_;
    const Shape& shape_;
    Shape unit_, least_;
    std::vector<Extent> extents_;  // per axis
    std::optional<Shape> best_;
    double best_cost_ = 0;
    std::int64_t smallest_ = std::numeric_limits<std::int64_t>::max();  // bytes of any tile tried
};

}  // namespace

bool keeps_leaves_whole(const ReduceGeometry& geometry) { return geometry.rows || geometry.outputs < kManyOutputs; }

Shape choose_tile(const TileRequest& request) { return Chooser(request).choose(); }

TileGrid::TileGrid(const Shape& shape, const Shape& tile, const std::array<bool, kMaxRank>& last)
    : shape_(shape), tile_(tile) {
    for (int axis = 0; axis < shape.rank(); ++axis)
        counts_.push_back(shape[axis] == 0 ? 0 : (shape[axis] + tile[axis] - 1) / tile[axis]);
    for (const bool inner : {false, true})
        for (int axis = 0; axis < shape.rank(); ++axis)
            if (last[static_cast<std::size_t>(axis)] == inner) order_.push_back(axis);
}

Box TileGrid::box(std::int64_t index) const {
    Box box = Box::whole(shape_);
    for (auto entry = order_.rbegin(); entry != order_.rend(); ++entry) {
        const int axis = *entry;
        const auto at = index % counts_[axis];
        index /= counts_[axis];
        box.lo[axis] = at * tile_[axis];
        box.hi[axis] = std::min(box.lo[axis] + tile_[axis], shape_[axis]);
    }
    return box;
}

std::int64_t Split::pieces(const Box& box) const {
    return axis < 0 ? 1 : (box.hi[axis] - box.lo[axis] + step - 1) / step;
}

Box Split::piece(const Box& box, std::int64_t index) const {
    if (axis < 0) return box;
    Box piece = box;
    piece.lo[axis] = box.lo[axis] + index * step;
    piece.hi[axis] = std::min(piece.lo[axis] + step, box.hi[axis]);
    return piece;
}

namespace {

// Slabs of the axis with about kPieceElements each, but enough of them to keep the threads busy.
Split slabs(const Shape& tile, int axis, int threads, std::int64_t align) {
    const auto per_index = std::max<std::int64_t>(tile.count() / std::max<std::int64_t>(tile[axis], 1), 1);
    auto step = std::max<std::int64_t>(kPieceElements / per_index, 1);
    const auto fair = (tile[axis] + threads - 1) / threads;
    if (tile.count() >= kPieceElements / 4) step = std::min(step, fair);
    step = std::max<std::int64_t>((step + align - 1) / align * align, align);
    return step >= tile[axis] ? Split{} : Split{axis, step};
}

}  // namespace

Split split_tile(const Shape& tile, int threads) {
    for (int axis = 0; axis < tile.rank(); ++axis)
        if (tile[axis] > 1) return slabs(tile, axis, threads, 1);
    return {};
}

Split split_tile(const Shape& tile, int threads, const ReduceGeometry& geometry, SplitMode& mode) {
    mode = SplitMode::outputs;
    Split best;
    for (int axis = 0; axis < tile.rank() && best.axis < 0; ++axis)
        if (!geometry.reduced[static_cast<std::size_t>(axis)] && tile[axis] > 1) best = slabs(tile, axis, threads, 1);
    if (best.axis >= 0 && tile[best.axis] >= best.step * threads) return best;
    if (!keeps_leaves_whole(geometry)) return best;
    for (const int axis : geometry.reduced_axes()) {
        if (tile[axis] <= 1) continue;
        if (geometry.split >= 0 ? axis > geometry.split : geometry.inner > 1 && geometry.rows) break;
        if (geometry.split < 0 && !geometry.rows) break;
        const auto along = slabs(tile, axis, threads, axis == geometry.split ? geometry.group : 1);
        if (along.axis >= 0) {
            mode = SplitMode::leaves;
            return along;
        }
        break;
    }
    return best;
}

}  // namespace heddle::array
