#pragma once

#include <cstdint>
#include <span>

#include "heddle/dtype.hpp"

namespace heddle::kernels {

// Finding elements by their position in sorted order without sorting: the keys of radix sort are counted by their
// leading bits, then those that begin like the element's by the bits that follow, until all are known.
struct Select {
    int key_bits;
    // For each prefix (a key's bits above `shift + bits`) that n values' keys begin with, adds to its table of 2^bits
    // counts, by the `bits` bits above `shift`. Prefixes differ from each other.
    void (*count)(const void* values, std::int64_t n, int shift, int bits, std::span<const std::uint64_t> prefixes,
                  std::int64_t* const* tables);
    // The element that has this key, as sort_line gives it.
    void (*value)(std::uint64_t key, void* out);
};
// Null for complex numbers.
const Select* find_select(DType dtype);

}  // namespace heddle::kernels
