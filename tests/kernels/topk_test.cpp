#include "kernels/topk.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "kernels/topk_ref.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

using Bytes = std::vector<std::byte>;
using Places = std::vector<std::int64_t>;
using Result = RadixSort::Result;

// Exactly as many bytes as promised, for the sanitizers to watch.
Bytes best(DType dtype, Result result, const Bytes& line, std::int64_t n, std::int64_t k, std::int64_t parts) {
    const TopK& topk = *find_topk(dtype, result);
    Bytes joined, out(static_cast<std::size_t>(k) * topk.out_bytes);
    for (std::int64_t part = parts; part-- > 0;) {  // in any order
        const std::int64_t first = n * part / parts, count = n * (part + 1) / parts - first;
        Bytes records(static_cast<std::size_t>(TopK::room(count, k)) * topk.record_bytes);
        topk.choose(line.data(), first, count, k, records.data());
        records.resize(static_cast<std::size_t>(std::min(count, k)) * topk.record_bytes);
        joined.insert(joined.end(), records.begin(), records.end());
    }
    topk.finish(joined.data(), static_cast<std::int64_t>(joined.size() / topk.record_bytes), k, out.data());
    return out;
}

Places places_of(const Bytes& bytes) {
    Places places(bytes.size() / 8);
    if (!bytes.empty()) std::memcpy(places.data(), bytes.data(), bytes.size());
    return places;
}

// The values in descending order, zeros and NaN as sort_line writes them.
Bytes wanted_values(DType dtype, const Bytes& line, std::int64_t n, std::int64_t k) {
    const std::size_t width = size_of(dtype);
    Bytes sorted(line.size()), out(static_cast<std::size_t>(k) * width);
    std::vector<std::max_align_t> scratch(sort_scratch(dtype, n) / sizeof(std::max_align_t) + 1);
    sort_line(dtype, line.data(), sorted.data(), n, scratch.data());
    for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i)
        std::memcpy(&out[i * width], &sorted[(static_cast<std::size_t>(n) - 1 - i) * width], width);
    return out;
}

TEST(TopK, JudgeByHand) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> v{1, nan, -0.0f, 5, 0.0f, 5, nan};
    Places places(7);
    argtopk_ref(DType::float32, v.data(), 7, 7, places.data());
    EXPECT_EQ(places, (Places{1, 6, 3, 5, 0, 2, 4}));
}

TEST(TopK, AgreesWithItsJudgeForAllTypes) {
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        if (is_complex(dtype)) {
            EXPECT_EQ(find_topk(dtype, Result::values), nullptr);
            continue;
        }
        for (const std::int64_t n : {0, 1, 2, 63, 64, 65, 129, 1501}) {
            const Bytes line = test::mixed_bytes(dtype, static_cast<std::size_t>(n), 3);
            for (const std::int64_t k : {0, 1, 2, 7, 63, 64, 65, 200}) {
                if (k > n) continue;
                Places wanted(static_cast<std::size_t>(k));
                argtopk_ref(dtype, line.data(), n, k, wanted.data());
                for (const std::int64_t parts : {1, 2, 7}) {
                    const auto what = std::string(name_of(dtype)) + " " + std::to_string(n) + " " + std::to_string(k) +
                                      " in " + std::to_string(parts);
                    EXPECT_EQ(places_of(best(dtype, Result::positions, line, n, k, parts)), wanted) << what;
                    EXPECT_TRUE(best(dtype, Result::values, line, n, k, parts) == wanted_values(dtype, line, n, k))
                        << what;
                }
            }
        }
    }
}

// Each element passes the limit, or none does, or all are equal.
TEST(TopK, TakesAnyOrderOfALongLine) {
    constexpr std::int64_t n = 100'003, k = 100;
    std::vector<std::int32_t> rising(n);
    std::iota(rising.begin(), rising.end(), -50'000);
    std::vector<std::int32_t> falling(rising.rbegin(), rising.rend()), equal(n, 7);
    for (const auto& line : {rising, falling, equal}) {
        Bytes bytes(n * sizeof(std::int32_t));
        std::memcpy(bytes.data(), line.data(), bytes.size());
        Places wanted(k);
        for (std::int64_t i = 0; i < k; ++i) wanted[static_cast<std::size_t>(i)] = line[0] < line[1] ? n - 1 - i : i;
        EXPECT_EQ(places_of(best(DType::int32, Result::positions, bytes, n, k, 3)), wanted);
        EXPECT_TRUE(best(DType::int32, Result::values, bytes, n, k, 3) == wanted_values(DType::int32, bytes, n, k));
    }
}

}  // namespace
}  // namespace heddle::kernels
