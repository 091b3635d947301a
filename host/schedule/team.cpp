#include "host/schedule/team.hpp"

#include <algorithm>
#include <utility>

#include "host/device/cuda.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/run_task.hpp"

namespace heddle::schedule {

Team::Team(EngineCore& engine, device::Device& device, std::size_t max_tasks)
    : engine_(engine),
      device_(device),
      // Held back until then, a sixteenth of the cap at most; 64 makes the shared counters invisible (bench_tasks).
      flush_at_(std::clamp<std::size_t>(max_tasks / (16 * static_cast<std::size_t>(device.threads())), 1, 64)) {
    engine.graph.set_held_back((flush_at_ - 1) * static_cast<std::size_t>(device.threads() + 1));
    for (int i = 0; i <= device.threads(); ++i) {
        auto& worker = *workers_.emplace_back(std::make_unique<Worker>());
        worker.engine = &engine;
        worker.worker = i;
        worker.random = static_cast<std::uint32_t>(i) * 2654435761u + 1;
    }
    opener_ = std::thread([this] { device_.run_team(&Team::worker_main, this); });
    {
        std::unique_lock lock(start_mutex_);
        started_.wait(lock, [this] { return threads_ != 0; });  // woken by the team's first thread
    }
    Worker& io = *workers_[static_cast<std::size_t>(threads_)];  // the first index that the team does not use
    io.io = true;
    io_thread_ = std::thread([this, &io] { run_io(io); });
}

void Team::stop() {
    if (!opener_.joinable()) return;
    {
        const std::lock_guard lock(io_mutex_);
        stop_.store(true);
    }
    io_ready_.notify_all();
    idle_.wake_all();
    opener_.join();
    io_thread_.join();
}

void Team::worker_main(void* self, int index, int count) {
    Team& team = *static_cast<Team*>(self);
    {
        const std::lock_guard lock(team.start_mutex_);
        if (team.threads_ == 0) {
            team.threads_ = count;  // the OpenMP runtime may give fewer threads than were asked for
            team.idle_.start(count);
        }
    }
    team.started_.notify_all();
    team.run_cpu(*team.workers_[static_cast<std::size_t>(index)]);
}

void Team::run_cpu(Worker& worker) {
    current_context = &worker;
    device::own_cuda_thread();
    for (;;) {
        Record* record = take(worker, Ring::many);
        if (record == nullptr) record = search(worker);
        if (record == nullptr) break;
        while (record != nullptr) record = run(worker, *record);
    }
    current_context = nullptr;
}

void Team::run_io(Worker& worker) {
    current_context = &worker;
    device::own_cuda_thread();
    for (;;) {
        Record* record = io_list_.pop();
        if (record == nullptr) {
            flush(worker);
            std::unique_lock lock(io_mutex_);
            // Woken by put() and submit_ready() for a task, and by the destructor.
            io_ready_.wait(lock, [this] { return !io_list_.empty() || stop_.load(); });
            if (io_list_.empty()) break;
            continue;
        }
        while (record != nullptr) record = run(worker, *record);
    }
    current_context = nullptr;
}

Record* Team::run(Worker& worker, Record& record) {
    if (!worker.io) run_chores(worker);
    // Who waits for the other scope must not wait for this task too.
    if (worker.completed != 0 && record.scope != worker.scope) flush(worker);
    Record* next = nullptr;
    if (run_task(engine_, record, worker) == Outcome::complete) next = finish(worker, record);
    if (worker.inline_tasks != nullptr) {
        if (next != nullptr) put(worker, *next);
        next = std::exchange(worker.inline_tasks, worker.inline_tasks->next);
    }
    return next;
}

Record* Team::finish(Worker& worker, Record& record) {
    Record* next = nullptr;
    release_successors(record, [&](Record* ready) { make_ready(worker, *ready, next); });
    if (record.bytes != 0) engine_.graph.give_back_bytes(record.bytes);
    if (record.scope != nullptr) {
        if (record.scope != worker.scope) {
            flush(worker);
            worker.scope = record.scope;
        }
        ++worker.completed;
    }
    record.next = worker.first;
    worker.first = &record;
    if (worker.last == nullptr) worker.last = &record;
    if (++worker.records >= flush_at_) flush(worker);
    return next;
}

void Team::make_ready(Worker& worker, Record& record, Record*& next) {
    if (engine_.concerns_devices(record)) return engine_.devices()->ready(record);
    if (record.has(graph::kInline)) {
        record.next = worker.inline_tasks;
        worker.inline_tasks = &record;
    } else if (next == nullptr && record.lane == Lane::cpu && !worker.io) {
        next = &record;
    } else {
        put(worker, record);
    }
}

void Team::put(Worker& worker, Record& record) {
    if (record.lane == Lane::io) return put_io(record);
    if (record.has(graph::kPart))
        parts_.push(&record);
    else if (worker.io || !worker.ready.push(&record))
        list_.push(&record);
    idle_.notify();
}

void Team::put_io(Record& record) {
    {
        const std::lock_guard lock(io_mutex_);
        io_list_.push(&record);
        io_changes_.fetch_add(1);
    }
    io_ready_.notify_all();
}

void Team::submit_ready(Record& record) {
    if (record.lane == Lane::io) {
        put_io(record);
    } else if (record.has(graph::kPart)) {
        parts_.push(&record);
    } else if (!ring_.push(&record)) {
        list_.push(&record);
    }
}

void Team::share(Record& record, int helpers, Context& context) {
    Worker& worker = static_cast<Worker&>(context);
    for (int i = 0; i < helpers; ++i)
        if (!worker.ready.push(&record)) {
            // One entry only can be linked into the list, so the rest of the tickets are let go of.
            record.extra->tickets.fetch_sub(helpers - i, std::memory_order_relaxed);
            break;
        }
    idle_.notify();
}

void Team::flush(Worker& worker) {
    if (worker.completed != 0) {
        ScopeCore* scope = std::exchange(worker.scope, nullptr);
        if (scope->count_completed(std::exchange(worker.completed, 0))) engine_.wake(*scope);
    }
    if (worker.records != 0) {
        const std::size_t count = std::exchange(worker.records, 0);
        engine_.graph.give_back(std::exchange(worker.first, nullptr), std::exchange(worker.last, nullptr), count);
    }
}

// While few submitted tasks are ready and more keep coming, `ring` is left alone: taking each at once would have
// the submitter and the worker pass every cache line to and fro (bench_tasks).
Record* Team::take(Worker& worker, Ring ring) {
    if (Record* record = worker.ready.pop()) return record;
    if (Record* record = parts_.pop()) return record;
    if (ring == Ring::any || ring_.size() >= kManyReady)
        if (Record* record = take_batch(worker)) return record;
    if (Record* record = list_.pop()) return record;
    return steal(worker);
}

Record* Team::take_batch(Worker& worker) {
    constexpr std::size_t kMost = 16;
    Record* batch[kMost];
    const std::size_t n = ring_.take(batch, kMost, static_cast<std::size_t>(threads_));
    if (n == 0) return nullptr;
    for (std::size_t i = n; i-- > 1;)
        if (!worker.ready.push(batch[i])) list_.push(batch[i]);
    return batch[0];
}

Record* Team::steal(Worker& worker) {
    const auto count = static_cast<std::uint32_t>(threads_);
    worker.random = worker.random * 1664525u + 1013904223u;
    const std::uint32_t start = (worker.random >> 16) % count;
    for (std::uint32_t i = 0; i < count; ++i) {
        Worker& victim = *workers_[(start + i) % count];
        if (&victim == &worker) continue;
        if (Record* record = victim.ready.steal()) return record;
    }
    return nullptr;
}

// False: there were none.
bool Team::run_chores(Worker& worker) {
    if (chores_.empty()) return false;
    flush(worker);
    bool any = false;
    while (chores_.run_one([this] { idle_.notify(); })) any = true;
    return any;
}

bool Team::work_visible() const {
    if (!ring_.empty() || !list_.empty() || !parts_.empty() || !chores_.empty()) return true;
    for (int i = 0; i < threads_; ++i)
        if (!workers_[static_cast<std::size_t>(i)]->ready.empty()) return true;
    return false;
}

namespace {

// Long enough between two looks that the submitter gets some tasks out undisturbed; bench_tasks.
inline void pause_a_while() {
    for (int i = 0; i < 16; ++i) __builtin_ia32_pause();
}
constexpr int kLooks = 40;
constexpr int kPatience = 4;                      // looks before what is done is announced
constexpr std::chrono::microseconds kUseful{30};  // of work that a wake must bring to be worth it

}  // namespace

// The next task, or null at the end of the engine. Spins for some tens of microseconds, then sleeps.
Record* Team::search(Worker& worker) {
    using Clock = std::chrono::steady_clock;
    const auto stopped = [this] { return stop_.load(std::memory_order_relaxed); };
    bool searching = idle_.start_searching();
    int looks = kLooks;
    const auto judge_wake = [&] {
        if (!worker.judge_wake || Clock::now() - worker.woken <= kUseful) return;
        worker.judge_wake = false;
        idle_.note_wake(true);
    };
    judge_wake();
    for (;;) {
        std::uint64_t size = ring_.size();
        for (int look = 0; searching && look < looks; ++look) {
            pause_a_while();
            if (!chores_.empty()) {
                if (idle_.stop_searching() && work_visible()) idle_.notify();
                run_chores(worker);
                judge_wake();
                searching = idle_.start_searching();
                look = -1;
                continue;
            }
            const std::uint64_t before = std::exchange(size, ring_.size());
            Record* found = take(worker, size == before ? Ring::any : Ring::many);
            if (found != nullptr || stopped()) {
                if (idle_.stop_searching() && work_visible()) idle_.notify();
                return found;
            }
            if (look == kPatience) flush(worker);
        }
        flush(worker);
        if (std::exchange(worker.judge_wake, false)) idle_.note_wake(false);
        idle_.enter(worker.sleeper, searching);
        searching = true;
        looks = kLooks;
        const bool left_work = work_visible();
        if (stopped() || (left_work && !idle_.leave_it_to_others())) {
            idle_.leave(worker.sleeper);
        } else {
            if (!idle_.sleep(worker.sleeper, left_work)) looks = 1;
            worker.woken = Clock::now();
            worker.judge_wake = true;
        }
    }
}

}  // namespace heddle::schedule
