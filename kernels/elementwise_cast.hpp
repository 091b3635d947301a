#pragma once

#include <cstring>

#include "kernels/elementwise_table.hpp"
#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace heddle::kernels {

template <class To, class From>
struct Cast {
    HEDDLE_FN static To of(From x) { return cast_value<To>(x); }
};

// As a byte of 0 or 1: a conversion from bool does not vectorise.
template <class To>
struct Cast<To, bool> {
    HEDDLE_FN static To of(std::uint8_t x) { return cast_value<To>(std::min(x, std::uint8_t{1})); }
};

#if defined(__F16C__)
template <Isa isa>
void half_to_float_f16c(const void* a, const void*, const void*, void* out, std::int64_t n) {
    const auto* from = static_cast<const Half*>(a);
    auto* to = static_cast<float*>(out);
    std::int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i))));
    }
    for (; i < n; ++i) to[i] = half_to_float(from[i]);
}
template <Isa isa>
void float_to_half_f16c(const void* a, const void*, const void*, void* out, std::int64_t n) {
    const auto* from = static_cast<const float*>(a);
    auto* to = static_cast<Half*>(out);
    std::int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
    }
    for (; i < n; ++i) to[i] = float_to_half(from[i]);
}
#endif

template <Isa isa, DType from, DType to>
constexpr KernelSet cast_kernels() {
    using From = std::conditional_t<from == DType::boolean, std::uint8_t, element_t<from>>;
    KernelSet set = kernel_set<isa, Cast<element_t<to>, element_t<from>>, Singles::none, From>();
#if defined(__F16C__)
    if constexpr (from == DType::float16 && to == DType::float32) set.variants[0] = half_to_float_f16c<isa>;
    if constexpr (from == DType::float32 && to == DType::float16) set.variants[0] = float_to_half_f16c<isa>;
#endif
    return set;
}

template <Isa isa, DType from, std::size_t... to>
constexpr std::array<KernelSet, kDTypeCount> cast_row(std::index_sequence<to...>) {
    return {cast_kernels<isa, from, static_cast<DType>(to)>()...};
}

template <Isa isa>
const KernelSet* find_cast_kernels(DType from, DType to) {
    using All = std::make_index_sequence<kDTypeCount>;
    static constexpr auto kSets = []<std::size_t... from_types>(std::index_sequence<from_types...>) {
        return std::array{cast_row<isa, static_cast<DType>(from_types)>(All{})...};
    }
    (All{});
    return &kSets[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

}  // namespace heddle::kernels
