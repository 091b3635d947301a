#include "kernels/reduce_ref.hpp"

#include <cmath>
#include <complex>
#include <vector>

#include "kernels/elementwise.hpp"

namespace heddle::kernels {
namespace {

using Wide = std::complex<long double>;

bool is_nan(Wide x) { return std::isnan(x.real()) || std::isnan(x.imag()); }

// The values that count, and their places.
struct Kept {
    std::vector<Wide> values;
    std::vector<std::int64_t> places;
};

Kept keep(bool skip, DType input, const void* values, std::int64_t n) {
    std::vector<std::complex<double>> wide(static_cast<std::size_t>(n));
    find_cast(input, DType::complex128)->variants[0](values, nullptr, nullptr, wide.data(), n);
    Kept kept;
    for (std::int64_t i = 0; i < n; ++i) {
        const Wide x(wide[static_cast<std::size_t>(i)]);
        if (skip && is_nan(x)) continue;
        kept.values.push_back(x);
        kept.places.push_back(i);
    }
    return kept;
}

Wide sum_of(const std::vector<Wide>& values) {
    Wide sum = 0;
    for (Wide x : values) sum += x;
    return sum;
}

// The place of the first value that none beats; the first NaN beats all.
std::size_t best(const std::vector<Wide>& values, bool lowest) {
    std::size_t place = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (is_nan(values[i])) return i;
        const long double x = values[i].real(), y = values[place].real();
        if (lowest ? x < y : x > y) place = i;
    }
    return place;
}

Wide variance_of(const std::vector<Wide>& values, double ddof) {
    const auto n = static_cast<long double>(values.size());
    const Wide mean = sum_of(values) / n;
    long double squares = 0;
    for (Wide x : values) squares += std::norm(x - mean);
    return squares / (n - static_cast<long double>(ddof));
}

void write(Wide value, DType output, void* out) {
    const std::complex<double> narrow(static_cast<double>(value.real()), static_cast<double>(value.imag()));
    find_cast(DType::complex128, output)->variants[0](&narrow, nullptr, nullptr, out, 1);
}

// Sums and products of integers wrap.
bool integer_ref(Reduce reduce, DType input, const void* values, std::int64_t n, void* out) {
    const DType wide = is_unsigned(input) ? DType::uint64 : DType::int64;
    std::vector<std::uint64_t> x(static_cast<std::size_t>(n));
    find_cast(input, wide)->variants[0](values, nullptr, nullptr, x.data(), n);
    std::uint64_t result = reduce == Reduce::prod ? 1 : 0;
    for (std::uint64_t v : x) result = reduce == Reduce::prod ? result * v : result + v;
    *static_cast<std::uint64_t*>(out) = result;
    return true;
}

}  // namespace

bool reduce_ref(Reduce reduce, bool skip_nan, DType input, const void* values, std::int64_t n, double ddof, void* out) {
    const bool ordered = reduce >= Reduce::min && reduce <= Reduce::argmax;
    if (ordered && is_complex(input)) return false;
    if ((reduce == Reduce::sum || reduce == Reduce::prod) && (is_bool(input) || is_integer(input))) {
        return integer_ref(reduce, input, values, n, out);
    }
    const Kept kept = keep(skip_nan, input, values, n);
    const DType output = make_reducer(reduce, skip_nan, input).output;
    const auto& x = kept.values;
    if (x.empty() && reduce != Reduce::sum && reduce != Reduce::prod) return false;
    Wide result = 0, product = 1;
    std::int64_t truths = 0;
    for (Wide v : x) {
        product *= v;
        truths += v != Wide(0) ? 1 : 0;
    }
    const bool lowest = reduce == Reduce::min || reduce == Reduce::argmin;
    switch (reduce) {
        case Reduce::sum:
            result = sum_of(x);
            break;
        case Reduce::prod:
            result = product;
            break;
        case Reduce::mean:
            result = sum_of(x) / static_cast<long double>(x.size());
            break;
        case Reduce::var:
            result = variance_of(x, ddof);
            break;
        case Reduce::std:
            result = std::sqrt(variance_of(x, ddof).real());
            break;
        case Reduce::min:
        case Reduce::max:
            result = x[best(x, lowest)];
            break;
        case Reduce::argmin:
        case Reduce::argmax:
            result = static_cast<long double>(kept.places[best(x, lowest)]);
            break;
        case Reduce::any:
            result = truths > 0 ? 1 : 0;
            break;
        case Reduce::all:
            result = truths == static_cast<std::int64_t>(x.size()) ? 1 : 0;
            break;
        case Reduce::count:
            result = static_cast<long double>(truths);
            break;
    }
    write(result, output, out);
    return true;
}

}  // namespace heddle::kernels
