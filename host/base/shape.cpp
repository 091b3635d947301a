#include "heddle/shape.hpp"

#include "heddle/error.hpp"

namespace heddle {

void detail::throw_rank_too_high(std::size_t rank) {
    throw ShapeError("too many dimensions", std::to_string(rank) + " are more than " + std::to_string(kMaxRank),
                     "merge axes or select along some of them first");
}

std::string to_string(const Shape& shape) {
    std::string text = "(";
    for (int axis = 0; axis < shape.rank(); ++axis) {
        if (axis > 0) text += ", ";
        text += std::to_string(shape[axis]);
    }
    return text + (shape.rank() == 1 ? ",)" : ")");
}

}  // namespace heddle
