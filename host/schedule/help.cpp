// What a thread does while a body on it waits for tasks of the body's own.

#include <optional>
#include <utility>

#include "host/schedule/engine_core.hpp"
#include "host/schedule/run_task.hpp"
#include "host/schedule/team.hpp"

namespace heddle::schedule {

namespace {

using Clock = std::chrono::steady_clock;

// Whether the task may run on top of a body that waits (null: a coroutine, which nothing waits for): its parts may,
// and what comes before it in the serial order, for that never waits for it. See nested.hpp.
bool may_run_above(const Record& task, const Record* body) {
    if (body == nullptr) return true;
    if (task.has(graph::kDetached)) return false;
    return graph::is_part(task.path(), body->path()) || graph::precedes(task.path(), body->path());
}

bool comes_before(const Record& task, const Record& other) { return graph::precedes(task.path(), other.path()); }

// Several entries of such a task may be queued, of which a list can hold one.
bool is_opened(const Record& task) { return task.has(graph::kWide) && task.extra->opened; }

// A body that waits may run a task whose body waits, and so on. With so many on a thread's stack only the earliest of
// the tasks that may run is taken: what could run above that one has yet to become ready, so the stack stays bounded
// however many tasks are.
bool is_deep(const Context& context) { return context.waits > 16; }

constexpr int kLooks = 200;
constexpr int kPatience = 20;  // looks for the body's own parts before others are taken

}  // namespace

struct Team::Wait {
    ScopeCore& scope;
    const Record* body;
    std::optional<Clock::time_point> limit;

