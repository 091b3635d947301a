#pragma once

#include <cstdint>
#include <string>

#include "host/array/lower.hpp"

namespace heddle::array {

// How a leaf's values reach a fused program.
enum class LeafKind : std::uint8_t {
    resident,   // a buffer that another stage of the plan fills
    in_place,   // memory that holds the values already
    generated,  // copied or computed into a tile's buffer by a CPU task
    stored,     // read into a tile's buffer on the I/O lane
};
LeafKind kind_of(const Leaf& leaf, bool resident);

// Fills `to` with the dense C-order block that `ranges` select: of a dataset, of memory, or of a rule. Blocks on the
// disk for a dataset. IoError.
// `resident`: the node's values where another stage made them, or null.
void stage_values(const Node& node, const std::vector<AxisRange>& ranges, const void* resident, void* to);

// "scan.h5:/exchange/data, uint16 (181, 2, 640)"
std::string describe(const Leaf& leaf);

// The extents of the dataset's chunks along the axes of the iteration space, 1 where it has none.
Shape chunk_grid(const Leaf& leaf, const Shape& space);
// How many times the tiles of a pass decode each chunk, on average; 1 when tiles are whole chunks.
double decodes_per_chunk(const Leaf& leaf, const Shape& space, const Shape& tile);

}  // namespace heddle::array
