#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "heddle/error.hpp"
#include "host/memory/tiles.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/nested.hpp"
#include "host/schedule/run_task.hpp"
#include "host/schedule/team.hpp"
#include "host/schedule/virtual_team.hpp"

namespace heddle::schedule {

using graph::AtCap;
using graph::Record;

namespace {

// A body that does not fit into the record, or whose move may throw, lives on the heap.
void* move_to_heap(const detail::Submission& s) {
    if (s.ops->size <= graph::kInlineBody && s.ops->nothrow_move && s.ops->align <= alignof(Record)) return nullptr;
    const std::align_val_t align{s.ops->align};
    void* body = ::operator new(s.ops->size, align);
    try {
        s.ops->move(body, s.body);
    } catch (...) {
        ::operator delete(body, align);
        throw;
    }
    return body;
}

// The reference device runs one task at a time, and bodies may submit more; one lock for all engines, since the
// bodies of one may submit to another.
std::unique_lock<std::recursive_mutex> one_at_a_time(bool reference) {
    static std::recursive_mutex mutex;
    return reference ? std::unique_lock(mutex) : std::unique_lock<std::recursive_mutex>();
}

}  // namespace

void EngineCore::check(const detail::Submission& s) const {
    if (s.pieces < 1)
        throw ArgumentError("task '" + std::string(s.name->text) + "' has " + std::to_string(s.pieces) + " pieces",
                            "a task runs at least one", "leave out a task that has nothing to do");
    if (!s.ops->cpu && (devices_ == nullptr || !devices_->run_gpu_bodies()))
        throw ArgumentError("task '" + std::string(s.name->text) + "' has a GPU body only",
                            "this engine runs on '" + device_name_ + "'",
                            "give it a CPU body too (heddle::bodies), or make an engine for the device 'cuda'");
    if (s.bytes < 0)
        throw ArgumentError("task '" + std::string(s.name->text) + "' has a negative number of bytes", "",
                            "use 0 or more");
    if (s.accesses.size() > std::numeric_limits<std::uint16_t>::max())
        throw ArgumentError("task '" + std::string(s.name->text) + "' has too many accesses",
                            std::to_string(s.accesses.size()) + " are more than 65535", "use fewer, larger buffers");
    for (const auto& access : s.accesses) {
        if (!s.ops->cpu && access.mode != Mode::read && access.buffer->borrowed)
            throw ArgumentError("task '" + std::string(s.name->text) + "' has a GPU body only",
                                "it changes borrowed memory, which the CPU does",
                                "give it a CPU body too (heddle::bodies), or use a buffer with memory of its own");
        if (access.buffer->owner != this)
            throw ArgumentError("task '" + std::string(s.name->text) + "' accesses a buffer of another engine",
                                "dependencies are known within one engine only", "use one engine for both");
        if (access.box != nullptr) access.buffer->check(*access.box);
    }
}

void EngineCore::fill(Record& record, const detail::Submission& s, void* heap_body, std::uint8_t flags) {
    record.ops = s.ops;
    record.scope = s.scope;
    record.lane = s.lane;
    record.name = s.name->text.data();
    record.name_size = static_cast<std::uint32_t>(s.name->text.size());
    record.file = s.name->where.file_name();
    record.line = s.name->where.line();
    record.flops = s.flops;
    if (heap_body != nullptr) {
        flags |= graph::kHeapBody;
        std::memcpy(record.body, &heap_body, sizeof heap_body);
    } else if (s.ops->trivial) {
        std::memcpy(record.body, s.body, s.ops->size);
    } else {
        s.ops->move(record.body, s.body);
    }
    graph.set_accesses(record, s.accesses);
    if (s.pieces > 1) {
        flags |= graph::kWide;
        auto& extra = graph.extra(record);
        extra.pieces = s.pieces;
        extra.next_piece.store(0, std::memory_order_relaxed);
        extra.opened = false;
        extra.failed.store(false, std::memory_order_relaxed);
        extra.error = nullptr;
    }
    if (s.name->copied) record.name = graph.extra(record).name.assign(s.name->text).c_str();
    if (s.place == Place::cpu) flags |= graph::kPinHost;
    if (s.place == Place::gpu || !s.ops->cpu) {
        flags |= graph::kPinDevice;
        if (devices_ == nullptr && !in_order_) tell_no_device(s.name->text, told_no_device_);
    }
    if (checks_) graph.extra(record);
    record.flags = flags;
}

void EngineCore::submit(const detail::Submission& s, std::uint8_t flags) {
    check(s);
    void* heap_body = move_to_heap(s);
    const auto serial = one_at_a_time(in_order_);
    // In virtual time nobody else makes room.
    const AtCap at_cap =
        in_order_ || virtual_team_ != nullptr || flags != 0 || on_worker() ? AtCap::exceed : AtCap::wait;
    std::unique_lock lock(graph.mutex);
    // Looked at with the mutex: a coroutine may submit while the body that began it ends, see end_scopes().
    if (s.scope != nullptr && s.scope->body != nullptr) return submit_part(s, heap_body, flags, lock);
    Record& record = graph.allocate(lock, at_cap, s.bytes);
    fill(record, s, heap_body, flags);
    start(record, lock);
}

void EngineCore::submit_part(const detail::Submission& s, void* heap_body, std::uint8_t flags,
                             std::unique_lock<std::mutex>& lock) {
    Frame& body = *s.scope->body;
    const auto outer = body.record->path();
    std::vector<std::uint64_t> path(outer.begin(), outer.end());
    path.push_back(graph.next_seq());
    std::vector<graph::Tile*> tiles;
    try {
        tiles = tiles_of_part(body, s.accesses, path, s.name->text);
    } catch (...) {
        if (heap_body != nullptr) {
            s.ops->destroy(heap_body);
            ::operator delete (heap_body, std::align_val_t{s.ops->align});
        }
        throw;
    }
    Record& record = graph.allocate(lock, AtCap::exceed, s.bytes);
    fill(record, s, heap_body, static_cast<std::uint8_t>(flags | graph::kPart));
    graph.extra(record).tiles = std::move(tiles);
    record.extra->path = std::move(path);
    start(record, lock);
}

// Counts the record, and runs it or queues it if it waits for nothing.
void EngineCore::start(Record& record, std::unique_lock<std::mutex>& lock) {
    if (record.scope != nullptr) record.scope->count_submitted();
    if (special_) return start_special(record, lock);
    if (graph.link(record)) run_linked(record, lock);
}

// Where not every task is the team's.
void EngineCore::start_special(Record& record, std::unique_lock<std::mutex>& lock) {
    if (in_order_) return start_in_order(record, lock);
    devices_->expect(record);
    if (!graph.link(record)) return;
    if (!concerns_devices(record)) return run_linked(record, lock);
    lock.unlock();
    devices_->ready(record);
}

void EngineCore::run_linked(Record& record, std::unique_lock<std::mutex>& lock) {
    if (team_ == nullptr || record.has(graph::kInline)) {
        lock.unlock();
        return run_on_host(record);
    }
    team_->submit_ready(record);
    lock.unlock();
    team_->notify();
}

// On the reference device a task runs where it is submitted; but what a body submits to be independent of itself, and
// what the engine does for it, runs when the outermost body has ended, in the order of submission: it may depend on
// that body. Until then it is linked, so that host views and the end of a buffer see who uses it.
void EngineCore::start_in_order(Record& record, std::unique_lock<std::mutex>& lock) {
    const bool part = record.has(graph::kPart);
    if (!part) graph.link(record);
    lock.unlock();
    if (!part && current_body() != nullptr) return after_body_.push_back(&record);
    run_here(record);
    if (current_body() != nullptr) return;
    while (!after_body_.empty()) {
        Record* next = after_body_.front();
        after_body_.pop_front();
        run_here(*next);
    }
}

void EngineCore::run_here(Record& record, int worker) {
    Context here{this, worker, nullptr};
    Context* outer = current_context;
    if (outer == nullptr || outer->engine != this) current_context = &here;
    run_task(*this, record, *current_context);
    current_context = outer;
    release_successors(record, [&](Record* ready) { dispatch(*ready); });
    complete(record);
}

void EngineCore::complete(Record& record) {
    if (record.bytes != 0) graph.give_back_bytes(record.bytes);
    ScopeCore* scope = record.scope;
    if (scope != nullptr && scope->count_completed(1)) wake(*scope);
    graph.give_back(&record, &record, 1);
}

// A task that became ready on a thread that is no worker; the reference device runs it when its turn comes.
void EngineCore::dispatch(Record& record) {
    if (in_order_) return;
    if (concerns_devices(record)) return devices_->ready(record);
    run_on_host(record);
}

namespace {

// A task of the engine's own, of a body that takes no views.
template <class Body>
detail::Submission own_task(const TaskName& name, ScopeCore* scope, std::span<const detail::AccessSpec> accesses,
                            Body& body) {
    return {scope, &name, accesses, &body, &detail::body_ops<Body>, Lane::cpu, 1, 0, 0, Place::cpu};
}

}  // namespace

// The coroutine goes on as a task of its own, so that it never runs on top of a body that waits, nor on a device's
// thread: it ends its scope, which waits for lost work that is run again.
void EngineCore::resume(const Continuation& continuation) {
    const TaskName name("coroutine");
    auto body = [continuation] { continuation.resume(continuation.argument); };
    submit(own_task(name, nullptr, {}, body), graph::kAlways | graph::kDetached);
}

std::byte* EngineCore::host_access(graph::BufferCore& buffer, Mode mode) {
    std::byte* data = memory.ensure(buffer);
    bool idle = false;
    {
        const std::lock_guard lock(graph.mutex);
        idle = graph.idle(buffer, mode) && buffer.replicas.load(std::memory_order_acquire) == nullptr;
    }
    if (idle && !buffer.ever_poisoned()) return data;
    const auto close = [this](ScopeCore* scope) { close_scope(scope); };
    const std::unique_ptr<ScopeCore, decltype(close)> scope(open_scope(), close);
    const TaskName name("host view");
    const detail::AccessSpec access{&buffer, nullptr, mode};
    auto nothing = [] {};
    submit(own_task(name, scope.get(), {&access, 1}, nothing), graph::kInline);
    wait(*scope, std::chrono::nanoseconds(-1));
    const auto failures = scope->failures(true);
    if (!failures.empty()) std::rethrow_exception(failures[0]->error);
    if (!checks_) return data;
    // A body and its parts work on guarded copies of what they hold.
    for (Frame* frame = current_body(); frame != nullptr; frame = outer_body(*frame)) {
        const int held = containing_access(*frame->record, access, "host view");
        if (held >= 0)
            return static_cast<std::byte*>(frame->record->extra->operands[static_cast<std::size_t>(held)].data);
    }
    return data;
}

void EngineCore::release(graph::BufferCore* buffer) noexcept {
    const auto keep_alive = buffer->keep_alive;
    bool idle = false;
    {
        const std::lock_guard lock(graph.mutex);
        idle = graph.idle(*buffer, Mode::update);
    }
    auto destroy = [this, buffer] {
        const auto free = [this, buffer] {
            delete memory::replicas_of(*buffer);
            memory::Foresight::forget(*buffer);
            memory.release(*buffer);
            delete buffer;
        };
        if (buffer->replicas.load(std::memory_order_acquire) == nullptr) return free();
        devices_->release(*buffer, free);
    };
    if (idle) return destroy();
    const TaskName name("release buffer");
    const detail::AccessSpec access{buffer, nullptr, Mode::update};
    submit(own_task(name, nullptr, {&access, 1}, destroy), graph::kInline | graph::kAlways);
}

}  // namespace heddle::schedule
