#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace heddle::schedule {

struct Sleeper {
    std::condition_variable wake;
    bool awake = false;
    bool in_body = false;  // waits for a scope inside a body: never counted as searching, see Idle
};

// Puts threads without work to sleep and wakes one when there is more. Who publishes work does so sequentially
// consistently and then calls notify(); who goes to sleep enters itself here and then looks for work once more, so
// one of them sees the other. While anyone still searches, nobody is woken: a searcher that finds work and sees more of
// it calls notify() itself, which keeps system calls off the submitter's path.
class Idle {
public:
    explicit Idle(int most_searching) : most_searching_(most_searching) {}

    void notify() {
        if (searching_.load() == 0 && asleep_.load() > 0) wake_one();
    }
    void wake_all();
    void wake_waiting_bodies();

    // Whether the caller may search by spinning; if so, it leaves with stop_searching() or enter().
    bool start_searching() {
        if (searching_.load() >= most_searching_) return false;
        searching_.fetch_add(1);
        return true;
    }
    // True when no other thread searches.
    bool stop_searching() { return searching_.fetch_sub(1) == 1; }

    // Enters the sleeper; `searching` threads stop being counted as such. Then look for work again, and leave() or
    // sleep().
    void enter(Sleeper& sleeper, bool searching);
    // Both return with the caller counted as searching, unless it is inside a body.
    void leave(Sleeper& sleeper);
    void sleep(Sleeper& sleeper);
    void sleep_until(Sleeper& sleeper, std::chrono::steady_clock::time_point limit);

private:
    void wake_one();
    void wake(std::size_t index);

    const int most_searching_;
    alignas(64) std::atomic<int> searching_{0};
    std::atomic<int> asleep_{0};
    alignas(64) std::mutex mutex_;
    std::vector<Sleeper*> sleepers_;
};

}  // namespace heddle::schedule
