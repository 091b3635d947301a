// What threads of a GPU do in scans and sorts, by loops, against the judges.

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/device_scan.hpp"
#include "kernels/device_sort.hpp"
#include "kernels/scan_ref.hpp"
#include "kernels/sort_ref.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

using Bytes = std::vector<std::byte>;
constexpr std::int64_t kSizes[] = {1, 31, 33, 255, 257, 4095, 4096, 4097, 12289};

struct Loop {
    template <class F>
    int operator()(std::int64_t n, const F& f) const {
        for (std::int64_t i = n; i-- > 0;) f(i);
        return 0;
    }
};

int scan_by_threads(Scan scan, DType dtype, const GpuLines& lines, const void* in, void* out) {
    std::vector<ScanState> scratch(static_cast<std::size_t>(gpu_scan_scratch(lines)) / sizeof(ScanState) + 1);
    const GpuScratch memory{scratch.data()->bytes, static_cast<std::int64_t>(scratch.size() * sizeof(ScanState))};
    if (scan == Scan::sum) return device::scan_sums<Scan::sum>(Loop{}, dtype, lines, in, out, memory);
    if (scan == Scan::prod) return device::scan_sums<Scan::prod>(Loop{}, dtype, lines, in, out, memory);
    if (scan == Scan::max) return device::scan_extremes<Scan::max>(Loop{}, dtype, lines, in, out, memory);
    return device::scan_extremes<Scan::min>(Loop{}, dtype, lines, in, out, memory);
}

// The first of `columns` lines side by side, after `skipped` elements, so that packs are not aligned.
void expect_judged(Scan scan, DType dtype, std::int64_t n, std::int64_t columns, std::int64_t skipped) {
    const std::size_t width = size_of(dtype), count = static_cast<std::size_t>(n),
                      step = static_cast<std::size_t>(columns);
    const Bytes in = test::mixed_bytes(dtype, static_cast<std::size_t>(skipped) + count * step, 11);
    const std::byte* from = in.data() + static_cast<std::size_t>(skipped) * width;
    Bytes out(in.size()), line(count * width), want(count * width), got(count * width);
    for (std::size_t i = 0; i < count; ++i) std::copy_n(from + i * step * width, width, &line[i * width]);
    if (!scan_ref(scan, dtype, line.data(), want.data(), n)) return;
    std::byte* to = out.data() + static_cast<std::size_t>(skipped) * width;
    ASSERT_EQ(scan_by_threads(scan, dtype, {1, n, columns}, from, to), 0);
    for (std::size_t i = 0; i < count; ++i) std::copy_n(to + i * step * width, width, &got[i * width]);
    test::with_type(dtype, [&](auto zero) {
        using T = decltype(zero);
        if constexpr (!std::is_same_v<T, Half>) {
            for (std::size_t i = 0; i < count; ++i) {
                T a, b;
                std::memcpy(&a, &got[i * width], width);
                std::memcpy(&b, &want[i * width], width);
                ASSERT_TRUE(test::same_value(a, b)) << name_of(dtype) << " " << n << " x " << columns << " at " << i;
            }
        }
    });
}

TEST(DeviceScan, HasTheJudgesBits) {
    for (const Scan scan : {Scan::sum, Scan::prod, Scan::max, Scan::min}) {
        for (std::size_t t = 0; t < kDTypeCount; ++t) {
            const auto dtype = static_cast<DType>(t);
            const bool sums = scan == Scan::sum || scan == Scan::prod;
            if (dtype == DType::float16 || (sums && !is_float(dtype) && !is_complex(dtype) && size_of(dtype) < 8))
                continue;
            for (const std::int64_t n : kSizes) {
                expect_judged(scan, dtype, n, 1, 0);
                expect_judged(scan, dtype, n, 1, 1);
                if (n < 5000) expect_judged(scan, dtype, n, 3, 0);
            }
        }
    }
}

// In place of CUB: stable, and in the other one of both places.
struct StandIn {
    template <class F>
    int launch(std::int64_t n, const F& f) const {
        return Loop{}(n, f);
    }
    template <class Key>
    int keys(Key*& a, Key* b, std::int64_t n, int, const GpuScratch&) const {
        std::copy_n(a, n, b);
        std::sort(b, b + n);
        a = b;
        return 0;
    }
    template <class Key>
    int pairs(Key*& a, Key* b, std::uint32_t*& i, std::uint32_t* j, std::int64_t n, int, const GpuScratch&) const {
        std::vector<std::int64_t> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), std::int64_t{0});
        std::stable_sort(order.begin(), order.end(), [a](auto x, auto y) { return a[x] < a[y]; });
        for (std::int64_t k = 0; k < n; ++k) {
            b[k] = a[order[static_cast<std::size_t>(k)]];
            j[k] = i[order[static_cast<std::size_t>(k)]];
        }
        a = b;
        i = j;
        return 0;
    }
};

TEST(DeviceSort, HasTheJudgesOrder) {
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        if (is_complex(dtype)) continue;
        for (const std::int64_t n : kSizes) {
            const Bytes in = test::mixed_bytes(dtype, static_cast<std::size_t>(n), 12);
            std::vector<std::int64_t> want(static_cast<std::size_t>(n)), got(static_cast<std::size_t>(n));
            argsort_ref(dtype, in.data(), want.data(), n);
            const GpuLines lines{1, n, 1};
            std::vector<std::max_align_t> scratch(
                static_cast<std::size_t>(gpu_sort_scratch(dtype, true, lines)) / sizeof(std::max_align_t) + 1);
            const GpuScratch memory{reinterpret_cast<std::byte*>(scratch.data()),
                                    static_cast<std::int64_t>(scratch.size() * sizeof(std::max_align_t))};
            ASSERT_EQ(device::sort_lines(StandIn{}, dtype, true, lines, in.data(), got.data(), memory), 0);
            ASSERT_EQ(got, want) << name_of(dtype) << " " << n;
        }
    }
}

}  // namespace
}  // namespace heddle::kernels
