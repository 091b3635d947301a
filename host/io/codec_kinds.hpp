#pragma once

// HDF5's own filters, and those registered with The HDF Group (https://github.com/HDFGroup/hdf5_plugins), by their ids.
// Each returns null for parameters that it does not handle.

#include <memory>

#include "host/io/codec.hpp"

namespace heddle::io {

std::unique_ptr<Codec> make_deflate(const Filter& filter);
std::unique_ptr<Codec> make_shuffle(const Filter& filter);
std::unique_ptr<Codec> make_fletcher32();
std::unique_ptr<Codec> make_szip(const Filter& filter);
std::unique_ptr<Codec> make_nbit(const Filter& filter);
std::unique_ptr<Codec> make_scale_offset(const Filter& filter);
std::unique_ptr<Codec> make_bzip2(const Filter& filter);
std::unique_ptr<Codec> make_lzf(const Filter& filter);
std::unique_ptr<Codec> make_blosc();
std::unique_ptr<Codec> make_lz4(const Filter& filter);
std::unique_ptr<Codec> make_bitshuffle(const Filter& filter);
std::unique_ptr<Codec> make_zstd(const Filter& filter);

// `in` cut at `n`. Undecodable: it is shorter.
inline InBytes take_front(InBytes& in, std::size_t n, const char* what) {
    if (in.size() < n) throw Undecodable(std::string("the ") + what + " ends early");
    const InBytes front = in.first(n);
    in = in.subspan(n);
    return front;
}
inline std::uint64_t take_big_endian(InBytes& in, std::size_t bytes, const char* what) {
    std::uint64_t value = 0;
    for (const std::byte b : take_front(in, bytes, what)) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return value;
}
inline std::uint64_t take_little_endian(InBytes& in, std::size_t bytes, const char* what) {
    std::uint64_t value = 0;
    const InBytes front = take_front(in, bytes, what);
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(front[i]);
    return value;
}
inline void put_big_endian(std::byte* to, std::size_t bytes, std::uint64_t value) {
    for (std::size_t i = bytes; i-- > 0; value >>= 8) to[i] = static_cast<std::byte>(value);
}

}  // namespace heddle::io
