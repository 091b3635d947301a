#include <algorithm>
#include <cstring>

#include "kernels/elementwise.hpp"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace heddle::kernels {

void stream_copy(const void* from, void* to, std::int64_t bytes) {
#if defined(__SSE2__)
    const auto* source = static_cast<const char*>(from);
    auto* target = static_cast<char*>(to);
    const std::int64_t head =
        std::min(bytes, static_cast<std::int64_t>(-reinterpret_cast<std::uintptr_t>(target) & 15u));
    std::memcpy(target, source, static_cast<std::size_t>(head));
    std::int64_t i = head;
    for (; i + 64 <= bytes; i += 64) {
        for (int part = 0; part < 64; part += 16) {
            const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + i + part));
            _mm_stream_si128(reinterpret_cast<__m128i*>(target + i + part), values);
        }
    }
    std::memcpy(target + i, source + i, static_cast<std::size_t>(bytes - i));
#else
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
#endif
}

void stream_fence() {
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

}  // namespace heddle::kernels
