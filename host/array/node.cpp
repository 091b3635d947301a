#include "host/array/node.hpp"

#include <string>

#include "heddle/error.hpp"
#include "host/expr/program.hpp"

namespace heddle::array {
namespace {

std::string list_shapes(const std::vector<NodePtr>& operands) {
    std::string text;
    for (const auto& operand : operands) text += (text.empty() ? "" : " and ") + to_string(operand->shape);
    return text;
}

// Folds an operation on numbers; Python's operators on Python numbers stay Python numbers.
NodePtr fold(expr::Op op, const std::vector<NodePtr>& operands) {
    expr::ProgramBuilder builder;
    std::array<int, 3> values{-1, -1, -1};
    bool weak = true;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const auto& value = *constant_of(*operands[i]);
        values[i] = operands[i]->weak ? builder.weak_constant(value) : builder.constant(value);
        weak = weak && operands[i]->weak;
    }
    const int result = builder.apply_promoted(op, values[0], values[1], values[2]);
    if (!builder.is_constant(result)) return nullptr;
    const bool arithmetic =
        op <= expr::Op::remainder || op == expr::Op::power || op == expr::Op::negative || op == expr::Op::positive;
    const auto value = builder.constant_value(result);
    return make_constant(value, weak && arithmetic && !is_bool(value.dtype));
}

}  // namespace

NodePtr make_node(Payload payload, DType dtype, const Shape& shape, std::vector<NodePtr> inputs) {
    std::int64_t bytes = static_cast<std::int64_t>(size_of(dtype));
    bool empty = false, fits = true;
    for (const auto extent : shape) {
        empty = empty || extent == 0;
        fits = fits && !__builtin_mul_overflow(bytes, extent, &bytes);
    }
    if (!fits && !empty)
        throw ShapeError("an array of shape " + to_string(shape) + " is too large",
                         "its bytes cannot be counted in 64 bits", "check the shapes that were broadcast");
    auto node = std::make_shared<Node>();
    node->payload = std::move(payload);
    node->dtype = dtype;
    node->shape = shape;
    node->inputs = std::move(inputs);
    return node;
}

NodePtr make_constant(const expr::Scalar& value, bool weak) {
    auto node = std::make_shared<Node>();
    node->payload = Constant{value};
    node->dtype = value.dtype;
    node->weak = weak;
    return node;
}

const expr::Scalar* constant_of(const Node& node) {
    const auto* constant = node.as<Constant>();
    return constant && node.shape.empty() ? &constant->value : nullptr;
}

Shape broadcast_shapes(const std::vector<NodePtr>& operands, std::string_view operation) {
    int rank = 0;
    for (const auto& operand : operands) rank = std::max(rank, operand->shape.rank());
    Shape result = Shape::filled(rank, 1);
    for (const auto& operand : operands) {
        const int shift = rank - operand->shape.rank();
        for (int axis = 0; axis < operand->shape.rank(); ++axis) {
            const auto extent = operand->shape[axis];
            auto& joined = result[axis + shift];
            if (joined != extent && joined != 1 && extent != 1)
                throw ShapeError("shapes do not broadcast in " + std::string(operation),
                                 list_shapes(operands) + " differ along axis " + std::to_string(axis + shift),
                                 "select matching parts, or add an axis of extent 1 with None");
            if (joined == 1) joined = extent;
        }
    }
    return result;
}

int normalize_axis(int axis, int rank) {
    if (axis < -rank || axis >= rank)
        throw ShapeError("there is no axis " + std::to_string(axis),
                         "the array has " + std::to_string(rank) + (rank == 1 ? " dimension" : " dimensions"),
                         rank == 0 ? "leave the axis out"
                                   : "use an axis from " + std::to_string(-rank) + " to " + std::to_string(rank - 1));
    return axis < 0 ? axis + rank : axis;
}

NodePtr elementwise(expr::Op op, std::vector<NodePtr> operands) {
    bool constants = true;
    for (const auto& operand : operands) constants = constants && constant_of(*operand) != nullptr;
    if (constants) {
        if (auto folded = fold(op, operands)) return folded;
    }
    std::array<expr::OperandType, 3> types{};
    for (std::size_t i = 0; i < operands.size(); ++i) types[i] = operands[i]->operand();
    const auto resolved = expr::resolve(op, {types.data(), operands.size()});
    const Shape shape = broadcast_shapes(operands, kernels::name_of(op));
    for (std::size_t i = 0; i < operands.size(); ++i)
        if (const auto* value = constant_of(*operands[i]);
            value && operands[i]->weak && is_integer(resolved.arguments[i]) && resolved.result != DType::boolean)
            expr::check_weak_fits(*value, resolved.arguments[i]);
    return make_node(Elementwise{op}, resolved.result, shape, std::move(operands));
}

NodePtr cast(const NodePtr& node, DType dtype) {
    if (node->dtype == dtype && !node->weak) return node;
    if (const auto* value = constant_of(*node)) return make_constant(value->cast_to(dtype), false);
    return make_node(Cast{}, dtype, node->shape, {node});
}

NodePtr view(const NodePtr& node, View view, const Shape& shape) {
    return make_node(std::move(view), node->dtype, shape, {node});
}

NodePtr take(const NodePtr& node, int axis, IndexList list) {
    Shape shape = node->shape;
    shape[axis] = static_cast<std::int64_t>(list->size());
    return make_node(Take{axis, std::move(list)}, node->dtype, shape, {node});
}

NodePtr broadcast_to(const NodePtr& node, const Shape& shape) {
    if (node->shape == shape) return node;
    const int shift = shape.rank() - node->shape.rank();
    View axes;
    for (int axis = 0; axis < node->shape.rank(); ++axis) {
        const auto extent = node->shape[axis];
        if (shift < 0 || (extent != 1 && extent != shape[axis + shift]))
            throw ShapeError("shape " + to_string(node->shape) + " cannot broadcast to " + to_string(shape),
                             shift < 0 ? "it has more dimensions" : "axis " + std::to_string(axis) + " differs",
                             "only axes of extent 1 can be repeated");
        axes.axes.push_back(extent == 1 && shape[axis + shift] != 1 ? ViewAxis{-1, 0, 1}
                                                                    : ViewAxis{axis + shift, 0, 1});
    }
    return view(node, std::move(axes), shape);
}

NodePtr part(const NodePtr& node, int axis, std::int64_t start, std::int64_t step, std::int64_t count) {
    if (start == 0 && step == 1 && count == node->shape[axis]) return node;
    View axes;
    for (int i = 0; i < node->shape.rank(); ++i) axes.axes.push_back({i, 0, 1});
    auto& entry = axes.axes[static_cast<std::size_t>(axis)];
    entry.start = start;
    entry.step = step;
    Shape shape = node->shape;
    shape[axis] = count;
    return view(node, std::move(axes), shape);
}

NodePtr memory(DType dtype, const Shape& shape, std::shared_ptr<Storage> storage) {
    return make_node(Memory{std::move(storage)}, dtype, shape);
}

}  // namespace heddle::array
