#pragma once

#include <bit>
#include <cstdint>

#include "heddle/half.hpp"
#include "kernels/fn.hpp"

// IEEE 754 binary16, rounding half to even; NaN keeps its sign and upper payload and becomes quiet, as the F16C
// instructions do.
namespace heddle::kernels {

HEDDLE_FN float half_to_float(Half h) {
    const std::uint32_t sign = static_cast<std::uint32_t>(h.bits & 0x8000u) << 16;
    const std::uint32_t magnitude = h.bits & 0x7fffu;
    if (magnitude >= 0x7c00u) {
        const std::uint32_t quiet = magnitude > 0x7c00u ? 0x400000u : 0u;
        return std::bit_cast<float>(sign | 0x7f800000u | ((magnitude & 0x3ffu) << 13) | quiet);
    }
    // Exponent and mantissa land 112 binades too low; the product puts them right, subnormal ones too, exactly.
    const float scaled = std::bit_cast<float>(magnitude << 13) * std::bit_cast<float>(0x77800000u);
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | sign);
}

// From the bits of a binary float of `Mantissa` stored bits and exponent bias `Bias`, rounded once.
template <class Bits, int kMantissa, int kBias>
HEDDLE_FN Half bits_to_half(Bits bits) {
    constexpr int kWidth = static_cast<int>(sizeof(Bits)) * 8;
    const auto sign = static_cast<std::uint16_t>((bits >> (kWidth - 16)) & 0x8000u);
    const Bits magnitude = bits & (static_cast<Bits>(-1) >> 1);
    constexpr Bits kInfinity = static_cast<Bits>(2 * kBias + 1) << kMantissa;
    constexpr int kDrop = kMantissa - 10;
    if (magnitude > kInfinity) {
        const Bits payload = (magnitude >> kDrop) & 0x3ffu;
        return Half{static_cast<std::uint16_t>(sign | 0x7e00u | payload)};
    }
    const int exponent = static_cast<int>(magnitude >> kMantissa) - kBias + 15;
    if (exponent >= 31) return Half{static_cast<std::uint16_t>(sign | 0x7c00u)};
    if (exponent < -10) return Half{sign};
    const Bits mantissa = magnitude & ((Bits{1} << kMantissa) - 1);
    // A result below the normal range keeps its leading one and loses more bits.
    const bool subnormal = exponent <= 0;
    const int drop = subnormal ? kDrop + 1 - exponent : kDrop;
    const Bits kept =
        subnormal ? (mantissa | (Bits{1} << kMantissa)) : ((static_cast<Bits>(exponent) << kMantissa) | mantissa);
    const Bits rest = kept & ((Bits{1} << drop) - 1), half = Bits{1} << (drop - 1);
    Bits rounded = kept >> drop;
    if (rest > half || (rest == half && (rounded & 1u) != 0)) ++rounded;
    return Half{static_cast<std::uint16_t>(sign | rounded)};
}

HEDDLE_FN Half float_to_half(float x) { return bits_to_half<std::uint32_t, 23, 127>(std::bit_cast<std::uint32_t>(x)); }
HEDDLE_FN Half double_to_half(double x) {
    return bits_to_half<std::uint64_t, 52, 1023>(std::bit_cast<std::uint64_t>(x));
}

}  // namespace heddle::kernels
