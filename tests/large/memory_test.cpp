// A dataset of 4 GiB under --memory 256M: right results, and less than 400 MiB of resident memory.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/io/make.hpp"
#include "tests/support/command.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/running.hpp"

namespace heddle::test {
namespace {

constexpr hsize_t kFrames = 2048, kSide = 1024;  // uint16: 4 GiB
constexpr long kLimitKib = 400 * 1024;

// Not written anywhere but in some frames: the rest of the file is a hole, which reads as zeros at memory speed.
void make_frames(const std::filesystem::path& path) {
    io::LibraryLock lock;
    const auto file = new_file(path);
    auto creation = io::h5::create_properties(H5P_DATASET_CREATE);
    H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER);
    put(file.get(), "a", H5T_STD_U16LE, H5T_NATIVE_USHORT, {kFrames, kSide, kSide}, nullptr, creation.get());
    const auto dataset = H5Dopen2(file.get(), "a", H5P_DEFAULT);
    const std::vector<unsigned short> frame(kSide * kSide, 1000);
    for (hsize_t i = 0; i < kFrames; i += 128) {
        const hsize_t start[] = {i, 0, 0}, count[] = {1, kSide, kSide};
        const auto space = H5Dget_space(dataset), memory = H5Screate_simple(3, count, nullptr);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
        H5Dwrite(dataset, H5T_NATIVE_USHORT, memory, space, H5P_DEFAULT, frame.data());
        H5Sclose(space);
        H5Sclose(memory);
    }
    H5Dclose(dataset);
}

class Large : public testing::Test {
protected:
    void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        GTEST_SKIP() << "sanitizers take memory of their own";
#endif
        make_frames(folder_ / "in.h5");
    }
    std::string input() const { return "a=" + (folder_ / "in.h5").string() + ":/a"; }
    TempDir folder_;
};

TEST_F(Large, ReductionsInOnePass) {
    const auto out = (folder_ / "out.h5").string();
    Running run({"eval", "m = mean(a, 0); s = std(a); n = count(a > 0); h = histogram(a, 8, (0, 1024))", input(), "-o",
                 out, "--memory", "256M"});
    const auto end = run.wait();
    ASSERT_EQ(end.status, 0);
    EXPECT_LT(end.peak_kib, kLimitKib);
    const auto mean = read_all<double>(*open(out, "/m"));
    ASSERT_EQ(mean.size(), kSide * kSide);
    for (const double value : mean) ASSERT_EQ(value, 1000.0 / 128);
    EXPECT_EQ(read_all<std::int64_t>(*open(out, "/n"))[0], static_cast<std::int64_t>(16 * kSide * kSide));
    EXPECT_EQ(read_all<std::int64_t>(*open(out, "/h"))[7], static_cast<std::int64_t>(16 * kSide * kSide));
}

TEST_F(Large, ElementByElementWithTheMeanOfAll) {
    const auto out = (folder_ / "out.h5").string();
    Running run({"eval", "x = a > mean(a, 0) + 1", input(), "-o", out, "--memory", "256M"});
    const auto end = run.wait();
    ASSERT_EQ(end.status, 0);
    EXPECT_LT(end.peak_kib, kLimitKib);
    const auto x = open(out, "/x");
    std::vector<unsigned char> frame(kSide * kSide);
    for (const std::int64_t i : {0, 1, 127, 128, 2047}) {
        x->read({{i, 0, 0}, {i + 1, kSide, kSide}}, frame.data());
        EXPECT_EQ(std::count(frame.begin(), frame.end(), 1), i % 128 == 0 ? kSide * kSide : 0) << i;
    }
}

TEST_F(Large, StatisticsOfAll) {
    const auto result = run_heddle({"stats", (folder_ / "in.h5").string() + ":/a", "--memory", "256M", "--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    const auto found = nlohmann::json::parse(result.out)["datasets"][0];
    EXPECT_EQ(found["count"], kFrames * kSide * kSide);
    EXPECT_EQ(found["mean"], 1000.0 / 128);
    EXPECT_EQ(found["max"], 1000);
}

}  // namespace
}  // namespace heddle::test
