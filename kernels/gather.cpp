#include "kernels/gather.hpp"

#include <cstring>

namespace heddle::kernels {
namespace {

struct Sixteen {
    std::uint64_t parts[2];
};

// Calls f with a value of a type that has so many bytes.
template <class F>
auto with_width(std::int64_t width, F&& f) {
    switch (width) {
        case 1:
            return f(std::uint8_t{});
        case 2:
            return f(std::uint16_t{});
        case 4:
            return f(std::uint32_t{});
        case 8:
            return f(std::uint64_t{});
        default:
            return f(Sixteen{});
    }
}

template <class F>
bool with_bounds(Bounds bounds, F&& f) {
    switch (bounds) {
        case Bounds::raise:
            return f([](std::int64_t i, std::int64_t n) { return resolve_index(i, n, Bounds::raise); });
        case Bounds::wrap:
            return f([](std::int64_t i, std::int64_t n) { return resolve_index(i, n, Bounds::wrap); });
        default:
            return f([](std::int64_t i, std::int64_t n) { return resolve_index(i, n, Bounds::clip); });
    }
}

// Elements are copied as bytes, whatever their type.
template <class T>
void copy_one(std::byte* to, std::int64_t at, const std::byte* from, std::int64_t which) {
    std::memcpy(to + at * static_cast<std::int64_t>(sizeof(T)), from + which * static_cast<std::int64_t>(sizeof(T)),
                sizeof(T));
}

}  // namespace

std::int64_t find_outside(const std::int64_t* indices, std::int64_t count, std::int64_t n) {
    for (std::int64_t i = 0; i < count; ++i)
        if (indices[i] < -n || indices[i] >= n) return i;
    return -1;
}

bool gather_rows(const void* rows, std::int64_t n, std::int64_t bytes, const std::int64_t* indices, std::int64_t count,
                 Bounds bounds, void* out) {
    if (bytes <= 8 ? (bytes & (bytes - 1)) == 0 : bytes == 16)
        return Along{n, 1, bytes, bounds}.gather(rows, indices, count, out);
    const auto* from = static_cast<const std::byte*>(rows);
    auto* to = static_cast<std::byte*>(out);
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t at = resolve_index(indices[i], n, bounds);
        if (at < 0) return false;
        std::memcpy(to + i * bytes, from + at * bytes, static_cast<std::size_t>(bytes));
    }
    return true;
}

bool Along::gather(const void* table, const std::int64_t* indices, std::int64_t m, void* out) const {
    const auto* from = static_cast<const std::byte*>(table);
    auto* to = static_cast<std::byte*>(out);
    return with_width(width, [&](auto zero) {
        return with_bounds(bounds, [&](auto resolve) {
            using T = decltype(zero);
            if (columns == 1) {
                for (std::int64_t i = 0; i < m; ++i) {
                    const std::int64_t at = resolve(indices[i], n);
                    if (at < 0) return false;
                    copy_one<T>(to, i, from, at);
                }
                return true;
            }
            for (std::int64_t i = 0; i < m; ++i) {
                for (std::int64_t c = 0; c < columns; ++c) {
                    const std::int64_t at = resolve(indices[i * columns + c], n);
                    if (at < 0) return false;
                    copy_one<T>(to, i * columns + c, from, at * columns + c);
                }
            }
            return true;
        });
    });
}

void Along::scatter(void* table, const std::int64_t* indices, std::int64_t m, const void* values,
                    std::int64_t value_count, const Part& part) const {
    const auto* from = static_cast<const std::byte*>(values);
    auto* to = static_cast<std::byte*>(table);
    with_width(width, [&](auto zero) {
        return with_bounds(bounds, [&](auto resolve) {
            std::int64_t row = 0;  // i % value_count, where that matters
            for (std::int64_t i = 0; i < m; ++i) {
                for (std::int64_t c = part.first_column; c < part.last_column; ++c) {
                    const std::int64_t at = resolve(indices[i * columns + c], n);
                    if (at >= part.first_row && at < part.last_row)
                        copy_one<decltype(zero)>(to, at * columns + c, from, row * columns + c);
                }
                if (++row * columns == value_count) row = 0;
            }
            return true;
        });
    });
}

}  // namespace heddle::kernels
