#include "kernels/non_finite.hpp"

namespace heddle::kernels {
namespace {

// By the bits, in counters as wide as the elements, so that the loop becomes SIMD; blocks keep them from overflowing.
template <class Bits, Bits kMagnitude, Bits kInfinity>
NonFinite count(const void* values, std::int64_t n) {
    constexpr std::int64_t kBlock = 16384;
    const auto* bits = static_cast<const Bits*>(values);
    NonFinite total;
    for (std::int64_t first = 0; first < n; first += kBlock) {
        const auto length = n - first < kBlock ? n - first : kBlock;
        Bits nan = 0, inf = 0;
        for (std::int64_t i = 0; i < length; ++i) {
            const auto magnitude = static_cast<Bits>(bits[first + i] & kMagnitude);
            nan = static_cast<Bits>(nan + (magnitude > kInfinity ? 1 : 0));
            inf = static_cast<Bits>(inf + (magnitude == kInfinity ? 1 : 0));
        }
        total.nan += static_cast<std::int64_t>(nan);
        total.inf += static_cast<std::int64_t>(inf);
    }
    return total;
}

constexpr auto count16 = count<std::uint16_t, 0x7fff, 0x7c00>;
constexpr auto count32 = count<std::uint32_t, 0x7fffffff, 0x7f800000>;
constexpr auto count64 = count<std::uint64_t, 0x7fffffffffffffff, 0x7ff0000000000000>;

}  // namespace

NonFinite count_non_finite(DType dtype, const void* values, std::int64_t n) {
    switch (dtype) {
        case DType::float16:
            return count16(values, n);
        case DType::float32:
            return count32(values, n);
        case DType::complex64:
            return count32(values, 2 * n);
        case DType::float64:
            return count64(values, n);
        case DType::complex128:
            return count64(values, 2 * n);
        default:
            return {};
    }
}

}  // namespace heddle::kernels
