#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "heddle/shape.hpp"
#include "host/array/reduce_tree.hpp"

namespace heddle::array {

// What a tile of a pass must suit.
struct TileRequest {
    Shape shape;
    std::vector<Shape> grids;  // chunk extents along the axes; 1 where there is no preference
    std::vector<const ReduceGeometry*>
        reductions;                      // tiles keep to their leaves and come in the order of their elements
    std::array<bool, kMaxRank> whole{};  // axes that no tile cuts
    std::function<std::int64_t(const Shape&)> bytes;  // that a tile of these extents takes
    std::int64_t target = 0;                          // bytes to grow to
    // What is compared with the target, where it is not what `bytes` says.
    std::function<std::int64_t(const Shape&)> touched;
    std::int64_t limit = 0;  // bytes that must suffice
};

// The extents of a pass's tiles: whole chunks where the limit allows it. Throws OutOfMemory when no tile that suits all
// reductions fits.
Shape choose_tile(const TileRequest& request);

// The grid of tiles of `tile` over `shape`, in C order; the axes in `last` run fastest, whatever their place.
class TileGrid {
public:
    TileGrid(const Shape& shape, const Shape& tile, const std::array<bool, kMaxRank>& last = {});
    std::int64_t count() const { return counts_.count(); }
    Box box(std::int64_t index) const;

private:
    Shape shape_, tile_, counts_;
    std::vector<int> order_;  // of the axes, slowest first
};

// Whether tiles must end where the reduction's leaves end. A column reduction with many outputs takes its elements one
// after the other and keeps a cut leaf open from tile to tile.
bool keeps_leaves_whole(const ReduceGeometry& geometry);

// How the team shares a tile: slabs of `step` indices along `axis`; -1: one piece.
struct Split {
    int axis = -1;
    std::int64_t step = 1;
    std::int64_t pieces(const Box& box) const;
    Box piece(const Box& box, std::int64_t index) const;
    friend bool operator==(const Split&, const Split&) = default;
};
// How the pieces of a tile relate to a reduction's outputs.
enum class SplitMode : std::uint8_t {
    outputs,  // each piece has outputs of its own
    leaves,   // the pieces share the outputs and cut between leaves
};
Split split_tile(const Shape& tile, int threads);
Split split_tile(const Shape& tile, int threads, const ReduceGeometry& geometry, SplitMode& mode);

}  // namespace heddle::array
