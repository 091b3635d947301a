#include "kernels/shuffle.hpp"

#include <cstring>

namespace heddle::kernels {
namespace {

using Bytes16 = std::uint8_t __attribute__((vector_size(16)));
using Words8 = std::uint16_t __attribute__((vector_size(16)));
using Longs4 = std::uint32_t __attribute__((vector_size(16)));

template <class Vector>
Vector load(const std::byte* p) {
    Vector v;
    std::memcpy(&v, p, sizeof(v));
    return v;
}
template <class Vector>
void store(Vector v, std::byte* p) {
    std::memcpy(p, &v, sizeof(v));
}

Bytes16 low(Bytes16 a, Bytes16 b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
Bytes16 high(Bytes16 a, Bytes16 b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
Words8 low(Words8 a, Words8 b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
Words8 high(Words8 a, Words8 b) { return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
Longs4 low(Longs4 a, Longs4 b) { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }
Longs4 high(Longs4 a, Longs4 b) { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }
Bytes16 even(Bytes16 a, Bytes16 b) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
Bytes16 odd(Bytes16 a, Bytes16 b) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

// 16 elements of `kWidth` bytes: planes to elements, and back. Doubling the neighbours that lie together in each step.
template <std::size_t kWidth>
void join_planes(const std::byte* in, std::size_t stride, std::byte* out) {
    Bytes16 v[kWidth];
    for (std::size_t k = 0; k < kWidth; ++k) v[k] = load<Bytes16>(in + k * stride);
    if constexpr (kWidth == 2) {
        store(low(v[0], v[1]), out);
        store(high(v[0], v[1]), out + 16);
    } else {
        Words8 w[kWidth];  // pairs of planes: low and high half of the elements
        for (std::size_t k = 0; k < kWidth; k += 2) {
            w[k] = reinterpret_cast<Words8>(low(v[k], v[k + 1]));
            w[k + 1] = reinterpret_cast<Words8>(high(v[k], v[k + 1]));
        }
        Longs4 l[kWidth];
        for (std::size_t k = 0; k < kWidth; k += 4) {
            l[k] = reinterpret_cast<Longs4>(low(w[k], w[k + 2]));
            l[k + 1] = reinterpret_cast<Longs4>(high(w[k], w[k + 2]));
            l[k + 2] = reinterpret_cast<Longs4>(low(w[k + 1], w[k + 3]));
            l[k + 3] = reinterpret_cast<Longs4>(high(w[k + 1], w[k + 3]));
        }
        if constexpr (kWidth == 4) {
            for (std::size_t k = 0; k < 4; ++k) store(l[k], out + 16 * k);
        } else {
            for (std::size_t k = 0; k < 4; ++k) {
                store(low(l[k], l[k + 4]), out + 32 * k);
                store(high(l[k], l[k + 4]), out + 32 * k + 16);
            }
        }
    }
}

template <std::size_t kWidth>
void split_planes(const std::byte* in, std::byte* out, std::size_t stride) {
    // Each round takes the even and the odd bytes apart, and moves the bits of a plane's number one place down.
    Bytes16 v[kWidth], w[kWidth];
    for (std::size_t k = 0; k < kWidth; ++k) v[k] = load<Bytes16>(in + 16 * k);
    for (std::size_t width = kWidth; width > 1; width /= 2) {
        for (std::size_t k = 0; k < kWidth / 2; ++k) {
            w[k] = even(v[2 * k], v[2 * k + 1]);
            w[k + kWidth / 2] = odd(v[2 * k], v[2 * k + 1]);
        }
        std::memcpy(v, w, sizeof(v));
    }
    for (std::size_t k = 0; k < kWidth; ++k) store(v[k], out + k * stride);
}

void join_rest(const std::byte* in, std::byte* out, std::size_t first, std::size_t count, std::size_t width) {
    for (std::size_t i = first; i < count; ++i)
        for (std::size_t k = 0; k < width; ++k) out[i * width + k] = in[k * count + i];
}
void split_rest(const std::byte* in, std::byte* out, std::size_t first, std::size_t count, std::size_t width) {
    for (std::size_t k = 0; k < width; ++k)
        for (std::size_t i = first; i < count; ++i) out[k * count + i] = in[i * width + k];
}

template <std::size_t kWidth>
void join(const std::byte* in, std::byte* out, std::size_t count) {
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16) join_planes<kWidth>(in + i, count, out + i * kWidth);
    join_rest(in, out, i, count, kWidth);
}
template <std::size_t kWidth>
void split(const std::byte* in, std::byte* out, std::size_t count) {
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16) split_planes<kWidth>(in + i * kWidth, out + i, count);
    split_rest(in, out, i, count, kWidth);
}

// An 8 x 8 matrix of bits, row by row from the lowest byte, mirrored at its diagonal (Warren, Hacker's Delight, 7-3).
std::uint64_t transpose_bits(std::uint64_t x) {
    std::uint64_t t = (x ^ (x >> 7)) & 0x00aa00aa00aa00aaull;
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & 0x0000cccc0000ccccull;
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & 0x00000000f0f0f0f0ull;
    return x ^ t ^ (t << 28);
}

}  // namespace

void shuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t width) {
    switch (width) {
        case 2:
            return split<2>(in, out, count);
        case 4:
            return split<4>(in, out, count);
        case 8:
            return split<8>(in, out, count);
        default:
            return split_rest(in, out, 0, count, width);
    }
}

void unshuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t width) {
    switch (width) {
        case 2:
            return join<2>(in, out, count);
        case 4:
            return join<4>(in, out, count);
        case 8:
            return join<8>(in, out, count);
        default:
            return join_rest(in, out, 0, count, width);
    }
}

void bit_unshuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t width) {
    const std::size_t plane = count / 8;
    for (std::size_t k = 0; k < width; ++k) {
        for (std::size_t group = 0; group < plane; ++group) {
            std::uint64_t bits = 0;
            for (std::size_t bit = 0; bit < 8; ++bit)
                bits |= std::to_integer<std::uint64_t>(in[(k * 8 + bit) * plane + group]) << (8 * bit);
            bits = transpose_bits(bits);
            for (std::size_t i = 0; i < 8; ++i)
                out[(group * 8 + i) * width + k] = static_cast<std::byte>(bits >> (8 * i));
        }
    }
}

std::uint32_t fletcher32(const std::byte* in, std::size_t bytes) {
    const auto fold = [](std::uint32_t x) { return (x & 0xffff) + (x >> 16); };
    std::uint32_t sum = 0, sums = 0;
    for (std::size_t words = bytes / 2; words > 0;) {
        // So many additions do not overflow 32 bits.
        for (std::size_t n = words < 360 ? words : 360; n > 0; --n, --words, in += 2) {
            sum += std::to_integer<std::uint32_t>(in[0]) << 8 | std::to_integer<std::uint32_t>(in[1]);
            sums += sum;
        }
        sum = fold(sum);
        sums = fold(sums);
    }
    if (bytes % 2 != 0) {
        sum += std::to_integer<std::uint32_t>(in[0]) << 8;
        sums += sum;
        sum = fold(sum);
        sums = fold(sums);
    }
    return fold(sums) << 16 | fold(sum);
}

}  // namespace heddle::kernels
