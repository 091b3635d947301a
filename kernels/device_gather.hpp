#pragma once

#include <cstdint>

#include "kernels/cuda_kernels.hpp"
#include "kernels/gather.hpp"

// Elements by position. As in device_scan.hpp, what a thread does is a function of its number.
namespace heddle::kernels::device {

// Of many threads' values the least; its order does not show.
HEDDLE_FN void keep_least(std::uint64_t* at, std::uint64_t value) {
#if defined(__CUDA_ARCH__)
    atomicMin(reinterpret_cast<unsigned long long*>(at), static_cast<unsigned long long>(value));
#else
    for (std::uint64_t seen = __atomic_load_n(at, __ATOMIC_RELAXED); value < seen;)
        if (__atomic_compare_exchange_n(at, &seen, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) break;
#endif
}

struct SetNumber {
    std::uint64_t* at;
    std::uint64_t value;
    HEDDLE_FN void operator()(std::int64_t i) const { at[i] = value; }
};

struct alignas(16) SixteenBytes {
    std::uint64_t parts[2];
};

// One element of the result.
template <class T>
struct TakeElement {
    GpuTake take;
    const T* table;
    const std::int64_t* indices;
    T* out;
    std::uint64_t* outside;

    HEDDLE_FN void operator()(std::int64_t e) const {
        const std::int64_t inner = take.lines.inner, k = e % inner, row = e / inner, o = row / take.m;
        const std::int64_t place = take.along ? e : row % take.m;
        std::int64_t at = resolve_index(indices[place], take.lines.n, take.bounds);
        if (at < 0) {
            keep_least(outside, static_cast<std::uint64_t>(place));
            at = 0;
        }
        out[e] = table[(o * take.lines.n + at) * inner + k];
    }
};

template <class T, class Launch>
int take_elements(const Launch& launch, const GpuTake& take, const void* table, const std::int64_t* indices, void* out,
                  std::uint64_t* outside) {
    const TakeElement<T> element{take, static_cast<const T*>(table), indices, static_cast<T*>(out), outside};
    return launch(take.lines.outer * take.m * take.lines.inner, element);
}

template <class Launch>
int take(const Launch& launch, const GpuTake& take, const void* table, const std::int64_t* indices, void* out,
         std::uint64_t* outside) {
    if (outside != nullptr)
        if (const int error = launch(1, SetNumber{outside, kNoneOutside}); error != 0) return error;
    switch (take.width) {
        case 1:
            return take_elements<std::uint8_t>(launch, take, table, indices, out, outside);
        case 2:
            return take_elements<std::uint16_t>(launch, take, table, indices, out, outside);
        case 4:
            return take_elements<std::uint32_t>(launch, take, table, indices, out, outside);
        case 8:
            return take_elements<std::uint64_t>(launch, take, table, indices, out, outside);
        default:
            return take_elements<SixteenBytes>(launch, take, table, indices, out, outside);
    }
}

}  // namespace heddle::kernels::device
