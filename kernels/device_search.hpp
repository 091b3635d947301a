#pragma once

#include <concepts>
#include <cstdint>

#include "kernels/cuda_kernels.hpp"
#include "kernels/math.hpp"

// Binary search with the steps of search.cpp, so that what is not sorted gives the same numbers. As in device_scan.hpp,
// what a thread does is a function of its number.
namespace heddle::kernels::device {

template <class T>
struct SearchOne {
    const T* sorted;
    std::int64_t n;
    const T* values;
    std::int64_t* out;
    Side side;

    HEDDLE_FN void operator()(std::int64_t i) const {
        const T value = values[i];
        if constexpr (std::floating_point<T>) {
            // No comparison holds for NaN, which so comes behind all; for a value that is NaN there are two answers.
            if (math::isnan(value)) {
                out[i] = side == Side::left ? count([](T element) { return !math::isnan(element); }) : n;
                return;
            }
        }
        out[i] = side == Side::left ? count([=](T element) { return element < value; })
                                    : count([=](T element) { return element <= value; });
    }

private:
    template <class Precedes>
    HEDDLE_FN std::int64_t count(Precedes precedes) const {
        std::int64_t at = 0;
        for (std::int64_t length = n; length > 0;) {
            const std::int64_t half = (length + 1) / 2;
            at += precedes(sorted[at + half - 1]) ? half : 0;
            length -= half;
        }
        return at;
    }
};

// Types: the real ones of Search.
template <class Launch>
int search(const Launch& launch, DType dtype, Side side, const void* sorted, std::int64_t n, const void* values,
           std::int64_t count, std::int64_t* out) {
    const auto of = [&](auto zero) {
        using T = decltype(zero);
        return launch(count, SearchOne<T>{static_cast<const T*>(sorted), n, static_cast<const T*>(values), out, side});
    };
    switch (dtype) {
        case DType::int8:
            return of(std::int8_t{});
        case DType::int16:
            return of(std::int16_t{});
        case DType::int32:
            return of(std::int32_t{});
        case DType::int64:
            return of(std::int64_t{});
        case DType::uint8:
            return of(std::uint8_t{});
        case DType::uint16:
            return of(std::uint16_t{});
        case DType::uint32:
            return of(std::uint32_t{});
        case DType::uint64:
            return of(std::uint64_t{});
        case DType::float32:
            return of(float{});
        default:
            return of(double{});
    }
}

}  // namespace heddle::kernels::device
