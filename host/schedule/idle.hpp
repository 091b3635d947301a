#pragma once

#include <algorithm>
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
// it calls notify() itself, which keeps system calls off the submitter's path. A thread that waits inside a body may
// take only some of the work; it is woken when no other sleeps, and never counted as searching.
//
// Waking costs more than many tasks. When a woken thread found little to do, the next to fall asleep becomes the
// sentinel: while it sleeps, nobody is woken as long as another thread is awake; it looks for itself, after 0.1 ms at
// first, then less and less often until a wake proves useful again.
class Idle {
public:
    // Before the first thread comes: how many there are.
    void start(int threads) {
        threads_ = threads;
        most_searching_ = std::max(1, threads / 2);
    }

    void notify() {
        if (searching_.load() != 0) return;
        const int asleep = asleep_.load();
        if (asleep == 0 || (sentinel_.load() && asleep < threads_)) return;
        wake_one();
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

    // Enters the sleeper; `searching` threads stop being counted as such. Then look for work again, unless others are
    // to be left to it, and leave() or sleep().
    void enter(Sleeper& sleeper, bool searching);
    bool leave_it_to_others() const { return drowsy_.load() && asleep_.load() < threads_; }
    // Both return with the caller counted as searching, unless it is inside a body. sleep() is false when only time
    // has passed; `left_work` when the caller saw work and left it to others, who may not be able to take it.
    void leave(Sleeper& sleeper);
    bool sleep(Sleeper& sleeper, bool left_work);
    void sleep_until(Sleeper& sleeper, std::chrono::steady_clock::time_point limit);

    // What came of the last wake.
    void note_wake(bool useful);

private:
    void wake_one();
    Sleeper& rouse(std::size_t index);
    void remove(Sleeper& sleeper);

    int threads_ = 0, most_searching_ = 0;
    alignas(64) std::atomic<int> searching_{0};
    std::atomic<int> asleep_{0};
    std::atomic<bool> sentinel_{false};
    std::atomic<bool> drowsy_{false};
    alignas(64) std::mutex mutex_;
    std::vector<Sleeper*> sleepers_;
    std::chrono::microseconds look_after_{};
};

}  // namespace heddle::schedule
