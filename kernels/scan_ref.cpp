#include "kernels/scan_ref.hpp"

#include <algorithm>
#include <optional>

#include "kernels/elementwise_fn.hpp"
#include "kernels/elementwise_table.hpp"

namespace heddle::kernels {
namespace {

template <class To, class From>
To as(From x) {
    if constexpr (requires { x.re; }) {
        using Part = decltype(To::re);
        return {static_cast<Part>(x.re), static_cast<Part>(x.im)};
    } else {
        return static_cast<To>(x);
    }
}

template <class W>
W join(Scan scan, W a, W b) {
    if (scan == Scan::max) return fn::maximum(a, b);
    if (scan == Scan::min) return fn::minimum(a, b);
    if constexpr (!std::is_same_v<W, bool>) {
        if (scan == Scan::sum) return fn::add(a, b);
        if (scan == Scan::prod) return fn::multiply(a, b);
    }
    return a;
}

// W: the type in which the operation runs.
template <class T, class W>
bool line(Scan scan, const void* in, void* out, std::int64_t n) {
    const auto* x = static_cast<const T*>(in);
    auto* y = static_cast<T*>(out);
    std::optional<W> before;
    for (std::int64_t first = 0; first < n; first += kScanBlock) {
        std::optional<W> here;
        for (std::int64_t i = first; i < std::min(n, first + kScanBlock); ++i) {
            here = here ? join(scan, *here, as<W>(x[i])) : as<W>(x[i]);
            y[i] = as<T>(before ? join(scan, *before, *here) : *here);
        }
        before = before ? join(scan, *before, *here) : *here;
    }
    return true;
}

template <class T>
bool extreme(Scan scan, const void* in, void* out, std::int64_t n) {
    return (scan == Scan::max || scan == Scan::min) && line<T, T>(scan, in, out, n);
}

}  // namespace

bool scan_ref(Scan scan, DType dtype, const void* in, void* out, std::int64_t n) {
    const bool sums = scan == Scan::sum || scan == Scan::prod;
    switch (dtype) {
        case DType::boolean:
            return extreme<bool>(scan, in, out, n);
        case DType::int8:
            return extreme<std::int8_t>(scan, in, out, n);
        case DType::int16:
            return extreme<std::int16_t>(scan, in, out, n);
        case DType::int32:
            return extreme<std::int32_t>(scan, in, out, n);
        case DType::uint8:
            return extreme<std::uint8_t>(scan, in, out, n);
        case DType::uint16:
            return extreme<std::uint16_t>(scan, in, out, n);
        case DType::uint32:
            return extreme<std::uint32_t>(scan, in, out, n);
        case DType::int64:
            return line<std::int64_t, std::int64_t>(scan, in, out, n);
        case DType::uint64:
            return line<std::uint64_t, std::uint64_t>(scan, in, out, n);
        case DType::float32:
            return sums ? line<float, double>(scan, in, out, n) : line<float, float>(scan, in, out, n);
        case DType::float64:
            return line<double, double>(scan, in, out, n);
        case DType::complex64:
            return sums ? line<Complex<float>, Complex<double>>(scan, in, out, n)
                        : line<Complex<float>, Complex<float>>(scan, in, out, n);
        case DType::complex128:
            return line<Complex<double>, Complex<double>>(scan, in, out, n);
        default:
            return false;
    }
}

}  // namespace heddle::kernels
