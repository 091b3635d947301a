#include "host/device/device.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <set>

#include "heddle/engine.hpp"
#include "heddle/error.hpp"

namespace heddle::device {
namespace {

TEST(Devices, HaveTheirNames) {
    EXPECT_EQ(open_device("omp", 2)->name(), "omp");
    EXPECT_EQ(open_device("omp", 2)->threads(), 2);
    EXPECT_EQ(open_device("reference", 5)->threads(), 1);
    EXPECT_EQ(open_device("reference", 0)->drive(), Drive::at_submission);
    EXPECT_THROW(open_device("cuda", 0), ArgumentError);
    EXPECT_THROW(open_device("omp", -2), ArgumentError);
}

TEST(Devices, ATeamRunsEachWorkerOnce) {
    const auto omp = open_device("omp", 5);
    struct Seen {
        std::mutex mutex;
        std::multiset<int> indices;
        int count = 0;
    } seen;
    omp->run_team(
        [](void* context, int index, int count) {
            auto& s = *static_cast<Seen*>(context);
            const std::lock_guard lock(s.mutex);
            s.indices.insert(index);
            s.count = count;
        },
        &seen);
    EXPECT_EQ(seen.indices.size(), static_cast<std::size_t>(seen.count));
    EXPECT_EQ(*seen.indices.rbegin(), seen.count - 1);
}

// The team's index range holds whatever the runtime grants.
TEST(Devices, OneEngineOfEachSizeRunsAllItsTasks) {
    for (int threads = 1; threads <= 9; ++threads) {
        Engine engine({.threads = threads, .device = "omp"});
        EXPECT_LE(engine.threads(), threads);
        std::atomic<int> ran{0};
        Scope scope(engine);
        for (int i = 0; i < 500; ++i)
            scope.submit("t", [&](const Piece& p) {
                EXPECT_LT(p.worker, engine.workers());
                ++ran;
            });
        scope.wait();
        EXPECT_EQ(ran, 500);
    }
}

}  // namespace
}  // namespace heddle::device
