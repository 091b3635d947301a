#include "kernels/scan.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "kernels/elementwise_fn.hpp"
#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {
namespace {

// The type in which an operation runs.
template <Scan scan, class T>
struct Wide {
    using type = T;
};
template <>
struct Wide<Scan::sum, float> {
    using type = double;
};
template <>
struct Wide<Scan::prod, float> {
    using type = double;
};
template <>
struct Wide<Scan::sum, Complex<float>> {
    using type = Complex<double>;
};
template <>
struct Wide<Scan::prod, Complex<float>> {
    using type = Complex<double>;
};

template <class W, class T>
W widen(T x) {
    if constexpr (std::is_same_v<W, T>)
        return x;
    else if constexpr (std::is_same_v<T, Complex<float>>)
        return {static_cast<double>(x.re), static_cast<double>(x.im)};
    else
        return static_cast<W>(x);
}
template <class T, class W>
T narrow(W x) {
    if constexpr (std::is_same_v<W, T>)
        return x;
    else if constexpr (std::is_same_v<T, Complex<float>>)
        return {static_cast<float>(x.re), static_cast<float>(x.im)};
    else
        return static_cast<T>(x);
}

// Stands for no value yet: 1 + 0j times an infinity has a NaN. Arithmetic gives no signalling NaN.
constexpr std::uint64_t kNothing = 0x7ff0'4865'6464'6c65;
inline bool is_nothing(Complex<double> x) {
    return std::bit_cast<std::uint64_t>(x.re) == kNothing && std::bit_cast<std::uint64_t>(x.im) == kNothing;
}

template <Scan scan, class W>
W join(W a, W b) {
    if constexpr (scan == Scan::prod && std::is_same_v<W, Complex<double>>)
        if (is_nothing(a)) return b;
    if constexpr (scan == Scan::sum) return fn::add(a, b);
    if constexpr (scan == Scan::prod) return fn::multiply(a, b);
    if constexpr (scan == Scan::max) return fn::maximum(a, b);
    if constexpr (scan == Scan::min) return fn::minimum(a, b);
}

// join(identity, x) is x, to the sign of a zero.
template <Scan scan, class W>
W identity() {
    if constexpr (requires(W w) { w.re; }) {
        using T = decltype(W::re);
        const T part = scan == Scan::prod ? static_cast<T>(std::bit_cast<double>(kNothing)) : identity<scan, T>();
        return W{part, part};
    } else if constexpr (scan == Scan::sum) {
        return std::is_floating_point_v<W> ? -W(0) : W(0);
    } else if constexpr (scan == Scan::prod) {
        return W(1);
    } else if constexpr (std::is_floating_point_v<W>) {
        return scan == Scan::max ? -std::numeric_limits<W>::infinity() : std::numeric_limits<W>::infinity();
    } else {
        return scan == Scan::max ? std::numeric_limits<W>::min() : std::numeric_limits<W>::max();
    }
}

template <class W>
W load_state(const ScanState& state) {
    W value;
    std::memcpy(&value, state.bytes, sizeof value);
    return value;
}
template <class W>
void store_state(ScanState& state, W value) {
    std::memcpy(state.bytes, &value, sizeof value);
}

template <Scan scan, class T>
struct Loops {
    using W = typename Wide<scan, T>::type;

    static void total(const void* in, std::int64_t n, std::int64_t stride, ScanState& total) {
        const auto* x = static_cast<const T*>(in);
        W sum = identity<scan, W>();
        for (std::int64_t i = 0; i < n; ++i) sum = join<scan>(sum, widen<W>(x[i * stride]));
        store_state(total, sum);
    }

    static void starts(std::span<ScanState> totals) {
        W before = identity<scan, W>();
        for (ScanState& state : totals) {
            const W total = load_state<W>(state);
            store_state(state, before);
            before = join<scan>(before, total);
        }
    }

    static void run(const void* in, void* out, std::int64_t n, std::int64_t stride, std::int64_t columns,
                    ScanState* starts) {
        constexpr std::int64_t kColumns = 64;
        for (std::int64_t first = 0; first < columns; first += kColumns) {
            const std::int64_t some = std::min(kColumns, columns - first);
            const auto* x = static_cast<const T*>(in) + first;
            auto* y = static_cast<T*>(out) + first;
            if (some == 1)
                run_columns<1>(x, y, n, stride, 1, starts + first, nullptr);
            else
                run_columns<kColumns>(x, y, n, stride, some, starts + first, nullptr);
        }
    }

