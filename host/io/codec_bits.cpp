#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "host/io/codec_kinds.hpp"
#include "kernels/shuffle.hpp"

// Filters that pack bits: libhdf5's n-bit and scale-offset (HDF5 Reference Manual, H5Pset_nbit and H5Pset_scaleoffset),
// of single numbers in the machine's byte order or the other; and bitshuffle, with LZ4, Zstandard or nothing behind it.
namespace heddle::io {
namespace {

// Numbers of up to 64 bits from a stream, the highest bit of each byte first.
class BitReader {
public:
    explicit BitReader(InBytes in, const char* what) : in_(in), what_(what) {}
    std::uint64_t take(unsigned bits) {
        std::uint64_t value = 0;
        while (bits > 0) {
            if (at_ >= in_.size()) throw Undecodable(std::string("its ") + what_ + " ends early");
            const unsigned n = std::min(bits, left_);
            const auto byte = std::to_integer<std::uint64_t>(in_[at_]);
            value = value << n | (byte >> (left_ - n) & ((1u << n) - 1));
            bits -= n;
            left_ -= n;
            if (left_ == 0) {
                left_ = 8;
                ++at_;
            }
        }
        return value;
    }

private:
    InBytes in_;
    const char* what_;
    std::size_t at_ = 0;
    unsigned left_ = 8;
};

enum class Order : std::uint8_t { little, big };

void put_number(std::byte* to, std::size_t width, std::uint64_t value, Order order) {
    for (std::size_t i = 0; i < width; ++i)
        to[order == Order::little ? i : width - 1 - i] = static_cast<std::byte>(value >> (8 * i));
}

std::uint64_t ones(unsigned bits) { return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1; }

void check_room(std::size_t bytes, OutBytes out) {
    if (bytes > out.size())
        throw Undecodable("it holds " + std::to_string(bytes) + " bytes, more than " + std::to_string(out.size()));
}

// `precision` bits of each element from bit `offset` on; the others are zero.
class NBit final : public Codec {
public:
    struct Layout {
        std::size_t count, width;
        Order order;
        unsigned precision, offset;
        bool packed;
    };
    explicit NBit(Layout layout) : layout_(layout) {}

    std::size_t most_encoded(std::size_t n) const override { return n + 1; }
    std::size_t decode(InBytes in, OutBytes out) const override {
        if (!layout_.packed) {
            check_room(in.size(), out);
            std::copy(in.begin(), in.end(), out.begin());
            return in.size();
        }
        check_room(layout_.count * layout_.width, out);
        BitReader bits(in, "n-bit stream");
        for (std::size_t i = 0; i < layout_.count; ++i)
            put_number(&out[i * layout_.width], layout_.width, bits.take(layout_.precision) << layout_.offset,
                       layout_.order);
        return layout_.count * layout_.width;
    }

private:
    Layout layout_;
};

class ScaleOffset final : public Codec {
public:
    enum class Kind : std::uint8_t { integer, real };
    struct Layout {
        Kind kind;
        int decimals;  // of reals: they are kept times 10^decimals
        std::size_t count, width;
        Order order;
        bool has_fill;
        std::uint64_t fill;
        bool unpacked;  // all bits of integers were asked for
    };
    explicit ScaleOffset(Layout layout) : layout_(layout) {}

    std::size_t most_encoded(std::size_t n) const override { return n + kHeader + 8; }

    std::size_t decode(InBytes in, OutBytes out) const override {
        constexpr const char* kWhat = "scale-offset stream";
        const std::size_t size = layout_.count * layout_.width;
        if (layout_.unpacked) {
            check_room(in.size(), out);
            std::copy(in.begin(), in.end(), out.begin());
            return in.size();
        }
        check_room(size, out);
        InBytes header = take_front(in, kHeader, kWhat);
        const auto bits = static_cast<unsigned>(take_little_endian(header, 4, kWhat));
        const std::size_t lowest_bytes = std::min<std::size_t>(take_little_endian(header, 1, kWhat), 8);
        const std::uint64_t lowest = take_little_endian(header, lowest_bytes, kWhat);
        const auto full = static_cast<unsigned>(layout_.width * 8);
        if (bits > full) throw Undecodable(std::string("its ") + kWhat + " is damaged");
        if (bits == full) {
            // In the byte order of the machine that wrote them, which is little-endian where this runs.
            const InBytes values = take_front(in, size, kWhat);
            for (std::size_t i = 0; i < layout_.count; ++i) {
                InBytes value = values.subspan(i * layout_.width, layout_.width);
                put_number(&out[i * layout_.width], layout_.width, take_little_endian(value, layout_.width, kWhat),
                           layout_.order);
            }
            return size;
        }
        BitReader packed(in, kWhat);
        for (std::size_t i = 0; i < layout_.count; ++i) {
            const std::uint64_t value = bits == 0 ? 0 : packed.take(bits);
            const bool filled = layout_.has_fill && bits > 0 && value == ones(bits);
            put_number(&out[i * layout_.width], layout_.width, filled ? layout_.fill : number(value, lowest),
                       layout_.order);
        }
        return size;
    }

private:
    static constexpr std::size_t kHeader = 21;

    // The packed value as a number of the dataset, as bits.
    std::uint64_t number(std::uint64_t value, std::uint64_t lowest) const {
        if (layout_.kind == Kind::integer) return value + lowest;
        if (layout_.width == 4) {
            const auto scale = static_cast<float>(std::pow(10.0, layout_.decimals));
            const float base = std::bit_cast<float>(static_cast<std::uint32_t>(lowest));
            return std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(value)) / scale + base);
        }
        const double scale = std::pow(10.0, layout_.decimals);
        return std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(value)) / scale +
                                            std::bit_cast<double>(lowest));
    }

    Layout layout_;
};

