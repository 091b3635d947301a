#include "kernels/segment.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "kernels/elementwise.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

using test::mixed_bytes;
using test::same_value;
using test::with_type;

// The same bits, but for those of NaN.
template <class T>
bool same(T x, T y) {
    if constexpr (std::is_same_v<T, Half>)
        return x.bits == y.bits || ((x.bits & 0x7fff) > 0x7c00 && (y.bits & 0x7fff) > 0x7c00);
    else
        return same_value(x, y);
}

using State = std::vector<std::uint64_t>;

// The tree written as what it is: leaves, then aligned pairs.
State tree(const Reducer& reducer, const std::vector<State>& leaves, std::size_t first, std::size_t size,
           std::int64_t columns) {
    if (size == 1) return leaves[first];
    State left = tree(reducer, leaves, first, size / 2, columns);
    if (first + size / 2 < leaves.size()) {
        const State right = tree(reducer, leaves, first + size / 2, size / 2, columns);
        reducer.combine(left.data(), right.data(), columns);
    }
    return left;
}

std::vector<std::byte> judged(const Reducer& reducer, DType input, const std::vector<std::byte>& values, std::int64_t n,
                              std::int64_t stride, std::int64_t columns) {
    std::vector<std::uint64_t> wide(static_cast<std::size_t>(n * stride) * 2 + 1);
    find_cast(input, reducer.input)->variants[0](values.data(), nullptr, nullptr, wide.data(), n * stride);
    const auto* x = reinterpret_cast<const std::byte*>(wide.data());
    const auto width = static_cast<std::int64_t>(size_of(reducer.input));
    std::vector<State> leaves;
    const std::int64_t rows = stride == 1 ? kLeaf : 256;
    for (std::int64_t first = 0; first < n || first == 0; first += rows) {
        leaves.emplace_back(static_cast<std::size_t>(columns) * reducer.state_size / 8);
        const auto some = std::min(rows, n - first);
        if (stride == 1 && some > 0) {
            reducer.fold(leaves.back().data(), x + first * width, some, 0);
            continue;
        }
        reducer.init(leaves.back().data(), columns);
        for (std::int64_t i = first; i < first + some; ++i)
            reducer.accumulate(leaves.back().data(), x + i * stride * width, columns, i);
    }
    std::size_t all = 1;
    while (all < leaves.size()) all *= 2;
    const State states = tree(reducer, leaves, 0, all, columns);
    std::vector<std::byte> out(static_cast<std::size_t>(columns) * size_of(reducer.output));
    reducer.finalize(states.data(), out.data(), columns, n, 0);
    return out;
}

bool same_results(DType dtype, const std::vector<std::byte>& a, const std::vector<std::byte>& b) {
    return with_type(dtype, [&](auto zero) {
        for (std::size_t i = 0; i < a.size(); i += sizeof zero) {
            decltype(zero) x, y;
            std::memcpy(&x, &a[i], sizeof x);
            std::memcpy(&y, &b[i], sizeof y);
            if (!same(x, y)) return false;
        }
        return a.size() == b.size();
    });
}

// Short ones and long ones side by side, more than go together.
void expect_many(Reduce reduce, DType dtype, SegmentReducer& segment) {
    const Reducer reducer = make_reducer(reduce, false, dtype);
    std::vector<std::int64_t> offsets{0};
    for (std::int64_t i = 0; i < 300; ++i)
        offsets.push_back(offsets.back() + (i < 100 ? i % 20 : i < 200 ? 15 : i % 97 == 0 ? 2500 : i % 3));
    const auto count = static_cast<std::int64_t>(offsets.size()) - 1;
    const auto values = mixed_bytes(dtype, static_cast<std::size_t>(offsets.back()), 12);
    const std::size_t width = size_of(reducer.output);
    std::vector<std::byte> out(static_cast<std::size_t>(count) * width);
    segment.lines(values.data(), offsets.data(), count, out.data());
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
        const auto n = offsets[i + 1] - offsets[i];
        if (n == 0 && !reducer.has_identity) continue;
        const auto begin = values.begin() + offsets[i] * static_cast<std::int64_t>(size_of(dtype));
        const std::vector<std::byte> own(begin, begin + n * static_cast<std::int64_t>(size_of(dtype)));
        const auto want = judged(reducer, dtype, own, n, 1, 1);
        with_type(reducer.output, [&](auto zero) {
            decltype(zero) x, y;
            std::memcpy(&x, &out[i * width], sizeof x);
            std::memcpy(&y, want.data(), sizeof y);
            EXPECT_TRUE(same(x, y)) << name_of(reduce) << name_of(dtype) << " differs at " << i;
        });
    }
}

TEST(SegmentReducer, HasTheTreeOfTheLength) {
    for (const Reduce reduce : {Reduce::sum, Reduce::mean, Reduce::min, Reduce::max}) {
        for (std::size_t t = 0; t < kDTypeCount; ++t) {
            const auto dtype = static_cast<DType>(t);
            const Reducer reducer = make_reducer(reduce, false, dtype);
            SegmentReducer segment(reduce, dtype);  // one for all, as a task has
            for (const std::int64_t n : {0, 1, 2, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025, 2048, 7003}) {
                const auto values = mixed_bytes(dtype, static_cast<std::size_t>(n), 7);
                std::vector<std::byte> out(size_of(reducer.output));
                const std::int64_t offsets[] = {0, n};
                segment.lines(values.data(), offsets, 1, out.data());
                EXPECT_TRUE(same_results(reducer.output, out, judged(reducer, dtype, values, n, 1, 1)))
                    << name_of(reduce) << n << name_of(dtype);
            }
            expect_many(reduce, dtype, segment);
            for (const std::int64_t n : {0, 1, 2, 255, 256, 257, 1300}) {
                for (const std::int64_t columns : {1, 3, 64}) {
                    const auto values = mixed_bytes(dtype, static_cast<std::size_t>(n * 70), 8);
                    std::vector<std::byte> out(static_cast<std::size_t>(columns) * size_of(reducer.output));
                    segment.columns(values.data(), n, 70, columns, out.data());
                    EXPECT_TRUE(same_results(reducer.output, out, judged(reducer, dtype, values, n, 70, columns)))
                        << name_of(reduce) << n << name_of(dtype) << columns;
                }
            }
        }
    }
}

}  // namespace
}  // namespace heddle::kernels
