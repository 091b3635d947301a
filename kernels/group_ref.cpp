#include "kernels/group_ref.hpp"

#include <limits>
#include <optional>
#include <vector>

#include "kernels/elementwise.hpp"
#include "kernels/elementwise_fn.hpp"

namespace heddle::kernels {
namespace {

// What the values of one group in one run, or several, come to.
template <class W>
struct Part {
    std::optional<W> sum, lowest, highest;
    std::int64_t count = 0;

    void join(const Part& right) {
        if (right.count == 0) return;
        sum = sum ? fn::add(*sum, *right.sum) : *right.sum;
        lowest = lowest ? fn::minimum(*lowest, *right.lowest) : *right.lowest;
        highest = highest ? fn::maximum(*highest, *right.highest) : *right.highest;
        count += right.count;
    }
};

// The parts of runs [first, last), where `last - first` is a power of two; runs from `end` on do not exist.
template <class W>
Part<W> tree(const std::vector<Part<W>>& parts, std::size_t first, std::size_t last, std::size_t end) {
    if (first >= end) return {};
    if (last - first == 1) return parts[first];
    const std::size_t middle = first + (last - first) / 2;
    Part<W> all = tree(parts, first, middle, end);
    all.join(tree(parts, middle, last, end));
    return all;
}

template <class W>
W divided(W x, double n) {
    if constexpr (requires { x.re; }) {
        return {x.re / n, x.im / n};
    } else {
        return static_cast<W>(static_cast<double>(x) / n);
    }
}

template <class W>
W nan() {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if constexpr (requires(W w) { w.re; }) {
        return {kNan, kNan};
    } else {
        return static_cast<W>(std::is_floating_point_v<W> ? kNan : 0.0);
    }
}

void store(DType wide, DType output, const void* from, std::int64_t i, void* out) {
    find_cast(wide, output)
        ->variants[0](from, nullptr, nullptr,
                      static_cast<std::byte*>(out) + i * static_cast<std::int64_t>(size_of(output)), 1);
}

template <class W>
bool judge(Group group, DType wide, const Grouper& like, DType input, const void* values, const std::int64_t* places,
           std::int64_t n, std::int64_t groups, std::int64_t runs, void* out) {
    std::vector<W> x(static_cast<std::size_t>(n));
    find_cast(input, wide)->variants[0](values, nullptr, nullptr, x.data(), n);
    std::size_t all = 1;
    while (all < static_cast<std::size_t>(runs)) all *= 2;
    std::vector<std::vector<Part<W>>> parts(static_cast<std::size_t>(groups));
    for (auto& part : parts) part.resize(static_cast<std::size_t>(runs));
    for (std::int64_t r = 0; r < runs; ++r)
        for (std::int64_t i = n * r / runs; i < n * (r + 1) / runs; ++i) {
            const W value = x[static_cast<std::size_t>(i)];
            parts[static_cast<std::size_t>(places[i])][static_cast<std::size_t>(r)].join(
                {fn::add(W{}, value), value, value, 1});
        }
    for (std::int64_t g = 0; g < groups; ++g) {
        const Part<W> part = tree(parts[static_cast<std::size_t>(g)], 0, all, static_cast<std::size_t>(runs));
        const bool empty = part.count == 0, extreme = group == Group::min || group == Group::max;
        if (group == Group::count) {
            store(DType::int64, DType::int64, &part.count, g, out);
            continue;
        }
        if (empty && extreme && !is_float(input) && !is_complex(input)) return false;
        W result = empty ? (group == Group::sum ? W{} : nan<W>()) : *part.sum;
        if (!empty && group == Group::mean) result = divided(*part.sum, static_cast<double>(part.count));
        if (!empty && group == Group::min) result = *part.lowest;
        if (!empty && group == Group::max) result = *part.highest;
        store(wide, like.output, &result, g, out);
    }
    return true;
}

}  // namespace

bool group_ref(Group group, DType input, const void* values, const std::int64_t* places, std::int64_t n,
               std::int64_t groups, std::int64_t runs, void* out) {
    const Grouper like = make_grouper(group, input);
    const auto by = [&](auto zero, DType wide) {
        return judge<decltype(zero)>(group, wide, like, input, values, places, n, groups, runs, out);
    };
    if (is_complex(input)) return by(Complex<double>{}, DType::complex128);
    if (is_float(input) || group == Group::mean) return by(double{}, DType::float64);
    return is_unsigned(input) ? by(std::uint64_t{}, DType::uint64) : by(std::int64_t{}, DType::int64);
}

}  // namespace heddle::kernels
