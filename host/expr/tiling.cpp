#include "host/expr/tiling.hpp"

namespace heddle::expr {

using kernels::Nesting;

bool Tiler::joins(int argument, DType t) const {
    return argument >= 0 && node(argument).inner && node(argument).dtype == t;
}

// Keeps the tile if it makes fewer calls than the best so far.
void Tiler::offer(int i, Tile tile) {
    if (tile.kernels == nullptr && tile.kernel4 == nullptr) return;
    tile.calls = 1;
    for (int argument : tile.arguments) {
        // A value with several users is computed once, whoever takes it.
        if (argument >= 0 && node(argument).inner) tile.calls += tiles_[static_cast<std::size_t>(argument)].calls;
    }
    Tile& best = tiles_[static_cast<std::size_t>(i)];
    if (best.calls == 0 || tile.calls < best.calls) best = tile;
}

void Tiler::cover(int i) {
    if (!node(i).computed) return;
    cover_alone(i);
    if (node(i).is_cast || arity_of(node(i).op) != 2) return;
    cover_nested(i, 0);
    cover_nested(i, 1);
    cover_balanced(i);
}

void Tiler::cover_alone(int i) {
    const TileNode& n = node(i);
    Tile tile;
    tile.ops[0] = n.op;
    tile.arguments = {n.arguments[0], n.arguments[1], n.arguments[2], -1};
    if (n.is_cast) {
        tile.form = Form::cast;
        tile.kernels = kernels::find_cast(node(n.arguments[0]).dtype, n.dtype);
    } else {
        const auto last = static_cast<std::size_t>(arity_of(n.op) - 1);
        tile.kernels = kernels::find_elementwise(n.op, node(n.arguments[last]).dtype);
    }
    offer(i, tile);
}

// Pairs and chains whose nested part is the argument on this side.
void Tiler::cover_nested(int i, std::size_t side) {
    const TileNode& outer = node(i);
    const int below = outer.arguments[side], other = outer.arguments[1 - side];
    if (!joins(below, outer.dtype)) return;
    const TileNode& middle = node(below);
    const Nesting outer_nesting = side == 0 ? Nesting::left : Nesting::right;
    Tile pair;
    pair.form = Form::pair;
    pair.ops = {middle.op, outer.op, Op::add};
    pair.nestings[0] = outer_nesting;
    pair.arguments = {middle.arguments[0], middle.arguments[1], other, -1};
    pair.kernels = kernels::find_pair(middle.op, outer.op, outer_nesting, outer.dtype);
    offer(i, pair);
    for (std::size_t inner_side : {0u, 1u}) {
        const int inner = middle.arguments[inner_side], between = middle.arguments[1 - inner_side];
        if (!joins(inner, outer.dtype)) continue;
        Tile chain;
        chain.form = Form::chain;
        chain.ops = {node(inner).op, middle.op, outer.op};
        chain.nestings = {inner_side == 0 ? Nesting::left : Nesting::right, outer_nesting};
        chain.arguments = {node(inner).arguments[0], node(inner).arguments[1], between, other};
        chain.kernel4 = kernels::find_chain(chain.ops[0], chain.ops[1], chain.nestings[0], chain.ops[2],
                                            chain.nestings[1], outer.dtype);
        offer(i, chain);
    }
}

void Tiler::cover_balanced(int i) {
    const TileNode& outer = node(i);
    const int left = outer.arguments[0], right = outer.arguments[1];
    if (!joins(left, outer.dtype) || !joins(right, outer.dtype)) return;
    Tile tile;
    tile.form = Form::balanced;
    tile.ops = {node(left).op, node(right).op, outer.op};
    tile.arguments = {node(left).arguments[0], node(left).arguments[1], node(right).arguments[0],
                      node(right).arguments[1]};
    tile.kernel4 = kernels::find_balanced(tile.ops[0], tile.ops[1], tile.ops[2], outer.dtype);
    offer(i, tile);
}

}  // namespace heddle::expr