    static void resume(const void* in, void* out, std::int64_t n, std::int64_t stride, std::int64_t columns,
                       std::int64_t position, ScanState* starts, ScanState* locals) {
        constexpr std::int64_t kColumns = 64;
        for (std::int64_t first = 0; first < columns; first += kColumns) {
            const std::int64_t some = std::min(kColumns, columns - first);
            for (std::int64_t i = 0, length = 0; i < n; i += length) {
                const std::int64_t at = (position + i) % kScanBlock;
                length = std::min(kScanBlock - at, n - i);
                const auto* x = static_cast<const T*>(in) + i * stride + first;
                auto* y = static_cast<T*>(out) + i * stride + first;
                if (some == 1)
                    run_columns<1>(x, y, length, stride, 1, starts + first, locals + first);
                else
                    run_columns<kColumns>(x, y, length, stride, some, starts + first, locals + first);
                if (at + length < kScanBlock) continue;
                for (std::int64_t k = first; k < first + some; ++k) {
                    store_state(starts[k], join<scan>(load_state<W>(starts[k]), load_state<W>(locals[k])));
                    store_state(locals[k], identity<scan, W>());
                }
            }
        }
    }

private:
    // With `locals` a part of a block, which goes on from there.
    template <std::int64_t most>
    static void run_columns(const T* x, T* y, std::int64_t n, std::int64_t stride, std::int64_t columns,
                            ScanState* states, ScanState* locals) {
        W start[most], local[most];
        for (std::int64_t k = 0; k < columns; ++k) {
            start[k] = load_state<W>(states[k]);
            local[k] = locals ? load_state<W>(locals[k]) : identity<scan, W>();
        }
        for (std::int64_t i = 0; i < n; ++i) {
            const T* row = x + i * stride;
            T* result = y + i * stride;
            for (std::int64_t k = 0; k < columns; ++k) {
                local[k] = join<scan>(local[k], widen<W>(row[k]));
                result[k] = narrow<T>(join<scan>(start[k], local[k]));
            }
        }
        for (std::int64_t k = 0; k < columns; ++k)
            if (locals)
                store_state(locals[k], local[k]);
            else
                store_state(states[k], join<scan>(start[k], local[k]));
    }
};

template <Scan scan, DType t>
const Scanner* scanner() {
    using T = element_t<t>;
    static const Scanner made = [] {
        Scanner s{Loops<scan, T>::total, Loops<scan, T>::starts, Loops<scan, T>::run, Loops<scan, T>::resume, {}};
        store_state(s.identity, identity<scan, typename Wide<scan, T>::type>());
        return s;
    }();
    return &made;
}

template <Scan scan>
const Scanner* find_sums(DType dtype) {
    switch (dtype) {
        case DType::int64:
            return scanner<scan, DType::int64>();
        case DType::uint64:
            return scanner<scan, DType::uint64>();
        case DType::float32:
            return scanner<scan, DType::float32>();
        case DType::float64:
            return scanner<scan, DType::float64>();
        case DType::complex64:
            return scanner<scan, DType::complex64>();
        case DType::complex128:
            return scanner<scan, DType::complex128>();
        default:
            return nullptr;
    }
}

template <Scan scan>
const Scanner* find_extremes(DType dtype) {
    switch (dtype) {
        case DType::boolean:
            return scanner<scan, DType::boolean>();
        case DType::int8:
            return scanner<scan, DType::int8>();
        case DType::int16:
            return scanner<scan, DType::int16>();
        case DType::int32:
            return scanner<scan, DType::int32>();
        case DType::uint8:
            return scanner<scan, DType::uint8>();
        case DType::uint16:
            return scanner<scan, DType::uint16>();
        case DType::uint32:
            return scanner<scan, DType::uint32>();
        default:
            return find_sums<scan>(dtype);
    }
}

}  // namespace

const Scanner* find_scanner(Scan scan, DType dtype) {
    switch (scan) {
        case Scan::sum:
            return find_sums<Scan::sum>(dtype);
        case Scan::prod:
            return find_sums<Scan::prod>(dtype);
        case Scan::max:
            return find_extremes<Scan::max>(dtype);
        default:
            return find_extremes<Scan::min>(dtype);
    }
}

}  // namespace heddle::kernels
