// A run that is killed or asked to end leaves the old target whole, or the new one, and never something between.
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include "tests/cli/sample.hpp"
#include "tests/io/make.hpp"
#include "tests/support/running.hpp"

namespace heddle::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr hsize_t kFrames = 8, kSide = 256;  // 2 MiB of float32

class Kill : public testing::Test {
protected:
    Kill() {
        const auto file = new_file(folder_ / "in.h5");
        put(file.get(), "a", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {kFrames, kSide, kSide},
            counted<float>(kFrames * kSide * kSide).data(), chunked({1, kSide, kSide}, 1).get());
        put(new_file(folder_ / "old.h5").get(), "x", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {3}, counted<double>(3).data());
    }

    void restore_old_target() const {
        std::filesystem::copy_file(folder_ / "old.h5", folder_ / "target.h5",
                                   std::filesystem::copy_options::overwrite_existing);
    }
    std::vector<std::string> arguments() const {
        return {"eval",
                "x = sqrt(a) + log1p(a); y = a * 2",
                "a=" + (folder_ / "in.h5").string() + ":/a",
                "-o",
                (folder_ / "target.h5").string(),
                "--overwrite",
                "--gzip",
                "1"};
    }
    // Whether the target is the new one; fails unless it is one of the two.
    bool target_is_new() const {
        const auto x = read_bytes_of(folder_ / "target.h5", "/x");
        if (x == old_) return false;
        EXPECT_EQ(x, new_);
        EXPECT_EQ(read_bytes_of(folder_ / "target.h5", "/y").size(), kFrames * kSide * kSide * 4);
        return true;
    }
    // Runs once undisturbed; returns its wall time.
    std::chrono::nanoseconds run_through() {
        old_ = read_bytes_of(folder_ / "old.h5", "/x");
        restore_old_target();
        const auto begin = Clock::now();
        EXPECT_EQ(Running(arguments()).wait().status, 0);
        const auto took = Clock::now() - begin;
        new_ = read_bytes_of(folder_ / "target.h5", "/x");
        EXPECT_NE(new_, old_);
        return took;
    }
    // Many, and fewer where a busy machine makes a run long.
    static int moments(std::chrono::nanoseconds whole, int most) {
        constexpr std::chrono::seconds budget{40};
        return static_cast<int>(std::clamp<std::int64_t>(budget / whole, 10, most));
    }
    static void pause(std::chrono::nanoseconds span) {
        timespec time{static_cast<time_t>(span.count() / 1'000'000'000),
                      static_cast<long>(span.count() % 1'000'000'000)};
        nanosleep(&time, nullptr);
    }

    TempDir folder_;
    std::string old_, new_;
};

TEST_F(Kill, KilledAtManyMomentsTheTargetStaysWhole) {
    const auto whole = run_through();
    const int count = moments(whole, 60);
    int replaced = 0;
    for (int i = 0; i < count; ++i) {
        restore_old_target();
        Running run(arguments());
        pause(whole * (i + 1) / (count - 2));
        run.signal(SIGKILL);
        run.wait();
        if (target_is_new()) ++replaced;
    }
    EXPECT_LT(replaced, count) << "no moment was early enough";
    // What killed runs left behind is in nobody's way.
    restore_old_target();
    EXPECT_EQ(Running(arguments()).wait().status, 0);
    EXPECT_TRUE(target_is_new());
}

TEST_F(Kill, KilledWithoutAnOldTargetThereIsNoneOrAWholeOne) {
    const auto whole = run_through();
    const int count = moments(whole, 30);
    for (int i = 0; i < count; ++i) {
        std::filesystem::remove(folder_ / "target.h5");
        Running run(arguments());
        pause(whole * (i + 1) / (count - 2));
        run.signal(SIGKILL);
        run.wait();
        if (std::filesystem::exists(folder_ / "target.h5")) {
            EXPECT_TRUE(target_is_new());
        }
    }
}

TEST_F(Kill, AskedToEndItCleansUp) {
    const auto whole = run_through();
    const auto before = names_in_folder(folder_.path());
    int ended = 0;
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        for (int i = 0; i < 6; ++i) {
            restore_old_target();
            Running run(arguments());
            pause(whole * (i + 1) / 7);
            run.signal(number);
            const auto end = run.wait();
            EXPECT_TRUE(end.status == 128 + number || end.status == 0) << end.status;
            if (end.status != 0) ++ended;
            EXPECT_EQ(names_in_folder(folder_.path()), before);
            target_is_new();
        }
    }
    EXPECT_GT(ended, 0);
}

}  // namespace
}  // namespace heddle::test
