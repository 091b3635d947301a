#include "host/array/whole.hpp"

#include <utility>

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

NodePtr make_whole(std::shared_ptr<const WholeOperation> operation, std::vector<NodePtr> operands, DType dtype,
                   const Shape& shape) {
    return make_node(Whole{std::move(operation)}, dtype, shape, std::move(operands));
}

}  // namespace heddle::array
