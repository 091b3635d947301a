#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "heddle/array.hpp"
#include "host/expr/typing.hpp"
#include "kernels/reduce.hpp"

namespace heddle::io {
class Dataset;
}
namespace heddle::kernels {
enum class Outside : std::uint8_t;
}

namespace heddle::array {

class Evaluation;
class WholeOperation;

// Memory that holds values: given by the user, or filled by an evaluation that may still run.
struct Storage {
    std::shared_ptr<std::byte> bytes;
    std::shared_ptr<Evaluation> pending;  // null: the values are there
    std::int64_t counted = 0;             // bytes that are part of what a plan over it takes
};

struct Constant {
    expr::Scalar value;
};
// Values start + step*i of one axis; with `last` (linspace) the final one is exactly that.
struct Ramp {
    expr::Scalar start, step;
    bool has_last = false;
    double last = 0;
};
// A dense C-order block of memory.
struct Memory {
    std::shared_ptr<Storage> storage;
};
struct Stored {
    std::shared_ptr<io::Dataset> dataset;
};
struct Elementwise {
    expr::Op op;
};
struct Cast {};
// Where one axis of the viewed array runs: at start + step*i, i being the view's index along `axis` (-1: fixed at
// start).
struct ViewAxis {
    int axis = -1;
    std::int64_t start = 0, step = 1;
    friend bool operator==(const ViewAxis&, const ViewAxis&) = default;
};
// Slices, fixed positions, new and broadcast axes, transposition: one entry per axis of the input.
struct View {
    std::vector<ViewAxis> axes;
};
using IndexList = std::shared_ptr<const std::vector<std::int64_t>>;
// The listed positions of one axis.
struct Take {
    int axis;
    IndexList list;
};
// The inputs one after the other along the axis; all have the node's type, none is empty. See block_source.hpp.
struct Join {
    int axis;
};
// The input's values in C order in another shape; neither shape has an axis of extent 1.
struct Reshape {};
struct Reduction {
    kernels::Reduce reduce;
    bool skip_nan = false, keep_dims = false;
    std::array<bool, kMaxRank> axes{};
    double ddof = 0;
};
// Counts per bin of inputs[0], of a type that bins take, between inputs[1] and inputs[2], both float64 of rank 0.
// `values` is the type that those had.
struct HistogramCounts {
    std::int64_t bins;
    DType values;
    kernels::Outside outside;
};

// What needs its operand in memory as a whole: sorted lines, running sums. See whole.hpp.
struct Whole {
    std::shared_ptr<const WholeOperation> operation;
};

using Payload = std::variant<Constant, Ramp, Memory, Stored, Elementwise, Cast, View, Take, Join, Reshape, Reduction,
                             HistogramCounts, Whole>;

// One value of the lazy algebra; immutable once built, so threads share it freely.
struct Node {
    Payload payload;
    DType dtype = DType::float64;
    bool weak = false;  // a Python number
    Shape shape;
    std::vector<NodePtr> inputs;

    template <class T>
    const T* as() const {
        return std::get_if<T>(&payload);
    }
    template <class T>
    bool is() const {
        return std::holds_alternative<T>(payload);
    }
    expr::OperandType operand() const { return {dtype, weak}; }
};

// Whether the values are computed by a step of their own and lie in memory from then on.
inline bool is_step(const Node& node) { return node.is<Reduction>() || node.is<HistogramCounts>() || node.is<Whole>(); }

NodePtr make_node(Payload payload, DType dtype, const Shape& shape, std::vector<NodePtr> inputs = {});
NodePtr make_constant(const expr::Scalar& value, bool weak);
// The rank-0 constant that a node is, or null.
const expr::Scalar* constant_of(const Node& node);

// The operation on broadcast operands, folded when all are numbers. ShapeError, DTypeError, ArgumentError.
NodePtr elementwise(expr::Op op, std::vector<NodePtr> operands);
NodePtr cast(const NodePtr& node, DType dtype);
NodePtr view(const NodePtr& node, View view, const Shape& shape);
NodePtr take(const NodePtr& node, int axis, IndexList list);
NodePtr broadcast_to(const NodePtr& node, const Shape& shape);
// `count` positions of one axis, from `start` on in steps of `step`; all within the axis.
NodePtr part(const NodePtr& node, int axis, std::int64_t start, std::int64_t step, std::int64_t count);
// Pieces of one type whose extents agree but along the axis; at least one.
NodePtr join(const std::vector<NodePtr>& pieces, int axis);
// The values in C order in another shape of as many elements. What is computed element by element is reshaped at its
// operands, and what lies in memory is only seen in another way.
NodePtr reshape(const NodePtr& node, const Shape& shape);
NodePtr memory(DType dtype, const Shape& shape, std::shared_ptr<Storage> storage);

// NumPy's broadcast of the shapes. ShapeError names the shapes and the axis.
Shape broadcast_shapes(const std::vector<NodePtr>& operands, std::string_view operation);
// The axis in [0, rank). ShapeError.
int normalize_axis(int axis, int rank);

// The values of a small array, computed at once in the calling thread: masks and index lists.
std::vector<std::int64_t> evaluate_indices(const NodePtr& mask_or_list, std::int64_t extent);

}  // namespace heddle::array
