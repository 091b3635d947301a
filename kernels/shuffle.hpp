#pragma once

#include <cstddef>
#include <cstdint>

namespace heddle::kernels {

// HDF5's shuffle filter: byte k of each of `count` elements of `width` bytes lies in plane k. `out` must not overlap
// `in`. One thread.
void shuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t width);
void unshuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t width);

// Bitshuffle (Masui et al. 2015, doi:10.1016/j.ascom.2015.07.002): bit k of each of `count` elements, a multiple of 8,
// lies in plane k. One thread.
void bit_unshuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t width);

// Fletcher's checksum as HDF5 computes it, over 16-bit words (Fletcher 1982, doi:10.1109/TCOM.1982.1095369).
std::uint32_t fletcher32(const std::byte* in, std::size_t bytes);

}  // namespace heddle::kernels
