#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "heddle/engine.hpp"
#include "host/device/device.hpp"
#include "host/graph/graph.hpp"
#include "host/memory/host_memory.hpp"
#include "host/schedule/context.hpp"
#include "host/schedule/scope_core.hpp"

namespace heddle::schedule {

class Chore;
class Devices;
class Team;
class VirtualTeam;

// What an Engine owns. Buffers and scopes keep it alive; close() ends its threads.
class EngineCore : public std::enable_shared_from_this<EngineCore> {
public:
    explicit EngineCore(const EngineOptions& options);
    EngineCore(const EngineCore&) = delete;
    EngineCore& operator=(const EngineCore&) = delete;
    ~EngineCore();
    void close() noexcept;

    graph::Graph graph;
    memory::HostMemory memory;

    const std::string& device_name() const { return device_name_; }
    // Errors of devices that "auto" could not open.
    const std::vector<std::string>& unopened() const { return unopened_; }
    Team* team() const { return team_.get(); }
    Devices* devices() const { return devices_.get(); }
    std::size_t device_memory() const;  // bytes that buffers may take on the smallest device; 0: there is none
    // Whether a task that is ready must go to devices()->ready().
    bool concerns_devices(const graph::Record& record) const { return devices_ != nullptr && ask_devices(record); }
    // Hands a ready task, whose values are on the host, to the CPU lane.
    void run_on_host(graph::Record& record);
    // Runs it on the calling thread: every task of the reference device and in virtual time, and the engine's own tasks
    // that were ready at once.
    void run_here(graph::Record& record, int worker = 0);
    // Has the CPU lane do it.
    void run_chore(Chore& chore);
    // Does a piece on the calling thread, whichever it is; false: there was none.
    bool help_with_chores();
    bool has_chores() const;
    // Ends a task whose successors were released before.
    void complete(graph::Record& record);
    int workers() const;
    bool is_virtual() const { return virtual_team_ != nullptr; }
    // Seconds since the engine began; virtual where its time is.
    double now() const;
    int threads() const { return threads_; }
    bool checks() const { return checks_; }
    // Whether bodies run with care: on guarded copies, or measured.
    bool watched() const { return watched_; }
    // The task's body ran on the CPU from `began` to now, or was skipped there.
    void note_run(const graph::Record& record, double began) noexcept;
    void note_skipped(const graph::Record& record) noexcept { note_end(record, -1); }
    // Whether any task has ever failed: until then nobody looks for spoiled tiles.
    bool failed() const { return failed_.load(std::memory_order_relaxed); }
    void set_failed() { failed_.store(true, std::memory_order_relaxed); }
    void note_piece_error(graph::Extra& extra, std::int64_t piece, std::exception_ptr error);

    void submit(const detail::Submission& submission) { submit(submission, 0); }
    // Waits for the scope, at most `limit` unless that is negative; inside a body it runs other tasks meanwhile.
    // Whether the scope is done.
    bool wait(ScopeCore& scope, std::chrono::nanoseconds limit);
    bool wait_done(ScopeCore& scope, std::chrono::nanoseconds limit);
    // Throws ArgumentError where the calling body must not wait for the scope, since it may wait for the body.
    void check_wait(const ScopeCore& scope) const;
    // Resumes the continuations and wakes the threads that wait for a scope that may be done.
    void wake(ScopeCore& scope);
    // Has a task on the CPU lane call the continuation when the scope is done; false when it is done already.
    static bool resume_when_done(ScopeCore& scope, Continuation continuation) {
        return scope.add_continuation(continuation);
    }
    // Waits for the scopes that a body leaves open.
    void end_scopes(Frame& body) noexcept;

    ScopeCore* open_scope();
    void close_scope(ScopeCore* scope) noexcept;
    ScopeCore& own_scope() { return *own_scope_; }

    // Blocks until the buffer may be read (updated) by the caller, and gives its memory; throws what spoiled it.
    std::byte* host_access(graph::BufferCore& buffer, Mode mode);
    // Destroys the buffer when its last task is done.
    void release(graph::BufferCore* buffer) noexcept;

private:
    void submit(const detail::Submission& submission, std::uint8_t flags);
    void check(const detail::Submission& submission) const;
    void fill(graph::Record& record, const detail::Submission& submission, void* heap_body, std::uint8_t flags);
    void resume(const Continuation& continuation);
    void submit_part(const detail::Submission& submission, void* heap_body, std::uint8_t flags,
                     std::unique_lock<std::mutex>& lock);
    void start(graph::Record& record, std::unique_lock<std::mutex>& lock);
    void start_special(graph::Record& record, std::unique_lock<std::mutex>& lock);
    void start_in_order(graph::Record& record, std::unique_lock<std::mutex>& lock);
    void run_linked(graph::Record& record, std::unique_lock<std::mutex>& lock);
    void dispatch(graph::Record& record);
    bool ask_devices(const graph::Record& record) const;
    bool on_worker() const { return current_context != nullptr && current_context->engine == this; }
    // The body that the calling thread runs, or null.
    Frame* current_body() const {
        Frame* frame = on_worker() ? current_context->frame : nullptr;
        return frame != nullptr && frame->record != nullptr ? frame : nullptr;
    }

    void open_sim(const EngineOptions& options);
    void open_cuda(const EngineOptions& options);
    void note_end(const graph::Record& record, double seconds) noexcept;

    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::string device_name_;
    std::vector<std::string> unopened_;
    std::unique_ptr<device::Device> device_;
    bool in_order_ = false;  // the reference device: one task at a time, in the order of submission
    int threads_ = 1;
    bool special_ = false;  // it, or devices
    bool checks_ = false, watched_ = false;
    bool told_no_device_ = false;  // graph.mutex
    std::atomic<bool> failed_{false};
    std::mutex piece_error_mutex_;
    std::deque<graph::Record*> after_body_;  // the reference device's; its lock guards it

    std::mutex scopes_mutex_;
    std::deque<ScopeCore> scopes_;
    std::vector<ScopeCore*> free_scopes_;
    ScopeCore* own_scope_ = nullptr;
    std::unique_ptr<Team> team_;
    std::unique_ptr<VirtualTeam> virtual_team_;
    std::unique_ptr<Devices> devices_;
};

}  // namespace heddle::schedule
