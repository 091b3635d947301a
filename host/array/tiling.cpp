#include "host/array/tiling.hpp"

#include <algorithm>
#include <numeric>

#include "heddle/error.hpp"

namespace heddle::array {
namespace {

// Elements of a piece: enough to hide the cost of handing it out, few enough to balance (bench_evaluate).
constexpr std::int64_t kPieceElements = std::int64_t{1} << 17;
// With fewer outputs than this a column reduction shares its leaves out, so tiles end where leaves do.
constexpr std::int64_t kManyOutputs = 16384;

class Chooser {
public:
    explicit Chooser(const TileRequest& request)
        : request_(request), shape_(request.shape), unit_(Shape::filled(shape_.rank(), 1)), least_(unit_) {}

    Shape choose() {
        set_units();
        tile_ = unit_;
        make_contiguous();
        shrink();
        if (request_.bytes(tile_) < request_.target) grow();
        return tile_;
    }

private:
    std::int64_t& full(std::int64_t& extent, int axis) { return extent = shape_[axis]; }

    void set_units() {
        for (int axis = 0; axis < shape_.rank(); ++axis) {
            for (const auto& grid : request_.grids) {
                const auto joined = std::lcm(unit_[axis], std::max<std::int64_t>(grid[axis], 1));
                const auto larger = std::max(unit_[axis], grid[axis]);
                unit_[axis] = std::min(joined <= 4 * larger ? joined : larger, shape_[axis]);
            }
        }
        for (const auto* geometry : request_.reductions) align(*geometry);
    }

    // Tiles end where leaves end.
    void align(const ReduceGeometry& geometry) {
        if (!geometry.rows && geometry.outputs >= kManyOutputs) return;
        std::int64_t inner = 1;
        for (int axis = shape_.rank() - 1; axis >= 0 && axis > geometry.split && inner < geometry.inner; --axis) {
            if (!geometry.reduced[static_cast<std::size_t>(axis)]) continue;
            inner *= shape_[axis];
            full(unit_[axis], axis);
            full(least_[axis], axis);
        }
        if (geometry.split < 0) return;
        auto& unit = unit_[geometry.split];
        auto& least = least_[geometry.split];
        unit = std::min((unit + geometry.group - 1) / geometry.group * geometry.group, shape_[geometry.split]);
        least = std::min(std::lcm(least, geometry.group), shape_[geometry.split]);
    }

    // Elements of an output must come in order: one reduced axis may be cut, with those before it one index at a time
    // and those after it whole.
    void make_contiguous() {
        for (const auto* geometry : request_.reductions) {
            const auto axes = geometry->reduced_axes();
            for (std::size_t cut = 0; cut < axes.size(); ++cut) {
                if (tile_[axes[cut]] == 1 && cut + 1 < axes.size()) continue;
                Shape wider = tile_;
                for (std::size_t i = cut + 1; i < axes.size(); ++i) full(wider[axes[i]], axes[i]);
                if (request_.bytes(wider) <= request_.limit || cut + 1 == axes.size()) {
                    tile_ = wider;
                    break;
                }
                tile_[axes[cut]] = 1;
            }
        }
    }

    bool may_grow(int axis) const {
        for (const auto* geometry : request_.reductions) {
            if (!geometry->reduced[static_cast<std::size_t>(axis)]) continue;
            for (const int other : geometry->reduced_axes())
                if (other > axis && tile_[other] != shape_[other]) return false;
        }
        return true;
    }

    void grow() {
        for (int axis = shape_.rank() - 1; axis >= 0; --axis) {
            if (tile_[axis] == shape_[axis] || !may_grow(axis)) continue;
            const auto factor = request_.target / std::max<std::int64_t>(request_.bytes(tile_), 1);
            if (factor < 2) return;
            const auto before = tile_[axis];
            tile_[axis] = std::min(tile_[axis] * factor, shape_[axis]);
            if (request_.bytes(tile_) > request_.limit) tile_[axis] = before;
        }
    }

    void shrink() {
        for (int axis = 0; axis < shape_.rank(); ++axis) {
            while (request_.bytes(tile_) > request_.limit && tile_[axis] > least_[axis])
                tile_[axis] = std::max(least_[axis], tile_[axis] / 2 / least_[axis] * least_[axis]);
        }
        if (request_.bytes(tile_) > request_.limit)
            throw OutOfMemory("the memory limit is too small for this computation",
                              "its smallest tile " + to_string(tile_) + " of " + to_string(shape_) + " takes " +
                                  std::to_string(request_.bytes(tile_)) + " bytes, " + std::to_string(request_.limit) +
                                  " are left",
                              "allow more memory");
    }

    const TileRequest& request_;
    const Shape& shape_;
    Shape unit_, least_, tile_;
};

}  // namespace

Shape choose_tile(const TileRequest& request) { return Chooser(request).choose(); }

TileGrid::TileGrid(const Shape& shape, const Shape& tile) : shape_(shape), tile_(tile) {
    for (int axis = 0; axis < shape.rank(); ++axis)
        counts_.push_back(shape[axis] == 0 ? 0 : (shape[axis] + tile[axis] - 1) / tile[axis]);
}

Box TileGrid::box(std::int64_t index) const {
    Box box = Box::whole(shape_);
    for (int axis = shape_.rank() - 1; axis >= 0; --axis) {
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
    if (!geometry.rows && geometry.outputs >= kManyOutputs) return best;
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
