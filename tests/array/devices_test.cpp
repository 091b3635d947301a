// What an engine with devices does differently, beside kernels: tiles' parts that the host joins, and errors that are
// found after the work. Simulated devices run the CPU's bodies in memory of their own.
#include <gtest/gtest.h>

#include <numeric>

#include "heddle/heddle.hpp"

namespace heddle {
namespace {

std::vector<EngineOptions> engines() {
    std::vector<EngineOptions> all;
    for (const auto policy : {PlacementOptions::Policy::gpu, PlacementOptions::Policy::cpu})
        for (const std::string device : {"sim:devices=2,memory=1M", "sim:devices=1,memory=64M"}) {
            EngineOptions options{.threads = 4, .device = device};
            options.placement.policy = policy;
            all.push_back(options);
        }
    return all;
}

std::vector<double> waves(std::int64_t n) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < n; ++i) values.push_back(static_cast<double>(i * 7919 % 10007) / 16 - 100);
    return values;
}

template <class T>
std::vector<T> values_of(const Array& array) {
    const auto view = array.view<T>();
    return {view.begin(), view.end()};
}

TEST(OnDevices, HistogramsAreCountedOnceWhateverRunsWhere) {
    const std::int64_t n = 300007;
    const auto values = waves(n);
    std::vector<std::int64_t> want(50);
    for (const double x : values)
        if (x >= -50 && x <= 450) ++want[static_cast<std::size_t>(std::min((x + 50) / 10, 49.0))];
    const Array x = from_values(values, {n});
    for (const auto& options : engines()) {
        Engine engine(options);
        const auto got =
            evaluate(engine, std::vector<Array>{histogram(x, 50, {-50, 450}).counts, sum(x), histogram(x, 20).counts});
        EXPECT_EQ(values_of<std::int64_t>(got[0]), want) << options.device;
        const auto all = values_of<std::int64_t>(got[2]);
        EXPECT_EQ(std::accumulate(all.begin(), all.end(), std::int64_t{0}), n);
    }
}

TEST(OnDevices, ANegativeExponentIsAnErrorAndSpoilsOnlyItsResults) {
    const std::int64_t n = 300007;
    std::vector<std::int64_t> exponents(static_cast<std::size_t>(n), 2);
    const Array base = remainder(arange(0, n), 1000);
    const Array fine = pow(base, from_values(exponents, {n}));
    exponents[300000] = -1;
    const Array wrong = pow(base, from_values(exponents, {n}));
    for (const auto& options : engines()) {
        Engine engine(options);
        for (const Array& array : {wrong, sum(wrong), wrong - max(wrong)}) try {
                evaluate(engine, array).wait();
                ADD_FAILURE() << "no error on " << options.device;
            } catch (const ArgumentError& error) {
                EXPECT_EQ(error.reason(), "an exponent is negative");
            }
        const auto squares = values_of<std::int64_t>(evaluate(engine, fine));
        for (std::int64_t i = 0; i < n; ++i)
            ASSERT_EQ(squares[static_cast<std::size_t>(i)], i % 1000 * (i % 1000)) << options.device;
    }
}

}  // namespace
}  // namespace heddle
