#pragma once

#include <string>
#include <vector>

#include "tests/array/array_values.hpp"

// What runs on a GPU and on the stand-in for one, to be compared with the CPU's bits.
namespace heddle::test {

struct NamedArray {
    std::string name;
    Array array;
};

// Its values in memory, so that nothing but a whole operation is left to compute.
inline Array known(const Array& a) {
    Engine cpu({.threads = 2, .device = "omp", .history = "off"});
    return from_bytes(a.dtype(), bytes_of(cpu, a), a.shape());
}

inline void add_lines(std::vector<NamedArray>& cases, const Array& a, const Axis& axis) {
    const auto add = [&](const char* name, const Array& made) {
        cases.push_back({std::string(name) + " of " + std::string(name_of(a.dtype())) + " " + to_string(a.shape()) +
                             " along " + (axis ? std::to_string(*axis) : "all"),
                         made});
    };
    const bool narrow = is_bool(a.dtype()) || (is_integer(a.dtype()) && size_of(a.dtype()) < 8);
    const Array wide = narrow ? known(a.astype(is_unsigned(a.dtype()) ? DType::uint64 : DType::int64)) : a;
    if (a.dtype() != DType::float16) {
        add("cumsum", cumsum(wide, axis));
        add("cumprod", cumprod(wide, axis));
        add("cummax", cummax(a, axis));
        add("cummin", cummin(a, axis));
    }
    add("sort", sort(a, axis));
    add("argsort", argsort(a, axis));
}

// Places in [-n, n), each of which comes several times.
inline Array places(std::int64_t n, const Shape& shape, std::int64_t factor = 1) {
    std::vector<std::int64_t> list(static_cast<std::size_t>(shape.count()));
    for (std::size_t i = 0; i < list.size(); ++i) list[i] = (static_cast<std::int64_t>(i) * 7919 + 13) % (2 * n) - n;
    for (auto& place : list) place *= factor;
    return from_values(list, shape);
}

// More than what is taken by a map.
inline constexpr std::int64_t kMany = 4200;

// Everything for one row of values of the type.
inline std::vector<NamedArray> cases_of_row(DType dtype, std::int64_t n) {
    const Array a = mixed(dtype, {n}, static_cast<unsigned>(n) + 3);
    std::vector<NamedArray> cases;
    add_lines(cases, a, -1);
    const auto add = [&](const char* name, const Array& made) {
        cases.push_back({std::string(name) + " of " + std::string(name_of(dtype)) + " " + std::to_string(n), made});
    };
    add("take", take(a, places(n, {kMany})));
    add("take, clipped", take(a, places(n, {kMany}, 3), 0, Bounds::clip));
    add("take, wrapped", take(a, places(n, {kMany}, 3), 0, Bounds::wrap));
    if (is_bool(dtype) || dtype == DType::float16) return cases;
    add("searchsorted", searchsorted(sort(a), known(a(Slice{{}, {}, -1}))));
    add("searchsorted, right", searchsorted(sort(a), a, Side::right));
    add("searchsorted in what is not sorted", searchsorted(a, a));
    return cases;
}

// Several lines, along each axis, and in C order.
inline std::vector<NamedArray> cases_of_lines(DType dtype, const Shape& shape) {
    const Array a = mixed(dtype, shape, 8);
    std::vector<NamedArray> cases;
    for (const Axis& axis : axes_of(a)) add_lines(cases, a, axis);
    for (int axis = 0; axis < shape.rank(); ++axis) {
        const auto add = [&](const char* name, const Array& made) {
            cases.push_back({std::string(name) + " of " + std::string(name_of(dtype)) + " " + to_string(shape) +
                                 " along " + std::to_string(axis),
                             made});
        };
        if (shape.count() / shape[axis] < 1000) add("take", take(a, places(shape[axis], {2, kMany / 2}), axis));
        add("take_along_axis", take_along_axis(a, argsort(a, axis), axis));
    }
    return cases;
}

inline std::vector<Array> arrays_of(const std::vector<NamedArray>& cases) {
    std::vector<Array> arrays;
    for (const auto& one : cases) arrays.push_back(one.array);
    return arrays;
}

inline Bytes bytes_of_result(const Array& result) {
    return with_type(result.dtype(), [&](auto zero) {
        const auto view = std::as_bytes(result.view<decltype(zero)>());
        return Bytes(view.begin(), view.end());
    });
}

// The CPU's bits, but for those of NaN.
inline void expect_cpu_bits(Engine& engine, const std::vector<NamedArray>& cases) {
    Engine cpu({.threads = 2, .device = "omp", .history = "off"});
    const auto arrays = arrays_of(cases);
    const auto wanted = evaluate(cpu, arrays), got = evaluate(engine, arrays);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        ASSERT_EQ(got[i].shape(), wanted[i].shape()) << cases[i].name;
        expect_same(arrays[i].dtype(), bytes_of_result(got[i]), bytes_of_result(wanted[i]), cases[i].name);
    }
}

}  // namespace heddle::test
