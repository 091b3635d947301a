#include <blosc.h>
#include <bzlib.h>
#include <lz4.h>
#include <lzf.h>
extern "C" {
#include <szlib.h>  // says nothing of C++ itself
}
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/io/codec_kinds.hpp"

// Filters that are one call of a library of their own.
namespace heddle::io {
namespace {

[[noreturn]] void damaged(const char* what) { throw Undecodable(std::string("its ") + what + " is damaged"); }

char* chars(OutBytes out) { return reinterpret_cast<char*>(out.data()); }
const char* chars(InBytes in) { return reinterpret_cast<const char*>(in.data()); }
int as_int(std::size_t n, const char* what) {
    if (n > INT32_MAX) throw Undecodable(std::string("its ") + what + " is larger than 2 GiB");
    return static_cast<int>(n);
}

// Those that only decode are never asked what they encode to, but what a chunk may have taken.
constexpr std::size_t grown(std::size_t n) { return n + n / 8 + 4096; }

class Lzf final : public Codec {
public:
    // Version, version of the library, bytes of a chunk.
    explicit Lzf(const std::vector<unsigned>& p) {
        if (p.size() > 2 && p[2] > 0) chunk_bytes_ = p[2];
    }
    std::optional<std::size_t> decoded_size(InBytes) const override { return chunk_bytes_; }
    std::size_t most_encoded(std::size_t n) const override { return grown(n); }
    std::size_t decode(InBytes in, OutBytes out) const override {
        const unsigned n = lzf_decompress(in.data(), static_cast<unsigned>(as_int(in.size(), "lzf block")), out.data(),
                                          static_cast<unsigned>(std::min<std::size_t>(out.size(), UINT32_MAX)));
        if (n == 0 && errno == E2BIG) throw OutputTooSmall("its lzf block holds more than it should");
        if (n == 0) damaged("lzf block");
        return n;
    }

private:
    std::optional<std::size_t> chunk_bytes_;
};

class Bzip2 final : public Codec {
public:
    std::size_t most_encoded(std::size_t n) const override { return grown(n); }
    std::size_t decode(InBytes in, OutBytes out) const override {
        auto made = static_cast<unsigned>(std::min<std::size_t>(out.size(), UINT32_MAX));
        const int status = BZ2_bzBuffToBuffDecompress(chars(out), &made, const_cast<char*>(chars(in)),
                                                      static_cast<unsigned>(as_int(in.size(), "bzip2 stream")), 0, 0);
        if (status == BZ_MEM_ERROR) throw std::bad_alloc();
        if (status == BZ_OUTBUFF_FULL) throw OutputTooSmall("its bzip2 stream holds more than it should");
        if (status != BZ_OK) damaged("bzip2 stream");
        return made;
    }
};

class Blosc final : public Codec {
public:
    std::size_t most_encoded(std::size_t n) const override { return n + BLOSC_MAX_OVERHEAD; }
    std::optional<std::size_t> decoded_size(InBytes in) const override {
        std::size_t size = 0;
        if (in.size() < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(in.data(), in.size(), &size) != 0) return {};
        return size;
    }
    std::size_t decode(InBytes in, OutBytes out) const override {
        std::size_t size = 0;
        if (in.size() < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(in.data(), in.size(), &size) != 0)
            damaged("blosc buffer");
        if (size > out.size()) throw Undecodable("its blosc buffer holds " + std::to_string(size) + " bytes");
        const int n = blosc_decompress_ctx(in.data(), out.data(), out.size(), 1);
        if (n < 0 || static_cast<std::size_t>(n) != size) damaged("blosc buffer");
        return size;
    }
};

// The bits per element, elements per block and per line, and the options of libhdf5's filter.
class Szip final : public Codec {
public:
    explicit Szip(const std::vector<unsigned>& p)
        : options_{static_cast<int>(p[0]), static_cast<int>(p[2]), static_cast<int>(p[1]), static_cast<int>(p[3])} {}

    std::size_t most_encoded(std::size_t n) const override { return grown(n); }
    std::size_t decode(InBytes in, OutBytes out) const override {
        // The library divides by them as they come.
        const int block = options_.pixels_per_block, line = options_.pixels_per_scanline,
                  bits = options_.bits_per_pixel;
        if (block < 2 || block > 32 || block % 2 != 0 || line < 1 || line > 128 * block || bits < 1 ||
            (bits > 32 && bits != 64))
            throw Undecodable("its szip parameters are damaged");
        std::size_t size = take_little_endian(in, 4, "szip stream");
        if (size > out.size()) throw Undecodable("its szip stream holds " + std::to_string(size) + " bytes");
        SZ_com_t options = options_;
        const std::size_t wanted = size;
        if (SZ_BufftoBuffDecompress(out.data(), &size, in.data(), in.size(), &options) != SZ_OK || size != wanted)
            damaged("szip stream");
        return size;
    }

private:
    SZ_com_t options_;
};

class Lz4 final : public Codec {
public:
    // 0: as the filter's default, 1 GiB.
    explicit Lz4(std::size_t block) : block_(block == 0 ? std::size_t{1} << 30 : block) {}

