// The example jobs run, on the real files where those are there.
#include <gtest/gtest.h>

#include <cstdlib>

#include "host/pipeline/job_file.hpp"
#include "tests/cli/sample.hpp"
#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

std::filesystem::path data_file(const std::string& name) {
    const char* folder = std::getenv("HEDDLE_TEST_DATA");
    return (folder ? std::filesystem::path(folder) : source_path("../shared/data")) / name;
}
std::string example(const std::string& name) { return source_path("examples/" + name).string(); }

TEST(Examples, EachIsAJobFile) {
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(source_path("examples"))) {
        if (entry.path().extension() != ".toml") continue;
        EXPECT_NO_THROW(pipeline::parse_job(read_text(entry.path()), entry.path().filename().string())) << entry.path();
        ++found;
    }
    EXPECT_GE(found, 4);
}

TEST(Examples, FlatFieldOfTheTooth) {
    if (!std::filesystem::exists(data_file("tomo_tooth"))) GTEST_SKIP() << "no data; set HEDDLE_TEST_DATA";
    const TempDir folder;
    std::filesystem::copy_file(data_file("tomo_tooth/tooth.h5"), folder / "tooth.h5");
    const auto result = run_heddle({"run", example("flat_field.toml"), (folder / "tooth.h5").string()});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("float32 (181, 2, 640)"), std::string::npos) << result.out;
    EXPECT_EQ(open(folder / "tooth_mu.h5", "/mu")->storage().filters.size(), 2u);
}

TEST(Examples, ColoursOfTheCatalogues) {
    if (!std::filesystem::exists(data_file("sky_dc2"))) GTEST_SKIP() << "no data; set HEDDLE_TEST_DATA";
    const TempDir folder;
    for (const auto* name : {"training", "validation"})
        std::filesystem::copy_file(data_file(std::string("sky_dc2/test_dc2_") + name + "_9816.hdf5"),
                                   folder / (std::string(name) + ".hdf5"));
    const auto result = run_heddle(
        {"run", example("colours.toml"), (folder / "training.hdf5").string(), (folder / "validation.hdf5").string()});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(read_all<std::int64_t>(*open(folder / "training_colours.h5", "/bright"))[0], 3786);
    EXPECT_EQ(read_all<std::int64_t>(*open(folder / "validation_colours.h5", "/bright"))[0], 7624);
    EXPECT_NEAR(read_all<double>(*open(folder / "training_colours.h5", "/mean_colour"))[0], 0.7657135123622146, 1e-12);
}

TEST(Examples, DailyRangeOfTheClimateModel) {
    if (!std::filesystem::exists(data_file("climate_canesm2"))) GTEST_SKIP() << "no data; set HEDDLE_TEST_DATA";
    const TempDir folder;
    const std::string tail = "_day_CanESM2_rcp85_r1i1p1_na10kgrid_qm-moving-50bins-detrend_2095.nc";
    for (const std::string name : {"tasmax", "tasmin"})
        std::filesystem::copy_file(data_file("climate_canesm2/" + name + tail), folder / (name + ".nc"));
    const auto result = run_heddle({"run", example("daily_range.toml"), (folder / "tasmax.nc").string()});
    EXPECT_EQ(result.status, 0) << result.err;
    const auto days = read_all<std::int64_t>(*open(folder / "tasmax_range.nc", "/hot_days"));
    EXPECT_EQ(days.size(), 36u * 36);
    // The scales of the axes that are left came along.
    EXPECT_EQ(open(folder / "tasmax_range.nc", "/lat")->shape(), Shape({36}));
}

TEST(Examples, ImageKeyOfAnNxtomoFile) {
    const TempDir folder;
    {
        const auto file = new_file(folder / "scan.nxs");
        const std::vector<int> key{2, 1, 0, 0, 1};
        std::vector<unsigned short> frames(5 * 4);
        for (std::size_t i = 0; i < frames.size(); ++i)
            frames[i] = static_cast<unsigned short>(key[i / 4] == 2 ? 10 : key[i / 4] == 1 ? 110 : 60);
        put(file.get(), "entry/data/data", H5T_STD_U16LE, H5T_NATIVE_USHORT, {5, 2, 2}, frames.data());
        put(file.get(), "entry/instrument/detector/image_key", H5T_STD_I32LE, H5T_NATIVE_INT, {5}, key.data());
    }
    const auto result = run_heddle({"run", example("image_key.toml"), (folder / "scan.nxs").string()});
    EXPECT_EQ(result.status, 0) << result.err;
    const auto values = read_all<float>(*open(folder / "scan_transmission.h5", "/entry/processed/transmission"));
    EXPECT_EQ(values, std::vector<float>(8, 0.5f));
}

}  // namespace
}  // namespace heddle::test
