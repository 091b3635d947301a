#pragma once

#include <cstdint>

namespace heddle {

// IEEE 754 binary16, for storage: arithmetic widens it to float32 first.
struct Half {
    std::uint16_t bits = 0;
    friend bool operator==(Half, Half) = default;
};

}  // namespace heddle
