#pragma once

#include <array>

#include "host/expr/program.hpp"

namespace heddle::expr {

// One kernel call to be: its operation and the nodes that it reads.
struct Tile {
    Form form = Form::op;
    std::array<Op, 3> ops{};
    std::array<kernels::Nesting, 2> nestings{};
    const kernels::KernelSet* kernels = nullptr;
    kernels::Kernel4 kernel4 = nullptr;
    std::array<int, 4> arguments{-1, -1, -1, -1};
    int calls = 0;  // kernel calls for it and everything below that is used here only
};

// What tiling needs to know of a node of the graph.
struct TileNode {
    bool computed = false;  // an operation or a cast
    bool is_cast = false;
    bool inner = false;  // an arithmetic operation that one other node uses: may join its user's kernel call
    Op op = Op::add;
    DType dtype = DType::float64;
    std::array<int, 3> arguments{-1, -1, -1};
};

// Covers node i with the kernel call that leaves the fewest calls in all; tiles[j] of all its arguments are done
// before.
class Tiler {
public:
    explicit Tiler(const std::vector<TileNode>& nodes) : nodes_(nodes), tiles_(nodes.size()) {}
    void cover(int i);
    const Tile& tile(int i) const { return tiles_[static_cast<std::size_t>(i)]; }

private:
    const TileNode& node(int i) const { return nodes_[static_cast<std::size_t>(i)]; }
    bool joins(int argument, DType t) const;
    void cover_alone(int i);
    void cover_nested(int i, std::size_t side);
    void cover_balanced(int i);
    void offer(int i, Tile tile);

    const std::vector<TileNode>& nodes_;
    std::vector<Tile> tiles_;
};

}  // namespace heddle::expr
