#pragma once

#include <cstdint>

#include "kernels/fn.hpp"

// What a radix sort compares in place of elements: written once for host and device.
namespace heddle::kernels::radix {

enum class Zeros { ordered, equal };

template <class Key>
inline constexpr Key kSign = static_cast<Key>(Key{1} << (sizeof(Key) * 8 - 1));

// Bits to unsigned keys of the same order, and back; `flip` is kSign for signed integers, 0 for unsigned ones.
template <class K>
struct IntegerCode {
    using Key = K;
    template <Zeros>
    HEDDLE_FN static Key encode(Key bits, Key flip) {
        return bits ^ flip;
    }
    HEDDLE_FN static Key decode(Key key, Key flip) { return key ^ flip; }
};

// M. Herf, "Radix Tricks", 2001: negative numbers' bits are inverted, the others get the sign bit.
template <class K>
struct FloatCode {
    using Key = K;
    static constexpr int kMantissa = sizeof(K) == 2 ? 10 : sizeof(K) == 4 ? 23 : 52;
    static constexpr Key kSize = static_cast<Key>(~kSign<Key>);
    static constexpr Key kInfinity = static_cast<Key>(kSize >> kMantissa << kMantissa);
    static constexpr Key kNan = static_cast<Key>(kInfinity | (Key{1} << (kMantissa - 1)));

    // The highest bit everywhere; a branch on a sign is mispredicted.
    HEDDLE_FN static Key spread(Key bits) {
        return static_cast<Key>(-static_cast<std::int64_t>(bits >> (sizeof(Key) * 8 - 1)));
    }

    template <Zeros kZeros>
    HEDDLE_FN static Key encode(Key bits, Key) {
        const Key size = bits & kSize;
        if (kZeros == Zeros::equal) bits = size == 0 ? Key{0} : bits;
        bits = size > kInfinity ? kNan : bits;
        return static_cast<Key>(bits ^ (spread(bits) | kSign<Key>));
    }
    HEDDLE_FN static Key decode(Key key, Key) {
        return static_cast<Key>(key ^ (spread(static_cast<Key>(~key)) | kSign<Key>));
    }
};

}  // namespace heddle::kernels::radix
