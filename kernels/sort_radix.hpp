#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels/sort_code.hpp"

// The passes of a least-significant-digit radix sort: Knuth, The Art of Computer Programming 3, 5.2.5, algorithm R.
// Memory is touched by memcpy, since floats are read as integers and `out` holds records on the way.
namespace heddle::kernels::radix {

template <class T>
T load(const std::byte* from, std::int64_t i) {
    T value;
    std::memcpy(&value, from + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
    return value;
}
template <class T>
void store(std::byte* to, std::int64_t i, T value) {
    std::memcpy(to + static_cast<std::size_t>(i) * sizeof(T), &value, sizeof(T));
}

// What moves through the passes, how it begins and what is left of it.
template <class Code>
struct Values {
    using Key = typename Code::Key;
    struct Record {
        Key key;
        bool operator<(const Record& other) const { return key < other.key; }
    };
    using Out = Key;
    static Record begin(Key bits, std::int64_t, Key flip) {
        return {Code::template encode<Zeros::ordered>(bits, flip)};
    }
    static Out end(Record record, Key flip) { return Code::decode(record.key, flip); }
};

template <class Code, class Index>
struct Positions {
    using Key = typename Code::Key;
    struct [[gnu::packed]] Record {
        Key key;
        Index index;
        bool operator<(const Record& other) const {
            return key < other.key || (key == other.key && index < other.index);
        }
    };
    using Out = std::int64_t;
    static Record begin(Key bits, std::int64_t i, Key flip) {
        return {Code::template encode<Zeros::equal>(bits, flip), static_cast<Index>(i)};
    }
    static Out end(Record record, Key) { return static_cast<Out>(record.index); }
};

// A digit of a key.
struct Digit {
    int shift, bits;
    template <class Key>
    std::size_t of(Key key) const {
        return static_cast<std::size_t>(key >> shift) & ((std::size_t{1} << bits) - 1);
    }
    std::size_t bins() const { return std::size_t{1} << bits; }
};

// Records that fill whole cache lines, for one bin.
template <class T>
inline constexpr std::size_t kLine = 64 / std::gcd(std::size_t{64}, sizeof(T));

// Elements begin … end of a pass.
struct Range {
    std::int64_t begin, end;
};

// Writes element i of the range at next[digit]++.
template <class T, class Make>
void move_each(Range range, std::int64_t* next, std::byte* to, Make&& make) {
    for (std::int64_t i = range.begin; i < range.end; ++i) {
        const auto [bin, value] = make(i);
        store<T>(to, next[bin]++, value);
    }
}

template <std::size_t kBytes>
void write_lines(std::byte* to, const std::byte* lines, bool stream) {
#if defined(__SSE2__)
    if (stream) {
        for (std::size_t at = 0; at < kBytes; at += 16) {
            const auto part = _mm_load_si128(reinterpret_cast<const __m128i*>(lines + at));
            _mm_stream_si128(reinterpret_cast<__m128i*>(to + at), part);
        }
        return;
    }
#endif
    (void)stream;
    std::memcpy(to, lines, kBytes);
}

// The same through a cache line per bin, which leaves it full and past the caches: N. Satish et al., "Fast Sort on CPUs
// and GPUs", SIGMOD 2010, 3.1. `lines`: kLine<T> records per bin, 64-aligned; `start`: one number per bin.
template <class T, class Make>
void move_lines(Range range, std::size_t bins, std::int64_t* next, std::int64_t* start, std::byte* lines, std::byte* to,
                Make&& make) {
    constexpr auto kCount = static_cast<std::int64_t>(kLine<T>);
    constexpr std::size_t kBytes = kLine<T> * sizeof(T);
    const bool stream = reinterpret_cast<std::uintptr_t>(to) % 16 == 0;
    std::copy_n(next, bins, start);
    const auto write_part = [&](std::size_t bin, std::int64_t first, std::int64_t last) {
        first = std::max(first, start[bin]);
        if (first >= last) return;
        std::memcpy(to + static_cast<std::size_t>(first) * sizeof(T),
                    lines + bin * kBytes + static_cast<std::size_t>(first % kCount) * sizeof(T),
                    static_cast<std::size_t>(last - first) * sizeof(T));
    };
    for (std::int64_t i = range.begin; i < range.end; ++i) {
        const auto [bin, value] = make(i);
        const std::int64_t at = next[bin]++;
        store<T>(lines + bin * kBytes, at & (kCount - 1), value);
        if ((at & (kCount - 1)) != kCount - 1) continue;
        const std::int64_t first = at + 1 - kCount;
        if (first >= start[bin]) {
            write_lines<kBytes>(to + static_cast<std::size_t>(first) * sizeof(T), lines + bin * kBytes, stream);
        } else {
            write_part(bin, first, at + 1);
        }
    }
    for (std::size_t bin = 0; bin < bins; ++bin) write_part(bin, next[bin] & -kCount, next[bin]);
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

}  // namespace heddle::kernels::radix