    std::size_t most_encoded(std::size_t n) const override {
        return n + n / 255 + 16 + 12 + 20 * (n / std::min(block_, n + 1) + 1);
    }

    std::optional<std::size_t> decoded_size(InBytes in) const override { return take_big_endian(in, 8, "lz4 header"); }
    std::size_t decode(InBytes in, OutBytes out) const override {
        const std::size_t size = take_big_endian(in, 8, "lz4 header");
        const std::size_t block = std::min<std::size_t>(take_big_endian(in, 4, "lz4 header"), size);
        if (size > out.size()) throw Undecodable("its lz4 blocks hold " + std::to_string(size) + " bytes");
        for (std::size_t at = 0; at < size;) {
            const std::size_t n = std::min(block, size - at), stored = take_big_endian(in, 4, "lz4 block");
            if (n == 0) damaged("lz4 header");
            const InBytes from = take_front(in, stored, "lz4 block");
            if (stored == n) {
                std::copy(from.begin(), from.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
            } else if (LZ4_decompress_safe(chars(from), chars(out.subspan(at)), as_int(stored, "lz4 block"),
                                           as_int(n, "lz4 block")) != static_cast<int>(n)) {
                damaged("lz4 block");
            }
            at += n;
        }
        return size;
    }

    std::size_t encode(InBytes in, OutBytes out) const override {
        const std::size_t block = std::min(block_, in.size());
        put_big_endian(out.data(), 8, in.size());
        put_big_endian(out.data() + 8, 4, block);
        std::size_t made = 12;
        for (std::size_t at = 0; at < in.size(); at += block) {
            const InBytes from = in.subspan(at, std::min(block, in.size() - at));
            const OutBytes to = out.subspan(made + 4);
            const int n = LZ4_compress_default(chars(from), chars(to), as_int(from.size(), "lz4 block"),
                                               as_int(std::min<std::size_t>(to.size(), INT32_MAX), "lz4 block"));
            std::size_t stored = static_cast<std::size_t>(n);
            if (n <= 0 || stored >= from.size()) {
                stored = from.size();
                std::copy(from.begin(), from.end(), to.begin());
            }
            put_big_endian(out.data() + made, 4, stored);
            made += 4 + stored;
        }
        return made;
    }

private:
    std::size_t block_;
};

class Zstd final : public Codec {
public:
    explicit Zstd(int level) : level_(level) {}

    std::size_t most_encoded(std::size_t n) const override { return ZSTD_compressBound(n); }
    std::optional<std::size_t> decoded_size(InBytes in) const override {
        const auto size = ZSTD_getFrameContentSize(in.data(), in.size());
        if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) return {};
        return size;
    }
    std::size_t decode(InBytes in, OutBytes out) const override {
        thread_local std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> kept(ZSTD_createDCtx(), ZSTD_freeDCtx);
        if (kept == nullptr) throw std::bad_alloc();
        const std::size_t n = ZSTD_decompressDCtx(kept.get(), out.data(), out.size(), in.data(), in.size());
        if (ZSTD_isError(n) && ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall)
            throw OutputTooSmall("its zstd frame holds more than it should");
        if (ZSTD_isError(n)) throw Undecodable(std::string("its zstd frame: ") + ZSTD_getErrorName(n));
        return n;
    }
    std::size_t encode(InBytes in, OutBytes out) const override {
        thread_local std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> kept(ZSTD_createCCtx(), ZSTD_freeCCtx);
        if (kept == nullptr) throw std::bad_alloc();
        const std::size_t n = ZSTD_compressCCtx(kept.get(), out.data(), out.size(), in.data(), in.size(), level_);
        if (ZSTD_isError(n)) throw std::bad_alloc();  // the one reason: `out` holds what it may become
        return n;
    }

private:
    int level_;
};

}  // namespace

std::unique_ptr<Codec> make_lzf(const Filter& filter) { return std::make_unique<Lzf>(filter.parameters); }
std::unique_ptr<Codec> make_bzip2(const Filter&) { return std::make_unique<Bzip2>(); }
std::unique_ptr<Codec> make_blosc() { return std::make_unique<Blosc>(); }
std::unique_ptr<Codec> make_szip(const Filter& filter) {
    if (filter.parameters.size() < 4 || SZ_encoder_enabled() < 0) return nullptr;
    return std::make_unique<Szip>(filter.parameters);
}
std::unique_ptr<Codec> make_lz4(const Filter& filter) {
    return std::make_unique<Lz4>(filter.parameters.empty() ? 0 : filter.parameters[0]);
}
std::unique_ptr<Codec> make_zstd(const Filter& filter) {
    return std::make_unique<Zstd>(filter.parameters.empty() ? 3 : static_cast<int>(filter.parameters[0]));
}

}  // namespace heddle::io
