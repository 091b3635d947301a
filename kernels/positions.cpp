#include "kernels/positions.hpp"

#include <bit>
#include <cstring>

namespace heddle::kernels {
namespace {

static_assert(std::endian::native == std::endian::little);

// Eight booleans, the first one lowest.
std::uint64_t load_eight(const bool* mask) {
    std::uint64_t word;
    std::memcpy(&word, mask, sizeof word);
    return word;
}

}  // namespace

std::int64_t count_true(const bool* mask, std::int64_t n) {
    std::int64_t count = 0, i = 0;
    constexpr std::uint64_t kOnes = 0x0101010101010101;  // the product's highest byte is the sum of all
    for (; i + 8 <= n; i += 8) count += static_cast<std::int64_t>(load_eight(mask + i) * kOnes >> 56);
    for (; i < n; ++i) count += mask[i] ? 1 : 0;
    return count;
}

void true_positions(const bool* mask, std::int64_t n, std::int64_t first, std::int64_t* out) {
    std::int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (std::uint64_t word = load_eight(mask + i); word != 0; word &= word - 1)
            *out++ = first + i + std::countr_zero(word) / 8;
    for (; i < n; ++i)
        if (mask[i]) *out++ = first + i;
}

}  // namespace heddle::kernels
