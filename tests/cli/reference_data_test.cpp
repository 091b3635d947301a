// The jobs on real files that the data folder's README.md lists, against the values in its refs.json. The folder is
// HEDDLE_TEST_DATA, else ../shared/data beside the sources; without it these tests are skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/sample.hpp"

namespace heddle::test {
namespace {

struct ReferenceJob {
    std::string data, key;            // in refs.json
    std::string program;              // whose result is r
    std::vector<std::string> inputs;  // files relative to the data folder
    double relative = 1e-12;          // tolerance of mean, std, min, max
};

const std::vector<std::string> kTooth{"data=tomo_tooth/tooth.h5:/exchange/data",
                                      "white=tomo_tooth/tooth.h5:/exchange/data_white",
                                      "black=tomo_tooth/tooth.h5:/exchange/data_dark"};
const std::string kFlat = "flat = mean(float64(white), 0); dark = mean(float64(black), 0); ";
const std::string kT = kFlat + "T = (float64(data) - dark) / (flat - dark); ";

std::vector<std::string> climate(const std::vector<std::string>& names) {
    std::vector<std::string> inputs;
    for (const auto& name : names)
        inputs.push_back(name + "=climate_canesm2/" + name +
                         "_day_CanESM2_rcp85_r1i1p1_na10kgrid_qm-moving-50bins-detrend_2095.nc:/" + name);
    return inputs;
}
std::vector<std::string> cells() { return {"x=cells_pbmc/adata.h5ad:/X"}; }
std::vector<std::string> sky(const std::string& part, const std::vector<std::string>& names) {
    std::vector<std::string> inputs;
    for (const auto& name : names)
        inputs.push_back(name + "=sky_dc2/test_dc2_" + part + "_9816.hdf5:/photometry/" +
                         (name.size() == 1 ? "mag_" + name + "_lsst" : name));
    return inputs;
}

void add_sky(std::vector<ReferenceJob>& jobs, const std::string& part) {
    jobs.push_back({"sky_dc2", part + ": g-r", "result = float64(g) - float64(r)", sky(part, {"g", "r"})});
    jobs.push_back({"sky_dc2", part + ": flux_i=10^(-0.4*(i-31.4)) nJy (tol 1e-13)",
                    "result = 10 ** (-0.4 * (float64(i) - 31.4))", sky(part, {"i"})});
    jobs.push_back({"sky_dc2", part + ": hist(redshift,30,[0,3])", "result = histogram(float64(redshift), 30, (0, 3))",
                    sky(part, {"redshift"})});
    jobs.push_back({"sky_dc2", part + ": mean g-r where i<24", "result = mean((float64(g) - float64(r))[i < 24])",
                    sky(part, {"g", "r", "i"})});
    jobs.push_back({"sky_dc2", part + ": count i<24", "result = count(i < 24)", sky(part, {"i"})});
}

std::vector<ReferenceJob> all_jobs() {
    std::vector<ReferenceJob> jobs{
        {"tomo_tooth", "flat=mean(data_white,0)", "result = mean(float64(white), 0)", {kTooth[1]}},
        {"tomo_tooth", "dark=mean(data_dark,0)", "result = mean(float64(black), 0)", {kTooth[2]}},
        {"tomo_tooth", "T=(data-dark)/(flat-dark)", kT + "result = T", kTooth},
        {"tomo_tooth", "P=-log(T) (tol 1e-14 rel)", kT + "result = -log(T)", kTooth},
        {"tomo_tooth", "mean(P,0)", kT + "result = mean(-log(T), 0)", kTooth},
        {"tomo_tooth", "hist(data,256,[0,35000])", "result = histogram(float64(data), 256, (0, 35000))", {kTooth[0]}},
        {"climate_canesm2", "dtr=tasmax-tasmin", "result = float64(tasmax) - float64(tasmin)",
         climate({"tasmax", "tasmin"})},
        {"climate_canesm2", "nanmean(dtr,0)", "result = nanmean(float64(tasmax) - float64(tasmin), 0)",
         climate({"tasmax", "tasmin"})},
        {"climate_canesm2", "nanmean(tasmax,0)", "result = nanmean(float64(tasmax), 0)", climate({"tasmax"})},
        {"climate_canesm2", "anom=tasmax-nanmean(tasmax,0)", "t = float64(tasmax); result = t - nanmean(t, 0)",
         climate({"tasmax"})},
        {"climate_canesm2", "nanmean over space -> (365,)", "result = nanmean(float64(tasmax), (1, 2))",
         climate({"tasmax"})},
        {"climate_canesm2", "count(tasmax>303.15) per cell", "result = count(float64(tasmax) > 303.15, 0)",
         climate({"tasmax"})},
        {"climate_canesm2", "pr*86400", "result = float64(pr) * 86400", climate({"pr"})},
        {"climate_canesm2", "hist(pr*86400,50,[0,100])", "result = histogram(float64(pr) * 86400, 50, (0, 100))",
         climate({"pr"})},
        {"cells_pbmc", "X", "result = float64(x)", cells()},
        {"cells_pbmc", "clip(X,-1,1)", "result = clip(float64(x), -1, 1)", cells()},
        {"cells_pbmc", "max(X,axis=0)", "result = max(float64(x), axis=0)", cells()},
        {"cells_pbmc", "max(X,axis=1)", "result = max(float64(x), axis=1)", cells()},
        {"cells_pbmc", "Z=(X-mean0)/std0 (tol 1e-12)", "y = float64(x); result = (y - mean(y, 0)) / std(y, 0)",
         cells()},
        {"cells_pbmc", "hist(X,100,[-3,10])", "result = histogram(float64(x), 100, (-3, 10))", cells()},
    };
    add_sky(jobs, "training");
    add_sky(jobs, "validation");
    return jobs;
}

std::filesystem::path data_folder() {
    if (const char* folder = std::getenv("HEDDLE_TEST_DATA")) return folder;
    return source_path("../shared/data");
}

std::string sha256(const std::string& bytes, const std::filesystem::path& scratch) {
    std::ofstream(scratch, std::ios::binary) << bytes;
    return run_command("/usr/bin/sha256sum", {scratch.string()}).out.substr(0, 64);
}

struct Summary {
    std::int64_t nan = 0;
    double mean = 0, deviation = 0, least = HUGE_VAL, most = -HUGE_VAL;
};
Summary summarise(const std::vector<double>& values) {
    Summary s;
    long double sum = 0, squares = 0;
    std::int64_t count = 0;
    for (const double v : values) {
        if (std::isnan(v)) {
            ++s.nan;
            continue;
        }
        sum += v;
        ++count;
        s.least = std::min(s.least, v);
        s.most = std::max(s.most, v);
    }
    const auto mean = sum / static_cast<long double>(count);
    for (const double v : values)
        if (!std::isnan(v)) squares += (v - mean) * (v - mean);
    s.mean = static_cast<double>(mean);
    s.deviation = static_cast<double>(std::sqrt(squares / static_cast<long double>(count)));
    return s;
}

// The conventions of the README: NaN as 0.0, -0.0 as +0.0.
std::string normalised(std::vector<double> values) {
    for (auto& v : values) v = std::isnan(v) || v == 0 ? 0.0 : v;
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)};
}

