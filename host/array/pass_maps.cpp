// Maps in an order that suits the memory: no reduction counts on the order of their elements.

#include <algorithm>

#include "host/array/pass_runner.hpp"
#include "kernels/strided_copy.hpp"

namespace heddle::array {
namespace {

// Of a block whose input runs across its rows: the lines of a column stay in the first cache while the next columns'
// elements are taken from them (scripts/compare shapes, transpose_plus).
constexpr std::int64_t kBlockEdge = 128, kBlockElements = kBlockEdge * kBlockEdge;
constexpr std::int64_t kCacheLine = 64;

}  // namespace

bool Pass::Runner::only_maps() const {
    return std::all_of(group_.outputs.begin(), group_.outputs.end(),
                       [](const Output* output) { return output->kind == Output::Kind::map; });
}

// Where the program computes nothing.
bool Pass::Runner::copy(const Box& box) const {
    const auto& results = group_.program.results();
    const auto is_input = [](const auto& result) { return result.value.kind == expr::Slot::Kind::input; };
    if (!group_.program.instructions().empty() || !std::all_of(results.begin(), results.end(), is_input)) return false;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto from = input_at(static_cast<std::size_t>(results[i].value.index), box);
        const auto to = output_at(i, box);
        kernels::copy_strided(box.extents(), from.base, from.strides, to.base, to.strides,
                              static_cast<std::int64_t>(size_of(group_.outputs[i]->computed)),
                              streams() ? kernels::Writes::past_cache : kernels::Writes::cached);
    }
    return true;
}

// The extents of blocks for an input whose neighbours lie along another axis than the last; else the whole box.
Shape Pass::Runner::block_of(const Box& box) const {
    const Shape extents = box.extents();
    int inner = extents.rank() - 1;
    while (inner > 0 && extents[inner] == 1) --inner;
    for (std::size_t i = 0; i < group_.inputs.size() && inner > 0; ++i) {
        const auto strides = input_at(i, box).strides;
        const auto width = static_cast<std::int64_t>(size_of(group_.inputs[i]->leaf.node->dtype));
        if (std::abs(strides[inner]) < kCacheLine) continue;
        for (int axis = 0; axis < inner; ++axis) {
            if (std::abs(strides[axis]) != width || extents[axis] == 1) continue;
            Shape block = Shape::filled(extents.rank(), 1);
            block[axis] = std::min(extents[axis], kBlockEdge);
            for (int other = inner; other >= 0; --other)
                if (other != axis)
                    block[other] = std::clamp<std::int64_t>(kBlockElements / block.count(), 1, extents[other]);
            return block;
        }
    }
    return extents;
}

void Pass::Runner::evaluate_maps(const Box& box, std::vector<Consumption>& consumptions, int worker) {
    if (copy(box)) return;
    const TileGrid grid(box.extents(), block_of(box));
    for (std::int64_t i = 0; i < grid.count(); ++i) {
        Box block = grid.box(i);
        for (int axis = 0; axis < box.rank(); ++axis) {
            block.lo[axis] += box.lo[axis];
            block.hi[axis] += box.lo[axis];
        }
        evaluate_box(block, 0, consumptions, worker);
    }
}

}  // namespace heddle::array
