// Who sleeps and who is woken, by itself.

#include "host/schedule/idle.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace heddle::schedule {
namespace {

using namespace std::chrono_literals;

// The other thread was awake when the work was left to it, but it may take only some of the work and falls asleep too.
TEST(Idle, WhoLeftWorkToOthersLooksAgain) {
    Idle idle;
    idle.start(2);
    Sleeper leaver, body;
    body.in_body = true;
    idle.note_wake(false);
    ASSERT_TRUE(idle.start_searching());
    idle.enter(leaver, true);
    ASSERT_TRUE(idle.leave_it_to_others());
    idle.enter(body, false);
    std::atomic<bool> awake{false};
    std::thread first([&] {
        EXPECT_FALSE(idle.sleep(leaver, true));
        awake = true;
    });
    std::thread second([&] { EXPECT_TRUE(idle.sleep(body, false)); });
    for (int i = 0; i < 500 && !awake; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(awake);
    idle.wake_all();
    first.join();
    second.join();
}

}  // namespace
}  // namespace heddle::schedule