template <class T>
std::vector<T> elements(const std::string& bytes) {
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
}

std::vector<double> as_doubles(const std::string& bytes, const std::string& dtype) {
    if (dtype == "float64") return elements<double>(bytes);
    const auto whole = elements<std::int64_t>(bytes);
    return {whole.begin(), whole.end()};
}

class ReferenceJobs : public testing::TestWithParam<ReferenceJob> {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(data_folder() / "refs.json"))
            GTEST_SKIP() << "no data in " << data_folder() << "; set HEDDLE_TEST_DATA";
    }

    // The bytes of the result, computed in one of the three ways; `dtype_` and `shape_` are filled in.
    std::string compute(const std::string& name, const std::vector<std::string>& options,
                        const std::vector<std::pair<std::string, std::string>>& environment) {
        std::vector<std::string> arguments{"eval", GetParam().program, "-o", (folder_ / name).string(), "--json"};
        for (const auto& input : GetParam().inputs) {
            const auto equals = input.find('=') + 1;
            arguments.push_back(input.substr(0, equals) + (data_folder() / input.substr(equals)).string());
        }
        arguments.insert(arguments.end(), options.begin(), options.end());
        const auto result = run_heddle(arguments, {environment, {}});
        EXPECT_EQ(result.status, 0) << result.err;
        if (result.status != 0) return "";
        const auto report = nlohmann::json::parse(result.out);
        for (const auto& entry : report["results"]) {
            if (entry["name"] != "result") continue;
            dtype_ = entry["dtype"];
            shape_ = entry["shape"];
        }
        return read_bytes_of(folder_ / name, "/result");
    }

    TempDir folder_;
    std::string dtype_;
    nlohmann::json shape_;
};

