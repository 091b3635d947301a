#include "kernels/scan.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/elementwise_table.hpp"
#include "kernels/scan_step.hpp"

namespace heddle::kernels {
namespace {

using scan::identity;
using scan::join;
using scan::narrow;
using scan::Wide;
using scan::widen;

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
