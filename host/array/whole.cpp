#include "host/array/whole.hpp"

namespace heddle::array {

Lines::Lines(const Shape& shape, int axis) {
    if (axis < 0) {
        n = shape.count();
        return;
    }
    n = shape[axis];
    for (int a = 0; a < shape.rank(); ++a)
        if (a != axis) (a < axis ? outer : inner) *= shape[a];
}

NodePtr make_whole(std::shared_ptr<const WholeOperation> operation, const NodePtr& operand, DType dtype,
                   const Shape& shape) {
    return make_node(Whole{std::move(operation)}, dtype, shape, {operand});
}

}  // namespace heddle::array
