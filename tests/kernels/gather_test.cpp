#include "kernels/gather.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "kernels/positions.hpp"

namespace heddle::kernels {
namespace {

using Bytes = std::vector<std::byte>;
using Places = std::vector<std::int64_t>;

Bytes some_bytes(std::int64_t n) {
    std::mt19937 random(4);
    Bytes bytes(static_cast<std::size_t>(n));
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

Places some_indices(std::int64_t count, std::int64_t low, std::int64_t high) {
    std::mt19937_64 random(5);
    Places indices(static_cast<std::size_t>(count));
    for (auto& index : indices)
        index = low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low));
    return indices;
}

// The definitions, written out.
std::int64_t judged(std::int64_t index, std::int64_t n, Bounds bounds) {
    if (bounds == Bounds::clip) return std::min(std::max<std::int64_t>(index, 0), n - 1);
    while (bounds == Bounds::wrap && index < 0) index += n;
    while (bounds == Bounds::wrap && index >= n) index -= n;
    return index < 0 ? index + n : index;
}

TEST(Gather, TakesRowsOfAllWidths) {
    constexpr std::int64_t n = 13;
    for (const std::int64_t bytes : {1, 2, 3, 4, 8, 12, 16, 24, 100}) {
        const Bytes rows = some_bytes(n * bytes);
        for (const std::int64_t count : {0, 1, 2, 63, 64, 65, 1001}) {
            for (const Bounds bounds : {Bounds::raise, Bounds::wrap, Bounds::clip}) {
                const std::int64_t reach = bounds == Bounds::raise ? n : 40;
                const Places indices = some_indices(count, -reach, reach);
                Bytes out(static_cast<std::size_t>(count * bytes)), wanted(out);
                for (std::int64_t i = 0; i < count; ++i)
                    std::memcpy(&wanted[static_cast<std::size_t>(i * bytes)],
                                &rows[static_cast<std::size_t>(judged(indices[static_cast<std::size_t>(i)], n, bounds) *
                                                               bytes)],
                                static_cast<std::size_t>(bytes));
                EXPECT_TRUE(gather_rows(rows.data(), n, bytes, indices.data(), count, bounds, out.data()));
                EXPECT_TRUE(out == wanted) << bytes << " " << count;
            }
        }
    }
}

TEST(Gather, FindsWhatIsOutside) {
    const Bytes rows = some_bytes(24);
    Bytes out(72);
    for (const std::int64_t outside : {std::int64_t{3}, std::int64_t{-4}, INT64_MAX, INT64_MIN}) {
        const Places indices{0, 2, outside, -3, outside};
        EXPECT_EQ(find_outside(indices.data(), 5, 3), 2);
        EXPECT_EQ(find_outside(indices.data(), 2, 3), -1);
        for (const std::int64_t bytes : {1, 8, 7})
            EXPECT_FALSE(gather_rows(rows.data(), 3, bytes, indices.data(), 5, Bounds::raise, out.data()));
        EXPECT_FALSE((Along{3, 1, 8, Bounds::raise}.gather(rows.data(), indices.data(), 5, out.data())));
    }
}

TEST(Gather, GoesAlongColumnsAndBack) {
    for (const std::int64_t width : {1, 2, 4, 8, 16}) {
        for (const std::int64_t columns : {1, 2, 65}) {
            for (const std::int64_t m : {1, 5, 64, 301}) {
                constexpr std::int64_t n = 11;
                const Bytes table = some_bytes(n * columns * width), values = some_bytes(m * columns * width);
                const Places indices = some_indices(m * columns, -n, n);
                const auto move = [&](Bytes& to, std::int64_t i, const Bytes& from, std::int64_t j) {
                    std::memcpy(&to[static_cast<std::size_t>(i * width)], &from[static_cast<std::size_t>(j * width)],
                                static_cast<std::size_t>(width));
                };
                Bytes taken(values.size()), wanted(values.size()), put = table, replaced = table;
                for (std::int64_t i = 0; i < m * columns; ++i) {
                    const std::int64_t at =
                        judged(indices[static_cast<std::size_t>(i)], n, Bounds::raise) * columns + i % columns;
                    move(wanted, i, table, at);
                    move(replaced, at, values, i);
                }
                const Along along{n, columns, width, Bounds::raise};
                EXPECT_TRUE(along.gather(table.data(), indices.data(), m, taken.data()));
                EXPECT_TRUE(taken == wanted) << width << " " << columns << " " << m;
                // Each part by itself, in any order.
                const std::int64_t row_cuts[] = {0, 7, n}, column_cuts[] = {0, columns / 2, columns};
                for (const std::size_t r : {1, 0})
                    for (const std::size_t c : {1, 0})
                        along.scatter(put.data(), indices.data(), m, values.data(), m * columns,
                                      {row_cuts[r], row_cuts[r + 1], column_cuts[c], column_cuts[c + 1]});
                EXPECT_TRUE(put == replaced) << width << " " << columns << " " << m;
            }
        }
    }
}

TEST(Gather, ValuesBeginAgain) {
    std::vector<std::int32_t> table(5);
    const std::vector<std::int32_t> values{10, 20, 30};
    const Places indices{7, 0, 1, 2, -1};
    Along{5, 1, 4, Bounds::wrap}.scatter(table.data(), indices.data(), 5, values.data(), 3, {0, 5, 0, 1});
    EXPECT_EQ(table, (std::vector<std::int32_t>{20, 30, 10, 0, 20}));
}

TEST(Positions, AreThoseOfWhatIsTrue) {
    std::mt19937 random(6);
    for (const std::int64_t n : {0, 1, 2, 7, 8, 9, 63, 64, 65, 10'007}) {
        for (const unsigned rarity : {1u, 2u, 50u}) {
            const auto mask = std::make_unique<bool[]>(static_cast<std::size_t>(n));
            Places wanted;
            for (std::int64_t i = 0; i < n; ++i)
                if ((mask[static_cast<std::size_t>(i)] = random() % rarity == 0)) wanted.push_back(i + 100);
            Places got(wanted.size());
            EXPECT_EQ(count_true(mask.get(), n), static_cast<std::int64_t>(wanted.size()));
            true_positions(mask.get(), n, 100, got.data());
            EXPECT_EQ(got, wanted) << n;
        }
    }
}

}  // namespace
}  // namespace heddle::kernels