void expect_near(double got, const nlohmann::json& expected, double tolerance, const char* what) {
    EXPECT_NEAR(got, expected.get<double>(), tolerance) << what;
}

TEST_P(ReferenceJobs, SameBytesAndTheListedValues) {
    const auto one = compute("one.h5", {"--threads", "1"}, {});
    ASSERT_FALSE(one.empty());
    EXPECT_EQ(compute("two.h5", {"--threads", "2"}, {}), one);
    EXPECT_EQ(compute("reference.h5", {}, {{"HEDDLE_DEVICE", "reference"}}), one);
    EXPECT_EQ(compute("simulated.h5", {}, {{"HEDDLE_DEVICE", "sim:devices=2,memory=64M"}}), one);
    EXPECT_EQ(compute("tight.h5", {"--memory", "16M"}, {}), one);

    const auto expected =
        nlohmann::json::parse(std::ifstream(data_folder() / "refs.json"))[GetParam().data][GetParam().key];
    const auto values = as_doubles(one, dtype_);
    if (expected.is_number()) {
        ASSERT_EQ(values.size(), 1u);
        return expect_near(values[0], expected, std::abs(expected.get<double>()) * 1e-12, "value");
    }
    if (expected.contains("sha256_i64")) {
        EXPECT_EQ(dtype_, "int64");
        EXPECT_EQ(sha256(one, folder_ / "bytes"), expected["sha256_i64"]);
        return;
    }
    EXPECT_EQ(shape_, expected["shape"]);
    const auto summary = summarise(values);
    EXPECT_EQ(summary.nan, expected["n_nan"]);
    const double deviation = expected["std"], mean = expected["mean"];
    const double scale = std::abs(mean) < 1e-12 ? deviation : std::abs(mean);
    expect_near(summary.mean, expected["mean"], 1e-12 * scale, "mean");
    expect_near(summary.deviation, expected["std"], 1e-12 * deviation, "std");
    expect_near(summary.least, expected["min"], 1e-12 * std::abs(expected["min"].get<double>()), "min");
    expect_near(summary.most, expected["max"], 1e-12 * std::abs(expected["max"].get<double>()), "max");
    if (expected.contains("sha256_f64_nan0")) {
        EXPECT_EQ(sha256(normalised(values), folder_ / "bytes"), expected["sha256_f64_nan0"]);
    }
}

std::string job_name(const testing::TestParamInfo<ReferenceJob>& info) {
    auto name = info.param.data + "_" + info.param.key;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(Jobs, ReferenceJobs, testing::ValuesIn(all_jobs()), job_name);

// The tolerances that the README names for single elements.
TEST(ReferenceData, LogarithmAndPowerElementByElement) {
    if (!std::filesystem::exists(data_folder() / "refs.json"))
        GTEST_SKIP() << "no data in " << data_folder() << "; set HEDDLE_TEST_DATA";
    const TempDir folder;
    const auto with_folder = [](const std::string& input) {
        const auto equals = input.find('=') + 1;
        return input.substr(0, equals) + (data_folder() / input.substr(equals)).string();
    };
    ASSERT_EQ(run_heddle({"eval", kT + "P = -log(T); Q = T + 0", with_folder(kTooth[0]), with_folder(kTooth[1]),
                          with_folder(kTooth[2]), "-o", (folder / "p.h5").string()})
                  .status,
              0);
    const auto t = elements<double>(read_bytes_of(folder / "p.h5", "/Q"));
    const auto p = elements<double>(read_bytes_of(folder / "p.h5", "/P"));
    ASSERT_EQ(t.size(), p.size());
    for (std::size_t i = 0; i < t.size(); ++i) {
        const double expected = -std::log(t[i]);
        ASSERT_NEAR(p[i], expected, 1e-14 * std::abs(expected));
    }
    const auto inputs = sky("training", {"i"});
    ASSERT_EQ(run_heddle({"eval", "m = float64(i) + 0; f = 10 ** (-0.4 * (float64(i) - 31.4))", with_folder(inputs[0]),
                          "-o", (folder / "f.h5").string()})
                  .status,
              0);
    const auto m = elements<double>(read_bytes_of(folder / "f.h5", "/m"));
    const auto f = elements<double>(read_bytes_of(folder / "f.h5", "/f"));
    for (std::size_t i = 0; i < m.size(); ++i) {
        const double expected = std::pow(10.0, -0.4 * (m[i] - 31.4));
        ASSERT_NEAR(f[i], expected, 1e-13 * expected);
    }
}

}  // namespace
}  // namespace heddle::test
