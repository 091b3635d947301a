// Where a ready task goes, and what must happen before it is there.

#include "host/schedule/devices.hpp"

#include <fmt/core.h>

#include <algorithm>
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

// What no device runs: the engine's own tasks, parts of bodies (their values are the body's, on the host), the disk's.
constexpr std::uint8_t kHostFlags = graph::kAlways | graph::kInline | graph::kPart | graph::kDetached;

// Memory of the caller's must hold the values when the task is done, without a host view that would bring them.
bool changes_borrowed(const Record& record) {
    return std::any_of(record.accesses(), record.accesses() + record.access_count, [](const auto& access) {
        return access.mode() != Mode::read && access.buffer().borrowed && !access.buffer().returns;
    });
}

// Whether it changes values that it read: half of it cannot be done again.
bool updates(const Record& record) {
    return std::any_of(record.accesses(), record.accesses() + record.access_count,
                       [](const auto& access) { return access.mode() == Mode::update; });
}

}  // namespace

bool Devices::has_device_form(const Record& record) const {
    const bool body = gpu_bodies_ ? record.ops->gpu != nullptr : record.ops->operands && record.ops->cpu;
    return body && record.lane == Lane::cpu && (record.flags & kHostFlags) == 0 && record.access_count != 0 &&
           !changes_borrowed(record);
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
        if (!work.copies.empty()) {  // first: others do them
            for (HostCopy* copy : std::exchange(work.copies, {}))
                copy->here ? copy->run_here() : engine_.run_chore(*copy);
            if (awaiting_end_ != 0) {
                { const std::lock_guard lock(mutex_); }
                resumed_.notify_all();
            }
        } else if (work.recover) {  // others may wait for it
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
        } else if (!work.run.empty()) {
            Record* record = work.run.back();
            work.run.pop_back();
            engine_.run_on_host(*record);
        } else if (!work.done.empty()) {
            const Work::Done done = work.done.back();
            work.done.pop_back();
            if (!done.kept) drop_body(*done.record);  // without the lock: it may hold buffers
            engine_.complete(*done.record);
        } else if (!work.prepare.empty()) {  // behind what others may wait for
            const Work::Preparation preparation = work.prepare.back();
            work.prepare.pop_back();
            prepare_later(preparation);
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
    held_on_ = coherence_.let_go(record);
    if (held_on_ >= 0) fed_by_let_go(held_on_, work);
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
    Placement::Choice first, choice = placement_.choose(record, devices, now);
    std::exception_ptr too_large;  // for the device of `first`
    for (int tries = 0;; ++tries) {
        if (refused) choice = placement_.on_host(record, "the device refused a call", Why::refused);
        not_hungry(record, choice.device, work);
        left_behind_ = {};
        try {
            if (choice.device == kHost) return to_host(record, choice, work);
            if (to_device(record, choice, work)) placement_.placed(record, choice, now);
            return;
        } catch (const DeviceError& error) {
            constexpr int kTries = 3;
            if (!error.usable()) {
                const bool fails = on_failure_ == OnDeviceFailure::fail;
                if (is_known_lost(error.device())) {  // it was thrown where a fill ended, before failed() came
                    if (fails) return fail_behind(record, std::current_exception(), work);
                    choice = placement_.choose(record, devices, now);
                    continue;
                }
                // failed() comes when nothing runs there any more; until then everything stands still.
                if (fails) return doomed_.push_back({&record, std::current_exception()});
                halted_ = true;
                return held_.push_back(&record);
            }
            if (on_failure_ == OnDeviceFailure::fail || tries == kTries || !record.ops->cpu ||
                (left_behind_ && updates(record)))
                return fail_behind(record, std::current_exception(), work);
            if (left_behind_) {
                const auto asked = placement_.asks_for_device(record) ? Ledger::Asked::yes : Ledger::Asked::no;
                placement_.ledger().fell_back(record.name_view(), Why::refused, asked);
                begun(record);
                record.flags |= graph::kPinHost;
                Points until;
                until.add(left_behind_);
                return park(record, until);
            }
            refused = true;  // to the host, unless it was the way there that was refused
        } catch (const OutOfMemory&) {
            if (record.ops->cpu || left_behind_) return fail_behind(record, std::current_exception(), work);
            if (too_large == nullptr) too_large = std::current_exception(), first = choice;
            const int other = usable_after(choice.device);
            if (other == first.device) return fail_behind(record, too_large, work);
            choice = placement_.at_device(record, other, "does not fit into another device's memory");
        } catch (...) {
            return fail_behind(record, std::current_exception(), work);
        }
    }
}

// The next in turn, perhaps the same.
int Devices::usable_after(int device) const {
    do {
        device = (device + 1) % streams_.devices();
    } while (!streams_.usable(device));
    return device;
}

bool Devices::is_known_lost(const std::string& name) const {
    for (int device = 0; device < streams_.devices(); ++device)
        if (streams_.description(device).name == name) return !streams_.usable(device);
    return false;
}

// The task waits for no device's memory any more but for that one's.
void Devices::not_hungry(const Record& record, int but_for, Work& work) {
    for (int device = 0; device < streams_.devices(); ++device)
        if (device != but_for && hungry_[static_cast<std::size_t>(device)] == &record) fed(device, work);
}

void Devices::warn_once(std::string text) {
    const auto [at, fresh] = warned_.insert(std::move(text));
    if (fresh) tell(*at);
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
    // Who held its blocks needs no more of the memory.
    if (held_on_ != device && (hungry != nullptr ? hungry != &record : !behind.empty() && turn_ != &record)) {
        behind.push(&record);
        return false;
    }
    Flight& flight = take_flight();
    flight.in_stream = false;
    Points busy;
    try {
        const Coherence::Fit fit = coherence_.reserve(
            device, record, hungry == nullptr ? ahead(device) : memory::Point(), flight.blocks, busy);
        if (fit == Coherence::Fit::later || fit == Coherence::Fit::held) {
            hungry = &record;
            if (fit == Coherence::Fit::held) {
                starved_[static_cast<std::size_t>(device)] = 1;
                free_flights_.push_back(&flight);
                return false;
            }
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
            if (fit == Coherence::Fit::yes && !busy.empty()) coherence_.hold(device, record, flight.blocks, busy);
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

// The task that waits for memory of the device, of which another let go, looks again.
void Devices::fed_by_let_go(int device, Work& work) {
    const auto at = static_cast<std::size_t>(device);
    if (std::exchange(starved_[at], 0) != 0) work.ready.push_back(hungry_[at]);
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

device::Stream Devices::stream_for(int device, const Record& record) {
    const device::Stream follows = coherence_.follows(device, record);
    if (follows >= 0) return follows;
    int& next = next_stream_[static_cast<std::size_t>(device)];
    next = (next + 1) % streams_.description(device).compute_streams;
    return device::kCompute + next;
}

}  // namespace heddle::schedule
