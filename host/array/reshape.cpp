// Arrays that are joined, and arrays in another shape, as nodes.

#include <algorithm>
#include <map>

#include "heddle/error.hpp"
#include "host/array/node.hpp"

namespace heddle::array {
namespace {

// Joins of joins become one up to here: more would grow without bounds where an array is joined to itself.
constexpr std::size_t kMaxPieces = 64;

Shape without_ones(const Shape& shape) {
    Shape rest;
    for (const auto extent : shape)
        if (extent != 1) rest.push_back(extent);
    return rest;
}

// The same elements with axes of extent 1 added or left out; the others agree.
NodePtr view_ones(const NodePtr& node, const Shape& shape) {
    if (node->shape == shape) return node;
    View axes;
    int to = 0;
    for (const auto extent : node->shape) {
        while (extent != 1 && shape[to] == 1) ++to;
        axes.axes.push_back(extent == 1 ? ViewAxis{} : ViewAxis{to++, 0, 1});
    }
    return view(node, std::move(axes), shape);
}

// The one value that a node repeats, or null.
NodePtr filled_with(const NodePtr& node) {
    if (node->is<Constant>()) return node;
    return node->is<View>() ? filled_with(node->inputs[0]) : nullptr;
}

class Reshaper {
public:
    NodePtr reshape(const NodePtr& node, const Shape& shape) {
        if (node->shape == shape) return node;
        const auto [entry, is_new] = done_.emplace(node.get(), nullptr);
        if (is_new) entry->second = make(node, shape);
        return entry->second;
    }

private:
    NodePtr make(const NodePtr& node, const Shape& shape) {
        if (const auto* memory = node->as<Memory>()) return array::memory(node->dtype, shape, memory->storage);
        if (const auto value = filled_with(node)) return broadcast_to(cast(value, node->dtype), shape);
        if (node->is<Reshape>()) return make(node->inputs[0], shape);
        if (node->is<Cast>()) return make_node(Cast{}, node->dtype, shape, {reshape(node->inputs[0], shape)});
        if (node->is<Elementwise>() && takes_whole_operands(*node)) {
            std::vector<NodePtr> operands;
            // A number stays as it is: it may take the type of the operand beside it.
            for (const auto& input : node->inputs)
                operands.push_back(input->shape.empty() ? input : reshape(input, shape));
            return make_node(node->payload, node->dtype, shape, std::move(operands));
        }
        const Shape core = without_ones(shape);
        NodePtr made = view_ones(node, without_ones(node->shape));
        if (made->shape != core) made = make_node(Reshape{}, node->dtype, core, {made});
        return view_ones(made, shape);
    }
    // Each operand has all the elements, or is a number.
    static bool takes_whole_operands(const Node& node) {
        return std::all_of(node.inputs.begin(), node.inputs.end(),
                           [&](const auto& input) { return input->shape == node.shape || input->shape.empty(); });
    }

    std::map<const Node*, NodePtr> done_;
};

}  // namespace

NodePtr reshape(const NodePtr& node, const Shape& shape) {
    // Of what is empty nothing needs to be known.
    if (shape.count() == 0)
        return broadcast_to(make_constant(expr::Scalar::of_int(0).cast_to(node->dtype), false), shape);
    return Reshaper().reshape(cast(node, node->dtype), shape);
}

NodePtr join(const std::vector<NodePtr>& pieces, int axis) {
    Shape shape = pieces[0]->shape;
    shape[axis] = 0;
    std::vector<NodePtr> inputs;
    for (const auto& piece : pieces) {
        if (__builtin_add_overflow(shape[axis], piece->shape[axis], &shape[axis]))
            throw ShapeError("the joined array is too large", "its elements cannot be counted in 64 bits",
                             "join fewer or smaller arrays");
        const auto* inner = piece->as<Join>();
        const bool few = inputs.size() + piece->inputs.size() <= kMaxPieces;
        if (inner && inner->axis == axis && few)
            inputs.insert(inputs.end(), piece->inputs.begin(), piece->inputs.end());
        else if (piece->shape.count() > 0)
            inputs.push_back(piece);
    }
    if (inputs.empty()) return reshape(pieces[0], shape);
    const DType dtype = pieces[0]->dtype;
    return inputs.size() == 1 ? inputs[0] : make_node(Join{axis}, dtype, shape, std::move(inputs));
}

}  // namespace heddle::array
