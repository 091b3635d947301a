#pragma once

#include <cstdint>
#include <string>

#include "host/array/lower.hpp"

namespace heddle::array {

// How a leaf's values reach a fused program.
enum class LeafKind : std::uint8_t {
    resident,  // a buffer that another stage of the plan fills
    in_place,  // memory that holds the values already
    staged,    // made in a tile's buffer by a task of its own
};
LeafKind kind_of(const Leaf& leaf, bool resident);
// Whether it looks indices up along some axis.
bool is_listed(const Access& access);

// Fills `to` with the dense C-order block of the dataset that `ranges` select. Blocks on the disk. IoError.
void read_dataset(const io::Dataset& dataset, const std::vector<AxisRange>& ranges, void* to);

// Of a dataset: "scan.h5:/exchange/data, uint16 (181, 2, 640)"
std::string describe(const Node& stored);

// The extents of an array's chunks along the axes of the iteration space, 1 where it has none.
Shape chunk_grid(const Access& access, const Shape& chunks, const Shape& space);
// How many times the tiles of a pass decode each chunk, on average; 1 when tiles are whole chunks.
double decodes_per_chunk(const Leaf& leaf, const Shape& space, const Shape& tile);

}  // namespace heddle::array
