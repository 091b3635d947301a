#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "host/device/device.hpp"
#include "host/schedule/chores.hpp"
#include "host/schedule/context.hpp"
#include "host/schedule/idle.hpp"
#include "host/schedule/queues.hpp"
#include "host/schedule/scope_core.hpp"

namespace heddle::schedule {

// A thread that runs tasks, with what it has not told the others yet: completed tasks are counted for their scope, and
// their records given back, many at a time.
struct alignas(64) Worker : Context {
    bool io = false;
    Deque ready;
    Record* inline_tasks = nullptr;  // linked by next
    Sleeper sleeper;
    std::chrono::steady_clock::time_point woken{};
    bool judge_wake = false;  // what came of the last wake is not known yet
    std::uint32_t random = 1;

    ScopeCore* scope = nullptr;  // whose tasks were completed
    std::uint64_t completed = 0;
    Record* first = nullptr;
    Record* last = nullptr;
    std::size_t records = 0;
};

// The CPU lane, an OpenMP team whose threads take ready tasks, and the I/O lane, one thread that runs its tasks in
// order of readiness.
class Team {
public:
    // max_tasks: the engine's cap. Returns when the team runs.
    Team(EngineCore& engine, device::Device& device, std::size_t max_tasks);
    ~Team() { stop(); }
    // Ends the threads. All tasks must be done.
    void stop();

    int threads() const { return threads_; }

    // A task that was ready at its submission; the graph's mutex is held. notify() afterwards, without it.
    void submit_ready(Record& record);
    void notify() { idle_.notify(); }
    // Any thread.
    void submit(Chore& chore) {
        chores_.add(chore);
        idle_.notify();
    }
    bool help_with_chores() {
        return chores_.run_one([this] { idle_.notify(); });
    }
    bool has_chores() const { return !chores_.empty(); }
    // Puts `helpers` more entries of an opened task where other threads find them.
    void share(Record& record, int helpers, Context& context);
    // A body waits: runs the scope's tasks, and others that come before the body, until the scope is done or the limit
    // (none if negative) is over. Whether it is done.
    bool help(Context& context, ScopeCore& scope, std::chrono::nanoseconds limit);
    // A scope may be done: bodies that wait look again.
    void wake_waiting_bodies();

private:
    static void worker_main(void* team, int index, int count);
    void run_cpu(Worker& worker);
    void run_io(Worker& worker);
    // Runs the task; returns a task that its completion made ready, if there is one.
    Record* run(Worker& worker, Record& record);
    Record* finish(Worker& worker, Record& record);
    void make_ready(Worker& worker, Record& record, Record*& next);
    void put(Worker& worker, Record& record);
    void put_all(Worker& worker, Record* next);
    void put_io(Record& record);
    void flush(Worker& worker);
    enum class Ring : std::uint8_t { any, many };
    static constexpr std::uint64_t kManyReady = 32;
    Record* take(Worker& worker, Ring ring = Ring::any);
    Record* take_batch(Worker& worker);
    Record* steal(Worker& worker);
    bool work_visible() const;
    bool run_chores(Worker& worker);
    Record* search(Worker& worker);
    Record* take_part(Worker& worker, const Record* body);
    Record* take_before(Worker& worker, const Record* body);
    Record* take_earliest(Worker& worker, const Record* body);
    Record* take_io(Worker& worker, const Record* body);
    void set_aside(Worker& worker, Record& record);
    struct Wait;
    void help_cpu(Worker& worker, const Wait& wait);
    void help_io(Worker& worker, const Wait& wait);

    EngineCore& engine_;
    device::Device& device_;
    const std::size_t flush_at_;  // completed tasks
    std::vector<std::unique_ptr<Worker>> workers_;
    int threads_ = 0;
    Idle idle_;
    ReadyRing ring_;
    ReadyList list_;
    ReadyList parts_;  // tasks of bodies' own scopes
    Chores chores_;
    std::atomic<bool> stop_{false};

    std::mutex start_mutex_;
    std::condition_variable started_;

    ReadyList io_list_;
    std::mutex io_mutex_;  // orders changes of what the I/O thread waits for with its falling asleep
    std::condition_variable io_ready_;
    std::atomic<std::uint64_t> io_changes_{0};  // tasks ever put into io_list_

    std::thread opener_, io_thread_;
};

}  // namespace heddle::schedule
