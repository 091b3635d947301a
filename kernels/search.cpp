#include "kernels/search.hpp"

#include <algorithm>
#include <array>
#include <complex>
#include <concepts>
#include <limits>

#include "kernels/order.hpp"

namespace heddle::kernels {
namespace {

constexpr std::int64_t kTogether = 16;  // searches in flight: enough to hide a miss of the caches

// The number of elements for which precedes(element, value) holds, for kCount values; all take the same steps.
template <std::int64_t kCount, class T, class Precedes>
void find_together(const T* sorted, std::int64_t n, const T* values, std::int64_t* out, Precedes precedes) {
    std::int64_t at[kCount] = {};
    for (std::int64_t length = n; length > 0;) {
        const std::int64_t half = (length + 1) / 2;
        for (std::int64_t i = 0; i < kCount; ++i)
            at[i] += -static_cast<std::int64_t>(precedes(sorted[at[i] + half - 1], values[i])) & half;
        length -= half;
    }
    std::copy_n(at, kCount, out);
}

template <class T, class Precedes>
void find_all(const T* sorted, std::int64_t n, const T* values, std::int64_t count, std::int64_t* out,
              Precedes precedes) {
    std::int64_t i = 0;
    for (; i + kTogether <= count; i += kTogether) find_together<kTogether>(sorted, n, values + i, out + i, precedes);
    for (; i < count; ++i) find_together<1>(sorted, n, values + i, out + i, precedes);
}

template <class T>
void find(const void* elements, std::int64_t n, const void* wanted, std::int64_t count, Side side, std::int64_t* out) {
    const auto *sorted = static_cast<const T*>(elements), *values = static_cast<const T*>(wanted);
    if constexpr (std::floating_point<T>) {
        // No comparison holds for NaN, which so comes behind all; for values that are NaN there are two answers.
        if (side == Side::left)
            find_all(sorted, n, values, count, out, [](T element, T value) { return element < value; });
        else
            find_all(sorted, n, values, count, out, [](T element, T value) { return element <= value; });
        const T nan = std::numeric_limits<T>::quiet_NaN();
        std::int64_t of_nan = n;
        if (side == Side::left)
            find_together<1>(sorted, n, &nan, &of_nan, [](T element, T) { return !math::isnan(element); });
        for (std::int64_t i = 0; i < count; ++i) out[i] = math::isnan(values[i]) ? of_nan : out[i];
    } else if (side == Side::left) {
        find_all(sorted, n, values, count, out, [](T element, T value) { return before(element, value); });
    } else {
        find_all(sorted, n, values, count, out, [](T element, T value) { return !before(value, element); });
    }
}

template <class T>
int direction(const void* elements, std::int64_t n) {
    const auto* values = static_cast<const T*>(elements);
    std::int64_t i = 1;
    while (i < n && values[i] == values[0]) ++i;
    if (i >= n) return 1;
    const bool rises = values[i - 1] < values[i];
    for (++i; i < n; ++i)
        if (rises ? values[i - 1] > values[i] : values[i - 1] < values[i]) return 0;
    return rises ? 1 : -1;
}

template <class T>
constexpr Search search_of() {
    if constexpr (std::integral<T> || std::floating_point<T>) {
        return {find<T>, direction<T>};
    } else {
        return {find<T>, nullptr};
    }
}

constexpr std::array<Search, kDTypeCount> kSearches{Search{},
                                                    search_of<std::int8_t>(),
                                                    search_of<std::int16_t>(),
                                                    search_of<std::int32_t>(),
                                                    search_of<std::int64_t>(),
                                                    search_of<std::uint8_t>(),
                                                    search_of<std::uint16_t>(),
                                                    search_of<std::uint32_t>(),
                                                    search_of<std::uint64_t>(),
                                                    Search{},
                                                    search_of<float>(),
                                                    search_of<double>(),
                                                    search_of<std::complex<float>>(),
                                                    search_of<std::complex<double>>()};

}  // namespace

const Search* find_search(DType dtype) {
    const Search& search = kSearches[static_cast<std::size_t>(dtype)];
    return search.find == nullptr ? nullptr : &search;
}

}  // namespace heddle::kernels
