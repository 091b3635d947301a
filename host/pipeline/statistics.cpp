#include "host/pipeline/statistics.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "heddle/functions.hpp"

namespace heddle::pipeline {
namespace {

// Progress passes through; the plan's warnings are about arrays that the user did not write.
class Quiet : public Hooks {
public:
    explicit Quiet(Hooks& hooks) : hooks_(hooks) {}
    void started(const array::Progress& progress) override { hooks_.started(progress); }
    void ended() noexcept override { hooks_.ended(); }

private:
    Hooks& hooks_;
};

template <class T>
T value_of(const JobReport& report, std::size_t index) {
    T value{};
    std::memcpy(&value, report.results[index].preview->values.data(), sizeof value);
    return value;
}

Array ordered(const Array& array) {
    if (is_complex(array.dtype())) return abs(array);
    return is_bool(array.dtype()) ? array.astype(DType::uint8) : array;
}

JobReport compute_all(Engine& engine, const std::vector<NamedArray>& arrays, Hooks& hooks) {
    Quiet quiet(hooks);
    return compute(engine, arrays, std::nullopt, {}, quiet);
}

void add_bins(Statistics& statistics, const JobReport& report, std::size_t index) {
    const auto& preview = *report.results[index].preview;
    statistics.bins.resize(static_cast<std::size_t>(preview.kept.count()));
    std::memcpy(statistics.bins.data(), preview.values.data(), preview.values.size());
}

HistogramRange widened(double low, double high) {
    return low == high ? HistogramRange{low - 0.5, high + 0.5} : HistogramRange{low, high};
}

}  // namespace

Statistics statistics(Engine& engine, const Array& array, const StatisticsOptions& options, Hooks& hooks) {
    Statistics found;
    found.count = array.size();
    if (found.count == 0) return found;
    const Array values = ordered(array);
    const bool floating = is_float(values.dtype());
    const Array real = values.astype(DType::float64);
    const Array finite =
        floating ? where(isfinite(values), real, Array(std::numeric_limits<double>::quiet_NaN())) : real;

    enum : std::size_t { kMin, kMax, kMean, kStd, kLow, kHigh, kNan, kInf, kBins };
    std::vector<NamedArray> wanted{{"min", nanmin(values)},    {"max", nanmax(values)}, {"mean", nanmean(finite)},
                                   {"std", nanstddev(finite)}, {"low", nanmin(finite)}, {"high", nanmax(finite)}};
    wanted.push_back({"nan", floating ? count(isnan(values)) : Array(0).astype(DType::int64)});
    wanted.push_back({"inf", floating ? count(isinf(values)) : Array(0).astype(DType::int64)});
    const bool one_pass = options.bins > 0 && options.range;
    if (one_pass) wanted.push_back({"bins", histogram(finite, options.bins, *options.range).counts});
    const auto report = compute_all(engine, wanted, hooks);

    found.min = report.results[kMin].preview;
    found.max = report.results[kMax].preview;
    found.nan = value_of<std::int64_t>(report, kNan);
    found.inf = value_of<std::int64_t>(report, kInf);
    if (found.finite() == 0) return found;
    found.mean = value_of<double>(report, kMean);
    found.deviation = value_of<double>(report, kStd);
    const auto range = options.range.value_or(widened(value_of<double>(report, kLow), value_of<double>(report, kHigh)));
    found.low = range.low;
    found.high = range.high;
    if (one_pass) {
        add_bins(found, report, kBins);
    } else if (options.bins > 0) {
        const std::vector<NamedArray> second{{"bins", histogram(finite, options.bins, range).counts}};
        add_bins(found, compute_all(engine, second, hooks), 0);
    }
    return found;
}

}  // namespace heddle::pipeline
