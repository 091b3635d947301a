#include <isa-l.h>
#include <libdeflate.h>

#include <array>

#include "host/io/codec_kinds.hpp"

// Decoding by libdeflate. Encoding: level 1 by ISA-L, which is three times as fast there; 2 to 9 by libdeflate.
namespace heddle::io {
namespace {

constexpr int kFastLevel = 1;

struct Free {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};

// One for each thread: they keep tables of 30 KiB to 1 MiB.
libdeflate_decompressor* decompressor() {
    thread_local std::unique_ptr<libdeflate_decompressor, Free> kept(libdeflate_alloc_decompressor());
    if (kept == nullptr) throw std::bad_alloc();
    return kept.get();
}
libdeflate_compressor* compressor(int level) {
    thread_local std::array<std::unique_ptr<libdeflate_compressor, Free>, 10> kept;
    auto& entry = kept[static_cast<std::size_t>(level)];
    if (entry == nullptr) entry.reset(libdeflate_alloc_compressor(level));
    if (entry == nullptr) throw std::bad_alloc();
    return entry.get();
}

std::size_t encode_fast(InBytes in, OutBytes out) {
    thread_local std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> tables;
    isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.level = 1;
    stream.level_buf = tables.data();
    stream.level_buf_size = static_cast<std::uint32_t>(tables.size());
    stream.gzip_flag = IGZIP_ZLIB;
    stream.end_of_stream = 1;
    stream.flush = NO_FLUSH;
    stream.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(in.data()));
    stream.avail_in = static_cast<std::uint32_t>(in.size());
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream.avail_out = static_cast<std::uint32_t>(std::min<std::size_t>(out.size(), UINT32_MAX));
    return isal_deflate_stateless(&stream) == COMP_OK ? stream.total_out : 0;
}

class Deflate final : public Codec {
public:
    explicit Deflate(int level) : level_(level) {}

    std::size_t most_encoded(std::size_t n) const override {
        return std::max(libdeflate_zlib_compress_bound(nullptr, n), n + n / 1000 + 1024);
    }

    std::size_t decode(InBytes in, OutBytes out) const override {
        std::size_t made = 0, read = 0;
        switch (
            libdeflate_zlib_decompress_ex(decompressor(), in.data(), in.size(), out.data(), out.size(), &read, &made)) {
            case LIBDEFLATE_SUCCESS:
                return made;
            case LIBDEFLATE_INSUFFICIENT_SPACE:
                throw Undecodable("its deflate stream holds more than " + std::to_string(out.size()) + " bytes");
            default:
                throw Undecodable("its deflate stream is damaged");
        }
    }

    std::size_t encode(InBytes in, OutBytes out) const override {
        if (level_ == kFastLevel && in.size() < UINT32_MAX) return encode_fast(in, out);
        return libdeflate_zlib_compress(compressor(level_), in.data(), in.size(), out.data(), out.size());
    }

private:
    int level_;
};

}  // namespace

std::unique_ptr<Codec> make_deflate(const Filter& filter) {
    const unsigned level = filter.parameters.empty() ? 6 : filter.parameters[0];
    return level > 9 ? nullptr : std::make_unique<Deflate>(static_cast<int>(level));
}

}  // namespace heddle::io
