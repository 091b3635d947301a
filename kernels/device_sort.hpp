#pragma once

#include <bit>
#include <cstdint>

#include "kernels/cuda_kernels.hpp"
#include "kernels/sort_code.hpp"

// Sorts of lines on a GPU around a radix sort of unsigned keys, which somebody else has written. As in device_scan.hpp,
// what a thread does is a function of its number.
namespace heddle::kernels::device {

using Index = std::uint32_t;

// How elements become keys.
struct SortCode {
    int width;  // bytes of an element
    bool is_float;
    bool zeros_equal;    // -0.0 and 0.0: of positions, which keep the order of equal elements
    std::uint64_t flip;  // of signed integers, the sign

    template <class Bits>
    HEDDLE_FN Bits encode_bits(Bits bits) const {
        using radix::Zeros;
        if (!is_float) return radix::IntegerCode<Bits>::template encode<Zeros::ordered>(bits, static_cast<Bits>(flip));
        if constexpr (sizeof(Bits) == 1) {
            return bits;
        } else {
            using Code = radix::FloatCode<Bits>;
            return zeros_equal ? Code::template encode<Zeros::equal>(bits, 0)
                               : Code::template encode<Zeros::ordered>(bits, 0);
        }
    }
    template <class Bits>
    HEDDLE_FN Bits decode_bits(Bits key) const {
        if (!is_float) return radix::IntegerCode<Bits>::decode(key, static_cast<Bits>(flip));
        if constexpr (sizeof(Bits) == 1)
            return key;
        else
            return radix::FloatCode<Bits>::decode(key, 0);
    }

    template <class Key>
    HEDDLE_FN Key encode(const void* in, std::int64_t i) const {
        if constexpr (sizeof(Key) == 8) {
            return encode_bits(static_cast<const std::uint64_t*>(in)[i]);
        } else {
            if (width == 4) return encode_bits(static_cast<const std::uint32_t*>(in)[i]);
            if (width == 2) return encode_bits(static_cast<const std::uint16_t*>(in)[i]);
            return encode_bits(static_cast<const std::uint8_t*>(in)[i]);
        }
    }
    template <class Key>
    HEDDLE_FN void decode(Key key, void* out, std::int64_t i) const {
        if constexpr (sizeof(Key) == 8)
            static_cast<std::uint64_t*>(out)[i] = decode_bits(key);
        else if (width == 4)
            static_cast<std::uint32_t*>(out)[i] = decode_bits(key);
        else if (width == 2)
            static_cast<std::uint16_t*>(out)[i] = decode_bits(static_cast<std::uint16_t>(key));
        else
            static_cast<std::uint8_t*>(out)[i] = decode_bits(static_cast<std::uint8_t>(key));
    }
};

template <class Key>
struct EncodeKeys {
    SortCode code;
    const void* in;
    Key* keys;
    Index* indices;  // or null
    HEDDLE_FN void operator()(std::int64_t i) const {
        keys[i] = code.encode<Key>(in, i);
        if (indices != nullptr) indices[i] = static_cast<Index>(i);
    }
};
template <class Key>
struct DecodeKeys {
    SortCode code;
    const Key* keys;
    void* out;
    HEDDLE_FN void operator()(std::int64_t i) const { code.decode(keys[i], out, i); }
};
struct WidenIndices {
    const Index* indices;
    std::int64_t* out;
    HEDDLE_FN void operator()(std::int64_t i) const { out[i] = indices[i]; }
};

// Element e of all lines belongs to this line.
HEDDLE_FN std::int64_t line_of(const GpuLines& lines, std::int64_t e) {
    return e / (lines.n * lines.inner) * lines.inner + e % lines.inner;
}
struct LineKeys {
    GpuLines lines;
    const Index* indices;
    Index* keys;
    HEDDLE_FN void operator()(std::int64_t i) const { keys[i] = static_cast<Index>(line_of(lines, indices[i])); }
};
// The elements in order, line after line, to where the lines lie.
template <class Key>
struct PlaceInLines {
    SortCode code;
    GpuLines lines;
    const Index* indices;
    const void* in;
    void* out;
    bool positions;
    HEDDLE_FN void operator()(std::int64_t rank) const {
        const std::int64_t e = indices[rank], line = rank / lines.n, place = rank % lines.n;
        const std::int64_t to = (line / lines.inner * lines.n + place) * lines.inner + line % lines.inner;
        if (positions)
            static_cast<std::int64_t*>(out)[to] = e / lines.inner % lines.n;
        else
            code.decode(code.encode<Key>(in, e), out, to);
    }
};

struct SortWork {
    SortCode code;
    bool positions;
    GpuLines lines;
    const void* in;
    void* out;
    GpuScratch scratch;
};

inline std::int64_t sort_region(std::int64_t bytes) { return (bytes + 255) / 256 * 256; }
// Lines of this length and more are sorted one by one; shorter ones together, by line at the end.
inline constexpr std::int64_t kSortAlone = 1 << 16;
inline bool sorts_alone(const GpuLines& lines) {
    return lines.count() == 1 || (lines.inner == 1 && lines.n >= kSortAlone);
}

// `Gpu` has launch(n, f), as in device_scan.hpp, and radix sorts of the lowest `bits` of keys, stable and in both of
// two places, which leave `a`, and `i`, at the sorted ones:
//     int keys(Key*& a, Key* b, std::int64_t n, int bits, const GpuScratch& temporary);
//     int pairs(Key*& a, Key* b, Index*& i, Index* j, std::int64_t n, int bits, const GpuScratch& temporary);
template <class Key, class Gpu>
class LineSort {
public:
    LineSort(const Gpu& gpu, const SortWork& work) : gpu_(gpu), work_(work) {}

