#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "heddle/heddle.hpp"
#include "host/array/plan.hpp"
#include "tests/kernels/values.hpp"

// Arrays of mixed values, and comparisons of what was made of them.
namespace heddle::test {

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(Engine& engine, const Array& array) {
    const Array result = evaluate(engine, array);
    return with_type(array.dtype(), [&](auto zero) {
        const auto view = std::as_bytes(result.view<decltype(zero)>());
        return Bytes(view.begin(), view.end());
    });
}

inline Array from_bytes(DType dtype, const Bytes& bytes, const Shape& shape) {
    return detail::array_from_bytes(dtype, bytes.data(), static_cast<std::size_t>(shape.count()), shape, true);
}

inline Array mixed(DType dtype, const Shape& shape, unsigned seed = 5) {
    return from_bytes(dtype, mixed_bytes(dtype, static_cast<std::size_t>(shape.count()), seed), shape);
}

// The judge of sort() keeps the order of zeros, which sort() does not.
enum class Zeros : std::uint8_t { differ, alike };

template <class T>
bool equal(T a, T b, Zeros zeros) {
    if constexpr (std::is_same_v<T, Half>) {
        const auto size = [](Half x) { return x.bits & 0x7fff; };
        return a.bits == b.bits || (size(a) > 0x7c00 && size(b) > 0x7c00) ||
               (zeros == Zeros::alike && size(a) + size(b) == 0);
    } else {
        return same_value(a, b) || (zeros == Zeros::alike && a == b);
    }
}

// The same bits, but for those of NaN.
inline void expect_same(DType dtype, const Bytes& x, const Bytes& y, const std::string& what,
                        Zeros zeros = Zeros::differ) {
    ASSERT_EQ(x.size(), y.size()) << what;
    with_type(dtype, [&](auto zero) {
        using T = decltype(zero);
        for (std::size_t i = 0; i < x.size() / sizeof(T); ++i) {
            T a, b;
            std::memcpy(&a, &x[i * sizeof(T)], sizeof(T));
            std::memcpy(&b, &y[i * sizeof(T)], sizeof(T));
            if (!equal(a, b, zeros)) {
                ADD_FAILURE() << what << " differs at " << i;
                return;
            }
        }
    });
}

inline void expect_same(Engine& engine, const Array& got, const Array& want, const std::string& what,
                        Zeros zeros = Zeros::differ) {
    ASSERT_EQ(got.dtype(), want.dtype()) << what;
    ASSERT_EQ(got.shape(), want.shape()) << what;
    expect_same(got.dtype(), bytes_of(engine, got), bytes_of(engine, want), what, zeros);
}

// Under every limit from `step` to `most` bytes the result is the same within it, or OutOfMemory before anything
// starts.
inline void expect_in_any_memory(Engine& engine, const Array& wanted, std::size_t step, std::size_t most,
                                 const std::string& what) {
    const auto expected = bytes_of(engine, wanted);
    int done = 0, failed = 0;
    for (std::size_t memory = step; memory < most; memory += step) {
        Engine small(EngineOptions{.threads = 2, .memory = memory});
        std::optional<array::Plan> plan;
        try {
            plan.emplace(small, std::vector<array::Target>{{wanted, "w"}});
        } catch (const OutOfMemory&) {
            EXPECT_EQ(done, 0) << what << ": less memory was enough";
            ++failed;
            continue;
        }
        Scope scope(small);
        const auto result = plan->submit(scope);
        scope.wait();
        EXPECT_LE(small.memory_peak(), memory) << what;
        EXPECT_EQ(bytes_of(small, result[0]), expected) << what;
        ++done;
    }
    EXPECT_GT(done, 5) << what;
    EXPECT_GT(failed, 1) << what;
}

inline std::vector<Axis> axes_of(const Array& a) {
    std::vector<Axis> axes{std::nullopt};
    for (int axis = -1; axis < a.rank() - 1; ++axis) axes.emplace_back(axis);
    return axes;
}

}  // namespace heddle::test
