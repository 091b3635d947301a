#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "heddle/heddle.hpp"

namespace heddle::test {

// The slow and obvious way: an array as its shape and a function of the index.
struct Obvious {
    Shape shape;
    std::function<double(const Shape&)> at;

    std::vector<double> values() const {
        std::vector<double> list;
        Shape index = Shape::filled(shape.rank(), 0);
        for (std::int64_t n = 0; n < shape.count(); ++n) {
            list.push_back(at(index));
            for (int axis = shape.rank() - 1; axis >= 0 && ++index[axis] == shape[axis]; --axis) index[axis] = 0;
        }
        return list;
    }
};

inline Obvious obvious(std::vector<double> values, const Shape& shape) {
    return {shape, [values = std::move(values), strides = dense_strides(shape)](const Shape& index) {
                std::int64_t offset = 0;
                for (int axis = 0; axis < index.rank(); ++axis) offset += index[axis] * strides[axis];
                return values[static_cast<std::size_t>(offset)];
            }};
}

// The reduced values of one output after the other, in C order of the reduced axes.
inline std::vector<std::vector<double>> groups_of(const Obvious& a, const std::vector<bool>& reduced) {
    Shape kept;
    for (int axis = 0; axis < a.shape.rank(); ++axis)
        kept.push_back(reduced[static_cast<std::size_t>(axis)] ? 1 : a.shape[axis]);
    std::vector<std::vector<double>> groups(static_cast<std::size_t>(kept.count()));
    const Shape strides = dense_strides(kept);
    Shape index = Shape::filled(a.shape.rank(), 0);
    for (std::int64_t n = 0; n < a.shape.count(); ++n) {
        std::int64_t group = 0;
        for (int axis = 0; axis < index.rank(); ++axis)
            if (!reduced[static_cast<std::size_t>(axis)]) group += strides[axis] * index[axis];
        groups[static_cast<std::size_t>(group)].push_back(a.at(index));
        for (int axis = index.rank() - 1; axis >= 0 && ++index[axis] == a.shape[axis]; --axis) index[axis] = 0;
    }
    return groups;
}

inline std::vector<double> random_values(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(-10, 10);
    std::vector<double> values(count);
    for (auto& value : values) value = uniform(random);
    return values;
}

}  // namespace heddle::test