    bool late() const { return limit && Clock::now() >= *limit; }
    bool over() const { return scope.done() || late(); }
};

bool Team::help(Context& context, ScopeCore& scope, std::chrono::nanoseconds limit) {
    Worker& worker = static_cast<Worker&>(context);
    Wait wait{scope, worker.frame != nullptr ? worker.frame->record : nullptr, std::nullopt};
    if (limit.count() >= 0) wait.limit = Clock::now() + limit;
    flush(worker);
    scope.watch();
    ++worker.waits;
    if (worker.io)
        help_io(worker, wait);
    else
        help_cpu(worker, wait);
    --worker.waits;
    scope.unwatch();
    return scope.done();
}

void Team::help_cpu(Worker& worker, const Wait& wait) {
    const bool outer = std::exchange(worker.sleeper.in_body, true);
    bool tried = false;  // however short the limit is, so that a body that asks again and again gets on
    for (int look = 0; !wait.scope.done(); ++look) {
        const bool late = wait.late();
        if (late && std::exchange(tried, true)) break;
        worker.sleeper.in_body = outer;
        const bool chores = run_chores(worker);
        worker.sleeper.in_body = true;
        if (chores) look = 0;
        Record* record = take_part(worker, wait.body);
        if (record == nullptr && (late || look >= kPatience)) record = take_before(worker, wait.body);
        if (record == nullptr && look == kLooks) {
            idle_.enter(worker.sleeper, false);
            record = take_part(worker, wait.body);
            if (record == nullptr) record = take_before(worker, wait.body);
            // Woken by notify() when work is published and no other thread sleeps, and by EngineCore::wake().
            if (record != nullptr || wait.over() || !chores_.empty())
                idle_.leave(worker.sleeper);
            else if (wait.limit)
                idle_.sleep_until(worker.sleeper, *wait.limit);
            else
                idle_.sleep(worker.sleeper, false);
            look = kPatience - 1;
        }
        if (record == nullptr) {
            if (late) break;
            __builtin_ia32_pause();
            continue;
        }
        worker.sleeper.in_body = outer;
        put_all(worker, run(worker, *record));
        worker.sleeper.in_body = true;
        flush(worker);
        tried = true;
        look = 0;
    }
    worker.sleeper.in_body = outer;
}

// A part of a body that may run above this one; when that is deep down, of this one.
Record* Team::take_part(Worker& worker, const Record* body) {
    if (!is_deep(worker) || body == nullptr)
        return parts_.pop_if([&](const Record& task) { return may_run_above(task, body); });
    return parts_.pop_earliest([&](const Record& task) { return graph::is_part(task.path(), body->path()); },
                               comes_before);
}

// A task from the queues that may run above the body; what may not is left to other threads.
Record* Team::take_before(Worker& worker, const Record* body) {
    if (is_deep(worker)) return take_earliest(worker, body);
    const auto allowed = [&](const Record& task) { return may_run_above(task, body); };
    if (Record* record = list_.pop_if(allowed)) return record;
    for (;;) {
        Record* record = worker.ready.pop();
        if (record == nullptr && ring_.take(&record, 1, 1) == 0) record = steal(worker);
        if (record == nullptr || allowed(*record)) return record;
        set_aside(worker, *record);
    }
}

// The same, the earliest of all that is queued.
Record* Team::take_earliest(Worker& worker, const Record* body) {
    const auto allowed = [&](const Record& task) { return may_run_above(task, body); };
    Record* opened = nullptr;  // the earliest of those that the list cannot hold
    for (;;) {
        Record* record = worker.ready.pop();
        if (record == nullptr && ring_.take(&record, 1, 1) == 0) record = steal(worker);
        if (record == nullptr) break;
        if (is_opened(*record) && allowed(*record) && (opened == nullptr || comes_before(*record, *opened)))
            std::swap(record, opened);
        if (record != nullptr) set_aside(worker, *record);
    }
    Record* listed = list_.pop_earliest(allowed, comes_before);
    Record* part = parts_.pop_earliest(allowed, comes_before);
    Record* earliest = nullptr;
    for (Record* record : {opened, listed, part}) {
        if (record != nullptr && (earliest == nullptr || comes_before(*record, *earliest))) std::swap(record, earliest);
        if (record != nullptr) set_aside(worker, *record);
    }
    return earliest;
}

void Team::set_aside(Worker& worker, Record& record) {
    if (is_opened(record)) {
        // The other threads that hold the task do without this one.
        if (drop_ticket(engine_, record) == Outcome::complete) put_all(worker, finish(worker, record));
    } else {
        (record.has(graph::kPart) ? parts_ : list_).push(&record);
        idle_.notify();
    }
}

// What a task made ready, where every thread finds it: this one may be long in coming back to it.
void Team::put_all(Worker& worker, Record* next) {
    if (next != nullptr) put(worker, *next);
    while (worker.inline_tasks != nullptr) put(worker, *std::exchange(worker.inline_tasks, worker.inline_tasks->next));
}

Record* Team::take_io(Worker& worker, const Record* body) {
    const auto allowed = [&](const Record& task) { return may_run_above(task, body); };
    return is_deep(worker) ? io_list_.pop_earliest(allowed, comes_before) : io_list_.pop_if(allowed);
}

void Team::help_io(Worker& worker, const Wait& wait) {
    bool tried = false;
    while (!wait.scope.done()) {
        if (wait.late() && std::exchange(tried, true)) break;
        std::uint64_t seen = io_changes_.load();
        Record* record = take_io(worker, wait.body);
        if (record != nullptr) {
            put_all(worker, run(worker, *record));
            flush(worker);
            tried = true;
            continue;
        }
        std::unique_lock lock(io_mutex_);
        // Woken by put() and submit_ready() for a task, and by EngineCore::wake() when a scope ends.
        const auto changed = [&] { return io_changes_.load() != seen || wait.scope.done(); };
        if (wait.limit)
            io_ready_.wait_until(lock, *wait.limit, changed);
        else
            io_ready_.wait(lock, changed);
    }
}

void Team::wake_waiting_bodies() {
    idle_.wake_waiting_bodies();
    { const std::lock_guard lock(io_mutex_); }
    io_ready_.notify_all();
}

}  // namespace heddle::schedule