    int run() {
        if (!sorts_alone(work_.lines)) return together();
        const std::int64_t out_width = work_.positions ? 8 : work_.code.width;
        for (std::int64_t line = 0; line < work_.lines.outer; ++line) {
            const void* in = static_cast<const std::byte*>(work_.in) + line * work_.lines.n * work_.code.width;
            void* out = static_cast<std::byte*>(work_.out) + line * work_.lines.n * out_width;
            if (const int error = work_.positions ? alone_positions(in, out) : alone_values(in, out); error != 0)
                return error;
        }
        return 0;
    }

private:
    template <class T>
    T* take(std::int64_t n) {
        auto* region = reinterpret_cast<T*>(work_.scratch.data + used_);
        used_ += sort_region(n * static_cast<std::int64_t>(sizeof(T)));
        return region;
    }
    GpuScratch rest() const { return {work_.scratch.data + used_, work_.scratch.bytes - used_}; }
    int bits() const { return 8 * work_.code.width; }

    int alone_values(const void* in, void* out) {
        const std::int64_t n = work_.lines.n;
        used_ = 0;
        Key* keys = take<Key>(n);
        Key* other = work_.code.width == sizeof(Key) ? static_cast<Key*>(out) : take<Key>(n);
        if (const int error = gpu_.launch(n, EncodeKeys<Key>{work_.code, in, keys, nullptr}); error != 0) return error;
        if (const int error = gpu_.keys(keys, other, n, bits(), rest()); error != 0) return error;
        return gpu_.launch(n, DecodeKeys<Key>{work_.code, keys, out});
    }

    // The positions of n elements in their order.
    int order(const void* in, std::int64_t n, Key*& keys, Key*& other, Index*& indices, Index*& more) {
        used_ = 0;
        keys = take<Key>(n);
        other = take<Key>(n);
        indices = take<Index>(n);
        more = take<Index>(n);
        if (const int error = gpu_.launch(n, EncodeKeys<Key>{work_.code, in, keys, indices}); error != 0) return error;
        Key* const places[] = {keys, other};
        Index* const index_places[] = {indices, more};
        if (const int error = gpu_.pairs(keys, other, indices, more, n, bits(), rest()); error != 0) return error;
        other = places[keys == places[0] ? 1 : 0];
        more = index_places[indices == index_places[0] ? 1 : 0];
        return 0;
    }

    int alone_positions(const void* in, void* out) {
        const std::int64_t n = work_.lines.n;
        Key *keys, *other;
        Index *indices, *more;
        if (const int error = order(in, n, keys, other, indices, more); error != 0) return error;
        return gpu_.launch(n, WidenIndices{indices, static_cast<std::int64_t*>(out)});
    }

    int together() {
        const GpuLines& lines = work_.lines;
        const std::int64_t n = lines.size();
        Key *keys, *other;
        Index *indices, *more;
        if (const int error = order(work_.in, n, keys, other, indices, more); error != 0) return error;
        auto *of_line = reinterpret_cast<Index*>(keys), *other_line = reinterpret_cast<Index*>(other);
        if (const int error = gpu_.launch(n, LineKeys{lines, indices, of_line}); error != 0) return error;
        const int line_bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(lines.count() - 1)));
        if (const int error = gpu_.pairs(of_line, other_line, indices, more, n, line_bits, rest()); error != 0)
            return error;
        return gpu_.launch(n, PlaceInLines<Key>{work_.code, lines, indices, work_.in, work_.out, work_.positions});
    }

    const Gpu& gpu_;
    SortWork work_;
    std::int64_t used_ = 0;
};

// The widths of keys that are sorted: narrow elements take a few bits of the smaller one.
template <class Gpu>
int sort_lines(const Gpu& gpu, DType dtype, bool positions, const GpuLines& lines, const void* in, void* out,
               const GpuScratch& scratch) {
    const auto width = static_cast<int>(size_of(dtype));
    const SortCode code{width, is_float(dtype), positions, is_signed(dtype) ? std::uint64_t{1} << (8 * width - 1) : 0};
    const SortWork work{code, positions, lines, in, out, scratch};
    return width == 8 ? LineSort<std::uint64_t, Gpu>(gpu, work).run() : LineSort<std::uint32_t, Gpu>(gpu, work).run();
}

}  // namespace heddle::kernels::device