class Bitshuffle final : public Codec {
public:
    enum class Behind : std::uint8_t { nothing, lz4, zstd };
    Bitshuffle(std::size_t width, std::size_t block, Behind behind) : width_(width), block_(block), behind_(behind) {}

    std::size_t most_encoded(std::size_t n) const override { return n + n / 64 + 4096; }
    std::optional<std::size_t> decoded_size(InBytes in) const override {
        return behind_ == Behind::nothing ? in.size() : take_big_endian(in, 8, kWhat);
    }

    std::size_t decode(InBytes in, OutBytes out) const override {
        std::size_t size = in.size(), block = block_;
        if (behind_ != Behind::nothing) {
            size = take_big_endian(in, 8, kWhat);
            block = take_big_endian(in, 4, kWhat) / width_;
        }
        if (block == 0) block = default_block();
        if (block % kGroup != 0 || size % width_ != 0) throw Undecodable(std::string("its ") + kWhat + " is damaged");
        check_room(size, out);
        const std::size_t count = size / width_;
        std::vector<std::byte> planes;
        std::size_t at = 0;
        while (count - at >= kGroup) {
            const std::size_t n = std::min(block, (count - at) / kGroup * kGroup);
            const InBytes from = take_block(in, n * width_, planes);
            kernels::bit_unshuffle(from.data(), &out[at * width_], n, width_);
            at += n;
        }
        const InBytes rest = take_front(in, (count - at) * width_, kWhat);
        std::copy(rest.begin(), rest.end(), out.begin() + static_cast<std::ptrdiff_t>(at * width_));
        return size;
    }

private:
    static constexpr const char* kWhat = "bitshuffle stream";
    static constexpr std::size_t kGroup = 8;

    std::size_t default_block() const { return std::max<std::size_t>(8192 / width_ / kGroup * kGroup, 128); }

    InBytes take_block(InBytes& in, std::size_t bytes, std::vector<std::byte>& planes) const {
        if (behind_ == Behind::nothing) return take_front(in, bytes, kWhat);
        const InBytes from = take_front(in, take_big_endian(in, 4, kWhat), kWhat);
        planes.resize(bytes);
        std::size_t made = 0;
        if (behind_ == Behind::lz4) {
            const int n = LZ4_decompress_safe(reinterpret_cast<const char*>(from.data()),
                                              reinterpret_cast<char*>(planes.data()), static_cast<int>(from.size()),
                                              static_cast<int>(std::min<std::size_t>(bytes, INT32_MAX)));
            made = n < 0 ? 0 : static_cast<std::size_t>(n);
        } else {
            made = ZSTD_decompress(planes.data(), bytes, from.data(), from.size());
        }
        if (made != bytes) throw Undecodable(std::string("its ") + kWhat + " is damaged");
        return planes;
    }

    std::size_t width_, block_;
    Behind behind_;
};

}  // namespace

// Parameters: how many there are, whether nothing is packed, elements, class (1: single numbers), width, order (0
// little), precision, offset.
std::unique_ptr<Codec> make_nbit(const Filter& filter) {
    const auto& p = filter.parameters;
    if (p.size() < 8 || p[3] != 1 || p[4] == 0 || p[4] > 8) return nullptr;
    const std::size_t width = p[4];
    if (p[6] == 0 || p[6] > width * 8 || p[7] > width * 8 - p[6] || p[5] > 1) return nullptr;
    return std::make_unique<NBit>(
        NBit::Layout{p[2], width, p[5] == 0 ? Order::little : Order::big, p[6], p[7], p[1] == 0});
}

// Parameters: kind (0 reals by decimals, 2 integers), decimals, elements, class (0 integer, 1 real), width, sign, order
// (0 little), whether there is a fill value, and that, 32 bits at a time.
std::unique_ptr<Codec> make_scale_offset(const Filter& filter) {
    const auto& p = filter.parameters;
    if (p.size() < 8 || p[4] == 0 || p[4] > 8 || p[6] > 1) return nullptr;
    using Kind = ScaleOffset::Kind;
    const Kind kind = p[3] == 0 ? Kind::integer : Kind::real;
    if (kind == Kind::real && (p[0] != 0 || (p[4] != 4 && p[4] != 8))) return nullptr;
    if (kind == Kind::integer && p[1] > 8 * p[4]) return nullptr;
    std::uint64_t fill = 0;
    for (std::size_t i = 0; i < 2 && 8 + i < p.size(); ++i) fill |= std::uint64_t{p[8 + i]} << (32 * i);
    return std::make_unique<ScaleOffset>(ScaleOffset::Layout{kind, static_cast<int>(p[1]), p[2], p[4],
                                                             p[6] == 0 ? Order::little : Order::big, p[7] != 0, fill,
                                                             kind == Kind::integer && p[1] == 8 * p[4]});
}

// Parameters: version, version, width, elements of a block or 0, what follows (2: LZ4, 3: Zstandard).
std::unique_ptr<Codec> make_bitshuffle(const Filter& filter) {
    const auto& p = filter.parameters;
    if (p.size() < 3 || p[2] == 0 || p[2] > 256) return nullptr;
    using Behind = Bitshuffle::Behind;
    const unsigned behind = p.size() > 4 ? p[4] : 0;
    if (behind != 0 && behind != 2 && behind != 3) return nullptr;
    return std::make_unique<Bitshuffle>(p[2], p.size() > 3 ? p[3] : 0,
                                        behind == 2   ? Behind::lz4
                                        : behind == 3 ? Behind::zstd
                                                      : Behind::nothing);
}

}  // namespace heddle::io
