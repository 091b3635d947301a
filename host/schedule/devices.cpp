#include "host/schedule/devices.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "heddle/error.hpp"
#include "host/memory/tiles.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/failure.hpp"
#include "host/schedule/run_task.hpp"

namespace heddle::schedule {

using graph::Record;
using memory::Coherence;
using memory::Points;

namespace {

thread_local bool on_device_thread = false;  // in reached() or failed()

// What no device runs: the engine's own tasks, parts of bodies (their values are the body's, on the host), the disk's.
constexpr std::uint8_t kHostFlags = graph::kAlways | graph::kInline | graph::kPart | graph::kDetached;

// Memory of the caller's must hold the values when the task is done, without a host view that would bring them.
bool changes_borrowed(const Record& record) {
    return std::any_of(record.accesses(), record.accesses() + record.access_count, [](const auto& access) {
        return access.mode() != Mode::read && access.buffer().borrowed && !access.buffer().returns;
    });
}

}  // namespace

bool Devices::has_device_form(const Record& record) const {
    const bool body = gpu_bodies_ ? record.ops->gpu != nullptr : record.ops->operands && record.ops->cpu;
    return body && record.lane == Lane::cpu && (record.flags & kHostFlags) == 0 && record.access_count != 0 &&
           !changes_borrowed(record);
}

Devices::Devices(EngineCore& engine, std::vector<std::unique_ptr<device::Accelerator>> devices,
                 const EngineOptions& options, HostRates host)
    : engine_(engine),
      on_failure_(options.on_device_failure),
      streams_(std::move(devices)),
      coherence_(streams_, engine.memory, options.device_memory),
      placement_(options, streams_, coherence_, host, engine.threads()) {
    for (int device = 0; device < streams_.devices(); ++device) {
        const int streams = streams_.description(device).streams();
        entries_.emplace_back(static_cast<std::size_t>(streams));
        workers_ += streams;
    }
    gpu_bodies_ = streams_.description(0).ordinal >= 0;
    next_stream_.resize(entries_.size(), 0);
    last_done_.resize(entries_.size(), 0);
    history_file_ = History::file(options.history, streams_.description(0).model == "simulated");
    if (!history_file_.empty()) placement_.history().load(history_file_);
    usage_.resize(entries_.size());
    hungry_.resize(entries_.size(), nullptr);
    behind_.resize(entries_.size());
    ends_.resize(entries_.size());
    marks_reached_.resize(entries_.size(), 0);
    given_up_.resize(entries_.size(), 0);
    engine.memory.pin_with(streams_[0]);
    for (int device = 0; device < streams_.devices(); ++device) streams_[device].start(*this, device);
    if (options.device_timeout.count() > 0) watchdog_ = std::thread([this, t = options.device_timeout] { watch(t); });
}

Devices::~Devices() {
    {
        std::unique_lock lock(mutex_);
        stop_ = true;
        stopped_.notify_all();
        stopped_.wait(lock, [this] { return inside_ == 0; });  // woken by leave()
    }
    if (watchdog_.joinable()) watchdog_.join();
}

bool Devices::enter() {
    const std::lock_guard lock(mutex_);
    if (stop_) return false;
    ++inside_;
    on_device_thread = true;
    return true;
}

void Devices::leave() {
    const std::lock_guard lock(mutex_);
    on_device_thread = false;
    if (--inside_ == 0) stopped_.notify_all();
}

void Devices::close() {
    Work work;
    {
        std::unique_lock lock(mutex_);
        closed_ = true;
        resumed_.wait(lock, [this] { return !halted_; });
        coherence_.journal().drop_if([](const auto&) { return true; });
        tidy(work);
    }
    proceed(work);
    std::unique_lock lock(mutex_);
    if (!engine_.is_virtual()) stopped_.wait(lock, [this] { return ending_ == 0 && inside_ == 0; });
    if (!history_file_.empty()) try {
            placement_.history().save(history_file_);
        } catch (const std::exception&) {  // no memory, no random numbers: it is measured again
        }
}

// Woken by the destructor; otherwise looks twice within the limit.
void Devices::watch(std::chrono::nanoseconds limit) {
    std::unique_lock lock(mutex_);
    std::vector<std::uint64_t> seen(usage_.size(), 0);
    std::vector<int> looks(usage_.size(), 0);
    while (!stopped_.wait_for(lock, limit / 2, [this] { return stop_; }))
        for (int device = 0; device < streams_.devices(); ++device) {
            const auto at = static_cast<std::size_t>(device);
            const bool moved = seen[at] != marks_reached_[at];
            seen[at] = marks_reached_[at];
            looks[at] = moved || !is_busy(device) ? 0 : looks[at] + 1;
            if (looks[at] != 3) continue;
            streams_[device].retire();  // failed() follows
            break;                      // others may only have waited for it
        }
}

bool Devices::is_busy(int device) const {
    const auto& lists = entries_[static_cast<std::size_t>(device)];
    return streams_.usable(device) &&
           std::any_of(lists.begin(), lists.end(), [](const auto& list) { return !list.empty(); });
}

bool Devices::retire_busy() {
    const std::lock_guard lock(mutex_);
    for (int device = 0; device < streams_.devices(); ++device) {
        if (!is_busy(device) || std::exchange(given_up_[static_cast<std::size_t>(device)], 1)) continue;
        streams_[device].retire();
        return true;
    }
    return false;
}

bool Devices::concerns(const Record& record) const {
    if (record.has(graph::kAlways)) return false;
    if (has_device_form(record)) return true;
    for (std::size_t i = 0; i < record.access_count; ++i)
        if (memory::replicas_of(record.accesses()[i].buffer()) != nullptr) return true;
    return false;
}

void Devices::ready(Record& record) {
    Work work;
    work.ready.push_back(&record);
    proceed(work);
}

void Devices::proceed(Work& work) {
    for (;;) {
        if (work.recover) {  // first: others may wait for it
            work.recover = false;
            recover(work);
        } else if (!work.ready.empty()) {
            Record& record = *work.ready.back();
            work.ready.pop_back();
            if (concerns(record)) {
                const std::lock_guard lock(mutex_);
                place(record, work);
                tidy(work);
            } else {
                work.run.push_back(&record);
            }
        } else if (work.fed) {
            const std::lock_guard lock(mutex_);
            turn_ = next_behind();
            work.fed = turn_ != nullptr;
            if (turn_ != nullptr) place(*turn_, work);
            turn_ = nullptr;
            tidy(work);
        } else if (!work.prepare.empty()) {
            const Work::Preparation preparation = work.prepare.back();
            work.prepare.pop_back();
            prepare(preparation, work);
        } else if (!work.run.empty()) {
            Record* record = work.run.back();
            work.run.pop_back();
            engine_.run_on_host(*record);
        } else if (!work.done.empty()) {
            const Work::Done done = work.done.back();
            work.done.pop_back();
            if (!done.kept) drop_body(*done.record);  // without the lock: it may hold buffers
            engine_.complete(*done.record);
        } else if (!work.dropped.empty()) {
            work.dropped.pop_back();
        } else if (!work.destroy.empty()) {
            auto destroy = std::move(work.destroy.back());
            work.destroy.pop_back();
            destroy();
            const std::lock_guard lock(mutex_);
            if (--ending_ == 0) stopped_.notify_all();
        } else {
            return;
        }
    }
}

void Devices::place(Record& record, Work& work) {
    const memory::CopyCounts before = coherence_.counts();
    place_at(record, work);
    const memory::CopyCounts& after = coherence_.counts();
    placement_.ledger().moved(record.name_view(), after.bytes_to_device - before.bytes_to_device,
                              after.bytes_to_host - before.bytes_to_host);
}

// Successors are released before the task's end is known: what they may touch on a device is behind the task's point.
void Devices::place_at(Record& record, Work& work) {
    if (halted_) return held_.push_back(&record);
    // Here, not on the CPU lane: the other tiles of a task that is skipped may be in use, and be spoiled meanwhile.
    if (record.scope != nullptr) {
        if (const auto failure = reason_to_skip(engine_, record)) {
            not_hungry(record, kHost, work);
            begun(record);
            fail(engine_, record, failure);
            return finish(record, work);
        }
    }
    const bool devices = has_device_form(record);
    const double now = engine_.now();
    bool refused = false;
    for (int tries = 0;; ++tries) {
        const Placement::Choice choice = refused ? placement_.on_host(record, "the device refused a call", Why::refused)
                                                 : placement_.choose(record, devices, now);
        not_hungry(record, choice.device, work);
        try {
            if (choice.device == kHost) return to_host(record, choice, work);
            if (to_device(record, choice, work)) placement_.placed(record, choice, now);
            return;
        } catch (const DeviceError& error) {
            constexpr int kTries = 3;
            if (!error.usable()) {
                // failed() comes when nothing runs there any more; until then everything stands still.
                if (on_failure_ == OnDeviceFailure::fail) return doomed_.push_back({&record, std::current_exception()});
                halted_ = true;
                return held_.push_back(&record);
            }
            if (on_failure_ == OnDeviceFailure::fail || tries == kTries || !record.ops->cpu)
                return fail_now(record, std::current_exception(), work);
            refused = true;  // to the host, unless it was the way there that was refused
        } catch (...) {
            return fail_now(record, std::current_exception(), work);
        }
    }
}

// The task waits for no device's memory any more but for that one's.
void Devices::not_hungry(const Record& record, int but_for, Work& work) {
    for (int device = 0; device < streams_.devices(); ++device)
        if (device != but_for && hungry_[static_cast<std::size_t>(device)] == &record) fed(device, work);
}

// Without the lock: it may take the time of a compiler. A body that cannot be prepared runs on the CPU.
void Devices::prepare(const Work::Preparation& preparation, Work& work) {
    Record& record = *preparation.record;
    try {
        record.ops->gpu->prepare(record.body_address(), streams_.description(preparation.device).architecture);
    } catch (...) {
        const auto error = std::current_exception();
        const std::lock_guard lock(mutex_);
        not_hungry(record, kHost, work);
        if (!record.ops->cpu) return fail_now(record, error, work);
        warn_once(fmt::format("task '{}' runs on the CPU: {}", record.name_view(), what_of(error)));
        begun(record);
        record.flags |= graph::kPinHost;
    }
    work.ready.push_back(&record);
}

void Devices::warn_once(std::string text) {
    const auto [at, fresh] = warned_.insert(std::move(text));
    if (fresh) fmt::print(stderr, "heddle: {}\n", *at);
}

void Devices::to_host(Record& record, const Placement::Choice& choice, Work& work) {
    if (!record.ops->cpu)
        throw ArgumentError(fmt::format("task '{}' cannot run on a GPU", record.name_view()),
                            fmt::format("{}, and it has no CPU body", choice.reason),
                            "give it a CPU body too: heddle::bodies(cpu, gpu)");
    Points needs;
    if (!coherence_.bring_to_host(record, needs)) return park(record, needs);
    begun(record);
    if (has_device_form(record)) {  // of others ran_on_host() is told alone
        placement_.placed(record, choice, engine_.now());
        const auto asked = placement_.asks_for_device(record) ? Ledger::Asked::yes : Ledger::Asked::no;
        if (choice.why != Why::chosen) placement_.ledger().fell_back(record.name_view(), choice.why, asked);
    }
    work.run.push_back(&record);
}

void Devices::ran_on_host(const Record& record, double seconds) {
    const bool placed = has_device_form(record);
    if (!placed && !placement_.ledger().explains() && !record.has(graph::kPinDevice)) return;
    const std::lock_guard lock(mutex_);
    Ledger& ledger = placement_.ledger();
    if (!placed) {
        ledger.placed(record.name_view(), 0, "has no form for a device", {});
        if (seconds >= 0) ledger.measured(record.name_view(), 0, seconds);
        if (record.has(graph::kPinDevice)) ledger.fell_back(record.name_view(), Why::no_form, Ledger::Asked::yes);
        return;
    }
    placement_.ended(record, placement_.kind(record), kHost, seconds);
}

// False: parked, or run elsewhere.
bool Devices::to_device(Record& record, const Placement::Choice& choice, Work& work) {
    const int device = choice.device;
    Record*& hungry = hungry_[static_cast<std::size_t>(device)];
    auto& behind = behind_[static_cast<std::size_t>(device)];
    if (hungry != nullptr ? hungry != &record : !behind.empty() && turn_ != &record) {
        behind.push(&record);
        return false;
    }
    Flight& flight = take_flight();
    flight.in_stream = false;
    Points busy;
    try {
        const Coherence::Fit fit = coherence_.reserve(
            device, record, hungry == nullptr ? ahead(device) : memory::Point(), flight.blocks, busy);
        if (fit == Coherence::Fit::later) {
            hungry = &record;
        } else {
            if (hungry == &record) fed(device, work);
            const device::Stream stream = stream_for(device, record);
            if (fit == Coherence::Fit::yes && coherence_.bring(device, stream, record, flight.blocks, busy)) {
                flight.record = &record;
                flight.kind = choice.kind;
                flight.device = device;
                flight.stream = stream;
                flight.ordinal = streams_.description(device).ordinal;
                flight.architecture = streams_.description(device).architecture;
                set_operands(flight);
                if (is_prepared(flight)) {
                    launch(flight, work);
                    return true;
                }
                free_flights_.push_back(&flight);
                work.prepare.push_back({&record, device});
                return false;
            }
        }
    } catch (...) {
        if (hungry == &record) fed(device, work);
        if (!flight.in_stream) free_flights_.push_back(&flight);  // else the device may still look at it
        throw;
    }
    free_flights_.push_back(&flight);
    if (busy.empty())
        too_large(record, device, work);
    else
        park(record, busy);
    return false;
}

void Devices::too_large(Record& record, int device, Work& work) {
    if (record.ops->cpu)
        return to_host(record, placement_.on_host(record, "does not fit into the device's memory", Why::memory), work);
    throw OutOfMemory(
        fmt::format("task '{}' does not fit into the memory of {}", record.name_view(),
                    streams_.description(device).name),
        fmt::format("its values take {:.0f} bytes, and Heddle may use {} there, of which other tasks hold some",
                    touched_bytes(record), coherence_.memory(device).limit()),
        "use smaller tiles, or give it a CPU body too: heddle::bodies(cpu, gpu)");
}

void Devices::fed(int device, Work& work) {
    hungry_[static_cast<std::size_t>(device)] = nullptr;
    work.fed = true;
}

// The first, as submitted, of those behind a task that is not hungry any more; one at a time, since it may be hungry
// itself.
Record* Devices::next_behind() {
    for (std::size_t device = 0; device < behind_.size(); ++device) {
        if (hungry_[device] != nullptr || behind_[device].empty()) continue;
        Record* record = behind_[device].top();
        behind_[device].pop();
        return record;
    }
    return nullptr;
}

// A device that is full gets few tasks ahead of what it has done: the others wait, and so it is known which tiles they
// need. Enough that it always has work, and copies for the next beside it.
memory::Point Devices::ahead(int device) const {
    const Ends& ends = ends_[static_cast<std::size_t>(device)];
    return ends.points[ends.next];
}

void Devices::expect(const Record& record) noexcept {
    if (!has_device_form(record) || record.has(graph::kPinHost)) return;
    try {
        coherence_.foresight().add(record);
    } catch (const std::bad_alloc&) {  // then its tiles are not known to be needed
    }
}

void Devices::begun(const Record& record) {
    if (has_device_form(record) && !record.has(graph::kPinHost)) coherence_.foresight().remove(record);
}

device::Stream Devices::stream_for(int device, const Record& record) {
    const device::Stream follows = coherence_.follows(device, record);
    if (follows >= 0) return follows;
    int& next = next_stream_[static_cast<std::size_t>(device)];
    next = (next + 1) % streams_.description(device).compute_streams;
    return device::kCompute + next;
}

void Devices::set_operands(Flight& flight) {
    Record& record = *flight.record;
    flight.worker = engine_.threads() + 1;
    for (int device = 0; device < flight.device; ++device) flight.worker += streams_.description(device).streams();
    flight.worker += flight.stream;
    flight.layouts.resize(record.access_count);
    flight.operands.resize(record.access_count);
    flight.bytes = 0;
    for (std::size_t i = 0; i < record.access_count; ++i) {
        const auto& access = record.accesses()[i];
        const auto* region = record.region(access);
        const auto& whole = access.buffer().layout;
        const memory::Block* block = flight.blocks[i];
        detail::Layout& layout = flight.layouts[i];
        layout = region == nullptr ? whole : region->layout;
        flight.operands[i] = {nullptr, &layout};
        if (block == nullptr) continue;
        layout.strides = block->strides;
        layout.dense = true;
        std::int64_t dense = 1;
        for (int a = layout.shape.rank() - 1; a >= 0; --a) {
            if (layout.shape[a] > 1 && layout.strides[a] != dense) layout.dense = false;
            dense *= layout.shape[a];
        }
        const auto width = static_cast<std::int64_t>(size_of(access.buffer().dtype));
        const Shape lo = region == nullptr ? Shape::filled(layout.shape.rank(), 0) : region->box.lo;
        flight.operands[i].data = block->data + block->offset_of(lo) * width;
        flight.bytes += static_cast<double>(layout.count * width) * (access.mode() == Mode::update ? 2 : 1);
    }
}

bool Devices::is_prepared(const Flight& flight) const {
    const detail::GpuOps* gpu = flight.record->ops->gpu;
    if (!gpu_bodies_ || gpu->prepared == nullptr) return true;
    return gpu->prepared(flight.record->body_address(), streams_.description(flight.device).architecture,
                         flight.operands.data());
}

void Devices::launch(Flight& flight, Work& work) {
    Record& record = *flight.record;
    flight.launched = engine_.now();
    flight.needs.clear();
    streams_.add_waits(flight.device, flight.stream, flight.needs);
    launch_body(flight);
    const memory::Point end = streams_.mark(flight.device, flight.stream);
    std::vector<memory::TileUse> uses;
    coherence_.used(record, flight.blocks, end, uses);
    begun(record);
    Ends& ends = ends_[static_cast<std::size_t>(flight.device)];
    ends.points[ends.next] = end;
    ends.next = (ends.next + 1) % Ends::kAhead;
    flight.entry = nullptr;
    if (on_failure_ == OnDeviceFailure::fall_back) {
        auto entry = std::make_unique<PastTask>();
        entry->uses = std::move(uses);
        entry->record = &record;
        entry->end = end;
        entry->scope = record.scope;
        flight.entry = entry.get();
        coherence_.journal().add(std::move(entry));
    }
    add_entry(flight.device, flight.stream, {end.mark, &flight, nullptr});
    ++usage_[static_cast<std::size_t>(flight.device)].tasks;
    release_successors(record, [&](Record* ready) { work.ready.push_back(ready); });
}

// A body that throws may have put work into the stream: its memory is used until then.
void Devices::launch_body(Flight& flight) {
    const Record& record = *flight.record;
    try {
        flight.in_stream = true;
        streams_[flight.device].launch(flight.stream, {record.name_view(), &Devices::run_body, &flight, flight.operands,
                                                       record.flops, flight.bytes});
    } catch (const DeviceError&) {
        flight.in_stream = false;
        throw;
    } catch (...) {
        const memory::Point end = streams_.mark(flight.device, flight.stream);
        for (memory::Block* block : flight.blocks)
            if (block != nullptr) block->earlier.add(end);
        flight.in_stream = false;
        throw;
    }
}

void Devices::run_body(void* context, void* native_stream, const detail::Operand* operands) {
    Flight& flight = *static_cast<Flight*>(context);
    Record& record = *flight.record;
    if (native_stream != nullptr)
        return record.ops->gpu->enqueue(record.body_address(), {native_stream, flight.ordinal, flight.architecture},
                                        operands);
    const std::int64_t pieces = record.has(graph::kWide) ? record.extra->pieces : 1;
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        record.ops->invoke(record.body_address(), operands, {piece, pieces, flight.worker});
}

void Devices::fail_now(Record& record, std::exception_ptr error, Work& work) {
    begun(record);
    fail(engine_, record, std::move(error));
    finish(record, work);
}

void Devices::finish(Record& record, Work& work) {
    release_successors(record, [&](Record* ready) { work.ready.push_back(ready); });
    work.done.push_back({&record, false});
}

void Devices::park(Record& record, const Points& points) {
    Waiter& waiter = take_waiter();
    waiter.record = &record;
    wait_for(waiter, points);
}

void Devices::wait_for(Waiter& waiter, const Points& points) {
    for (const auto& point : points) {
        add_entry(point.device, point.stream, {point.mark, nullptr, &waiter});
        ++waiter.left;
    }
}

void Devices::add_entry(int device, int stream, Entry entry) {
    auto& list = entries(device, stream);
    auto at = list.end();
    while (at != list.begin() && std::prev(at)->mark > entry.mark) --at;
    list.insert(at, entry);
}

void Devices::settle(Waiter& waiter, Work& work) {
    if (--waiter.left != 0) return;
    if (std::exchange(waiter.recovery, false))
        work.recover = true;
    else if (waiter.record != nullptr)
        work.ready.push_back(std::exchange(waiter.record, nullptr));
    else
        work.destroy.push_back(std::exchange(waiter.destroy, nullptr));
    free_waiters_.push_back(&waiter);
}

void Devices::release(graph::BufferCore& buffer, std::function<void()> destroy) {
    Work work;
    {
        const std::lock_guard lock(mutex_);
        ++ending_;
        Points needs;
        if (!coherence_.release(buffer, needs) || halted_) {
            ended_.push_back({&buffer, std::move(destroy)});
        } else if (!needs.empty()) {
            Waiter& waiter = take_waiter();
            waiter.destroy = std::move(destroy);
            wait_for(waiter, needs);
        } else {
            work.destroy.push_back(std::move(destroy));
        }
        tidy(work);
    }
    proceed(work);
    std::unique_lock lock(mutex_);
    if (closed_ && !on_device_thread && !engine_.is_virtual()) stopped_.wait(lock, [this] { return ending_ == 0; });
}

void Devices::end(const ScopeCore& scope) {
    Work work;
    {
        std::unique_lock lock(mutex_);
        resumed_.wait(lock, [this] { return !halted_; });  // woken by finish()
        coherence_.journal().drop_if(
            [&](const auto& entry) { return static_cast<const PastTask&>(entry).scope == &scope; });
        tidy(work);
    }
    proceed(work);
}

bool Devices::recovering() const {
    const std::lock_guard lock(mutex_);
    return halted_;
}

// What the journal let go of is destroyed when the lock is free.
void Devices::tidy(Work& work) {
    memory::Journal& journal = coherence_.journal();
    if (journal.is_long() && !halted_) {
        journal.prune();
        // A scope that keeps its state on a device: what led there need not be kept when the state is on the host.
        constexpr std::size_t kLong = 1024;
        if (journal.size() > kLong) try {
                coherence_.checkpoint();
            } catch (const Error&) {  // it is tried again
            }
    }
    journal.take_dropped(work.dropped);
    if (ended_.empty() || halted_) return;
    std::erase_if(ended_, [&](Ended& ended) {
        if (journal.mentions(*ended.buffer)) return false;
        Points needs;
        coherence_.release(*ended.buffer, needs);
        if (needs.empty()) {
            work.destroy.push_back(std::move(ended.destroy));
        } else {
            Waiter& waiter = take_waiter();
            waiter.destroy = std::move(ended.destroy);
            wait_for(waiter, needs);
        }
        return true;
    });
}

void Devices::reached(int device, device::Stream stream, device::Mark mark) {
    if (!enter()) return;
    report(device, stream, mark);
    leave();
}

void Devices::report(int device, device::Stream stream, device::Mark mark) {
    Work work;
    {
        std::unique_lock lock(mutex_);
        if (!streams_.usable(device)) return;
        if (stream == device::kToHost) {
            const auto drains = coherence_.arrived(device, mark);
            if (!drains.empty()) {
                lock.unlock();
                for (const auto& drain : drains) memory::copy_to_host(*drain.buffer, drain.index, drain.from);
                lock.lock();
                coherence_.drained(drains);
            }
        }
        const double now = engine_.now();
        streams_.set_reached(device, stream, mark, now);
        ++marks_reached_[static_cast<std::size_t>(device)];
        auto& list = entries(device, stream);
        while (!list.empty() && list.front().mark <= mark) {
            const Entry entry = list.front();
            list.pop_front();
            if (entry.waiter != nullptr) {
                settle(*entry.waiter, work);
                continue;
            }
            landed_.push_back(entry.flight);
        }
        for (Flight* landed : landed_) measure(*landed, now, 1. / static_cast<double>(landed_.size()));
        if (!landed_.empty()) last_done_[static_cast<std::size_t>(device)] = now;
        for (Flight* landed : landed_) {
            Flight& flight = *landed;
            if (flight.entry != nullptr) flight.entry->keep();
            work.done.push_back({std::exchange(flight.record, nullptr), flight.entry != nullptr});
            free_flights_.push_back(&flight);
        }
        landed_.clear();
        tidy(work);
    }
    proceed(work);
}

// From when the last task of the device was done, of whichever stream, since what runs beside each other shares the
// device's units. So one that ran beside a long one seems short, the latency of a launch that lies behind other work is
// missed, and so is the time from the end to its report. Of tasks that are reported at once each gets its share.
void Devices::measure(const Flight& flight, double now, double share) {
    double began = std::max(flight.launched, last_done_[static_cast<std::size_t>(flight.device)]);
    for (const memory::Point& point : flight.needs) {
        const double reached = streams_.when_reached(point);
        if (reached < 0) began = now + 1;  // another stream's report is late: nobody knows
        began = std::max(began, reached);
    }
    const double seconds = began > now ? -1 : (now - began) * share;
    placement_.ended(*flight.record, *flight.kind, flight.device, seconds);
}

Devices::Flight& Devices::take_flight() {
    if (free_flights_.empty()) return flights_.emplace_back();
    Flight& flight = *free_flights_.back();
    free_flights_.pop_back();
    return flight;
}

Devices::Waiter& Devices::take_waiter() {
    if (free_waiters_.empty()) return waiters_.emplace_back();
    Waiter& waiter = *free_waiters_.back();
    free_waiters_.pop_back();
    return waiter;
}

std::vector<PlacementReport> Devices::placements() const {
    const std::lock_guard lock(mutex_);
    return placement_.ledger().reports();
}

Fallbacks Devices::fallbacks() const {
    const std::lock_guard lock(mutex_);
    return placement_.ledger().fallbacks();
}

std::size_t Devices::memory() const {
    std::size_t least = coherence_.memory(0).limit();
    for (int device = 1; device < streams_.devices(); ++device)
        least = std::min(least, coherence_.memory(device).limit());
    return least;
}

memory::CopyCounts Devices::copies() const {
    const std::lock_guard lock(mutex_);
    return coherence_.counts();
}

std::size_t Devices::journal_size() const {
    const std::lock_guard lock(mutex_);
    return coherence_.journal().size();
}

void Devices::adopt(graph::BufferCore& buffer, const AdoptedMemory& memory) {
    const std::lock_guard lock(mutex_);
    for (int device = 0; device < streams_.devices(); ++device) {
        if (!gpu_bodies_ || streams_.description(device).ordinal != memory.device) continue;
        streams_[device].check();
        streams_[device].follow(device::kCompute, memory.stream);
        return coherence_.adopt(buffer, device, static_cast<std::byte*>(memory.data),
                                streams_.mark(device, device::kCompute));
    }
    throw ArgumentError(fmt::format("memory of the CUDA device {} cannot be adopted", memory.device),
                        "this engine does not run on it", "make the engine for that device: cuda, or cuda:NUMBER");
}

std::vector<int> Devices::architectures() const {
    std::set<int> found;
    if (gpu_bodies_)
        for (int device = 0; device < streams_.devices(); ++device)
            found.insert(streams_.description(device).architecture);
    return {found.begin(), found.end()};
}

Devices::Usage Devices::usage(int device) const {
    const std::lock_guard lock(mutex_);
    Usage usage = usage_[static_cast<std::size_t>(device)];
    usage.memory_peak = coherence_.memory(device).peak();
    usage.usable = streams_.usable(device);
    return usage;
}

}  // namespace heddle::schedule
