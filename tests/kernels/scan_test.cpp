#include "kernels/scan.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kernels/scan_ref.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

using test::mixed_bytes;
using test::same_value;
using test::with_type;

constexpr Scan kScans[] = {Scan::sum, Scan::prod, Scan::max, Scan::min};

void expect_same(DType dtype, const std::vector<std::byte>& got, const std::vector<std::byte>& want, std::size_t n,
                 const char* what) {
    with_type(dtype, [&](auto zero) {
        using T = decltype(zero);
        for (std::size_t i = 0; i < n; ++i) {
            T x, y;
            std::memcpy(&x, &got[i * sizeof(T)], sizeof(T));
            std::memcpy(&y, &want[i * sizeof(T)], sizeof(T));
            if (!same_value(x, y)) {
                ADD_FAILURE() << heddle::name_of(dtype) << ", " << what << ", differs at " << i << " of " << n;
                return;
            }
        }
    });
}

template <class F>
void for_each_scanner(F&& f) {
    int found = 0;
    for (Scan scan : kScans) {
        for (std::size_t t = 0; t < kDTypeCount; ++t) {
            const auto dtype = static_cast<DType>(t);
            if (const Scanner* scanner = find_scanner(scan, dtype)) f(scan, dtype, *scanner), ++found;
        }
    }
    EXPECT_EQ(found, 2 * 6 + 2 * 13);
}

TEST(Scan, OfALineAgreesWithTheSerialJudge) {
    for_each_scanner([](Scan scan, DType dtype, const Scanner& scanner) {
        const std::size_t width = size_of(dtype);
        for (std::int64_t n : {1, 2, 4095, 4096, 4097, 12289}) {
            const auto in = mixed_bytes(dtype, static_cast<std::size_t>(n), 3);
            std::vector<std::byte> got(in.size()), want(in.size()), parts(in.size());
            ASSERT_TRUE(scan_ref(scan, dtype, in.data(), want.data(), n));
            ScanState state = scanner.identity;
            std::vector<ScanState> starts;
            for (std::int64_t first = 0; first < n; first += kScanBlock) {
                const auto at = static_cast<std::size_t>(first) * width;
                const auto some = std::min(kScanBlock, n - first);
                scanner.run(&in[at], &got[at], some, 1, 1, &state);
                scanner.total(&in[at], some, 1, starts.emplace_back());
            }
            // The same by totals first, as threads share it.
            scanner.starts(starts);
            for (std::int64_t first = 0; first < n; first += kScanBlock) {
                const auto at = static_cast<std::size_t>(first) * width;
                scanner.run(&in[at], &parts[at], std::min(kScanBlock, n - first), 1, 1,
                            &starts[static_cast<std::size_t>(first / kScanBlock)]);
            }
            expect_same(dtype, got, want, static_cast<std::size_t>(n), "block by block");
            expect_same(dtype, parts, want, static_cast<std::size_t>(n), "by totals");
        }
    });
}

TEST(Scan, ColumnsAreLines) {
    for_each_scanner([](Scan scan, DType dtype, const Scanner& scanner) {
        constexpr std::int64_t kRows = 33, kColumns = 131;
        const std::size_t width = size_of(dtype);
        const auto in = mixed_bytes(dtype, kRows * kColumns, 8);
        std::vector<std::byte> got(in.size()), want(in.size()), line(kRows * width), scanned(kRows * width);
        std::vector<ScanState> starts(kColumns, scanner.identity);
        scanner.run(in.data(), got.data(), kRows, kColumns, kColumns, starts.data());
        for (std::size_t k = 0; k < kColumns; ++k) {
            for (std::size_t i = 0; i < kRows; ++i)
                std::memcpy(&line[i * width], &in[(i * kColumns + k) * width], width);
            scan_ref(scan, dtype, line.data(), scanned.data(), kRows);
            for (std::size_t i = 0; i < kRows; ++i)
                std::memcpy(&want[(i * kColumns + k) * width], &scanned[i * width], width);
        }
        expect_same(dtype, got, want, kRows * kColumns, "columns");
    });
}

TEST(Scan, OfSmallLines) {
    const float x[] = {-0.0f, 1.5f, 2, NAN, 1};
    float y[5];
    ScanState state = find_scanner(Scan::sum, DType::float32)->identity;
    find_scanner(Scan::sum, DType::float32)->run(x, y, 3, 1, 1, &state);
    EXPECT_TRUE(std::signbit(y[0]));
    EXPECT_EQ(y[1], 1.5f);
    EXPECT_EQ(y[2], 3.5f);
    state = find_scanner(Scan::max, DType::float32)->identity;
    find_scanner(Scan::max, DType::float32)->run(x, y, 5, 1, 1, &state);
    EXPECT_EQ(y[2], 2);
    EXPECT_TRUE(std::isnan(y[3]) && std::isnan(y[4]));
}

}  // namespace
}  // namespace heddle::kernels
