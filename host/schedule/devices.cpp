#include "host/schedule/devices.hpp"

#include <algorithm>
#include <utility>

#include "heddle/error.hpp"
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

bool has_device_form(const Record& record) {
    return record.ops->operands && record.lane == Lane::cpu && (record.flags & kHostFlags) == 0 &&
           record.access_count != 0;
}

}  // namespace

Devices::Devices(EngineCore& engine, std::vector<std::unique_ptr<device::Accelerator>> devices,
                 const EngineOptions& options, HostRates host)
    : engine_(engine),
      on_failure_(options.on_device_failure),
      streams_(std::move(devices)),
      coherence_(streams_, engine.memory, options.device_memory),
      placement_(options.placement, streams_, coherence_, host) {
    for (int device = 0; device < streams_.devices(); ++device) {
        const int streams = streams_.description(device).streams();
        entries_.emplace_back(static_cast<std::size_t>(streams));
        workers_ += streams;
    }
    next_stream_.resize(entries_.size(), 0);
    usage_.resize(entries_.size());
    hungry_.resize(entries_.size(), nullptr);
    behind_.resize(entries_.size());
    engine.memory.pin_with(streams_[0]);
    for (int device = 0; device < streams_.devices(); ++device) streams_[device].start(*this, device);
}

Devices::~Devices() = default;

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
        if (!work.ready.empty()) {
            Record& record = *work.ready.back();
            work.ready.pop_back();
            if (concerns(record)) {
                const std::lock_guard lock(mutex_);
                place(record, work);
            } else {
                work.run.push_back(&record);
            }
        } else if (!work.run.empty()) {
            Record* record = work.run.back();
            work.run.pop_back();
            engine_.run_on_host(*record);
        } else if (!work.done.empty()) {
            Record* record = work.done.back();
            work.done.pop_back();
            drop_body(*record);  // without the lock: it may hold buffers
            engine_.complete(*record);
        } else if (!work.destroy.empty()) {
            auto destroy = std::move(work.destroy.back());
            work.destroy.pop_back();
            destroy();
        } else {
            return;
        }
    }
}

// Successors are released before the task's end is known: what they may touch on a device is behind the task's point.
void Devices::place(Record& record, Work& work) {
    // A task that is skipped touches nothing; the CPU lane finds that out again.
    if (record.scope != nullptr && reason_to_skip(engine_, record) != nullptr) return work.run.push_back(&record);
    try {
        const bool devices = has_device_form(record);
        const double now = engine_.now();
        for (;;) {
            const Placement::Choice choice = placement_.choose(record, devices, now);
            if (choice.device == kHost) return to_host(record, work);
            try {
                if (to_device(record, choice, work)) placement_.placed(choice, now);
                return;
            } catch (const DeviceError& error) {
                if (!error.usable()) lose(choice.device, std::current_exception(), work);
                if (on_failure_ == OnDeviceFailure::fail) throw;
                if (error.usable()) return to_host(record, work);
            }
        }
    } catch (...) {
        fail_now(record, std::current_exception(), work);
    }
}

void Devices::to_host(Record& record, Work& work) {
    Points needs;
    if (coherence_.bring_to_host(record, needs)) return work.run.push_back(&record);
    park(record, needs);
}

// False: parked, or run elsewhere.
bool Devices::to_device(Record& record, const Placement::Choice& choice, Work& work) {
    const int device = choice.device;
    Record*& hungry = hungry_[static_cast<std::size_t>(device)];
    if (hungry != nullptr && hungry != &record) {
        behind_[static_cast<std::size_t>(device)].push_back(&record);
        return false;
    }
    Flight& flight = take_flight();
    Points busy;
    try {
        const Coherence::Fit fit = coherence_.reserve(device, record, flight.blocks, busy);
        if (fit == Coherence::Fit::later) {
            hungry = &record;
        } else {
            if (hungry == &record) fed(device, work);
            const device::Stream stream = stream_for(device, record);
            if (fit == Coherence::Fit::yes && coherence_.bring(device, stream, record, flight.blocks, busy)) {
                flight.record = &record;
                flight.device = device;
                flight.stream = stream;
                launch(flight, work);
                return true;
            }
        }
    } catch (...) {
        if (hungry == &record) fed(device, work);
        free_flights_.push_back(&flight);
        throw;
    }
    free_flights_.push_back(&flight);
    if (busy.empty())
        to_host(record, work);
    else
        park(record, busy);
    return false;
}

void Devices::fed(int device, Work& work) {
    hungry_[static_cast<std::size_t>(device)] = nullptr;
    auto& behind = behind_[static_cast<std::size_t>(device)];
    work.ready.insert(work.ready.end(), behind.begin(), behind.end());
    behind.clear();
}

device::Stream Devices::stream_for(int device, const Record& record) {
    const device::Stream follows = coherence_.follows(device, record);
    if (follows >= 0) return follows;
    int& next = next_stream_[static_cast<std::size_t>(device)];
    next = (next + 1) % streams_.description(device).compute_streams;
    return device::kCompute + next;
}

void Devices::launch(Flight& flight, Work& work) {
    Record& record = *flight.record;
    flight.owner = this;
    flight.worker = engine_.threads() + 1;
    for (int device = 0; device < flight.device; ++device) flight.worker += streams_.description(device).streams();
    flight.worker += flight.stream;
    flight.layouts.resize(record.access_count);
    flight.operands.resize(record.access_count);
    double bytes = 0;
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
        bytes += static_cast<double>(layout.count * width) * (access.mode() == Mode::update ? 2 : 1);
    }
    streams_[flight.device].launch(
        flight.stream, {record.name_view(), &Devices::run_body, &flight, flight.operands, record.flops, bytes});
    const memory::Point end = streams_.mark(flight.device, flight.stream);
    flight.mark = end.mark;
    coherence_.used(record, flight.blocks, end);
    add_entry(flight.device, flight.stream, {end.mark, &flight, nullptr});
    ++usage_[static_cast<std::size_t>(flight.device)].tasks;
    release_successors(record, [&](Record* ready) { work.ready.push_back(ready); });
}

void Devices::run_body(void* context, void* native_stream, const detail::Operand* operands) {
    Flight& flight = *static_cast<Flight*>(context);
    Record& record = *flight.record;
    (void)native_stream;
    const std::int64_t pieces = record.has(graph::kWide) ? record.extra->pieces : 1;
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        record.ops->invoke(record.body_address(), operands, {piece, pieces, flight.worker});
}

void Devices::fail_now(Record& record, std::exception_ptr error, Work& work) {
    fail(engine_, record, std::move(error));
    release_successors(record, [&](Record* ready) { work.ready.push_back(ready); });
    work.done.push_back(&record);
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
    if (waiter.record != nullptr)
        work.ready.push_back(std::exchange(waiter.record, nullptr));
    else
        work.destroy.push_back(std::exchange(waiter.destroy, nullptr));
    free_waiters_.push_back(&waiter);
}

void Devices::release(graph::BufferCore& buffer, std::function<void()> destroy) {
    {
        const std::lock_guard lock(mutex_);
        Points needs;
        coherence_.release(buffer, needs);
        if (!needs.empty()) {
            Waiter& waiter = take_waiter();
            waiter.destroy = std::move(destroy);
            return wait_for(waiter, needs);
        }
    }
    destroy();
}

void Devices::reached(int device, device::Stream stream, device::Mark mark) {
    Work work;
    std::unique_lock lock(mutex_);
    if (!streams_.usable(device)) return;
    if (stream == device::kToHost) {
        const auto drains = coherence_.take_drains(device, mark);
        if (!drains.empty()) {
            lock.unlock();
            for (const auto& drain : drains) Coherence::drain(drain);
            lock.lock();
            if (!streams_.usable(device)) return;
        }
    }
    streams_.set_reached(device, stream, mark);
    auto& list = entries(device, stream);
    while (!list.empty() && list.front().mark <= mark) {
        const Entry entry = list.front();
        list.pop_front();
        if (entry.waiter != nullptr) {
            settle(*entry.waiter, work);
        } else {
            placement_.finished(device);
            work.done.push_back(entry.flight->record);
            entry.flight->record = nullptr;
            free_flights_.push_back(entry.flight);
        }
    }
    lock.unlock();
    proceed(work);
}

// What was in flight has failed, and tiles whose only values were there are spoiled. Whoever waits for the device looks
// again.
void Devices::lose(int device, const std::exception_ptr& error, Work& work) {
    if (!streams_.usable(device)) return;
    streams_.retire(device);
    const auto lost = coherence_.forget(device);
    std::vector<Record*> flown;
    for (auto& list : entries_[static_cast<std::size_t>(device)]) {
        for (const Entry& entry : list) {
            if (entry.waiter != nullptr) {
                settle(*entry.waiter, work);
            } else {
                flown.push_back(std::exchange(entry.flight->record, nullptr));
                free_flights_.push_back(entry.flight);
            }
        }
        list.clear();
    }
    fed(device, work);
    std::sort(flown.begin(), flown.end(), [](const Record* a, const Record* b) { return a->seq < b->seq; });
    graph::FailurePtr failure;
    for (Record* record : flown) {
        failure = make_failure(engine_, *record, error);
        (record->scope != nullptr ? *record->scope : engine_.own_scope()).add_failure(failure);
        work.done.push_back(record);
    }
    if (failure == nullptr) {
        failure = std::make_shared<graph::Failure>();
        failure->error = error;
    }
    for (const auto& [buffer, tile] : lost) buffer->set_poison(tile, failure);
    engine_.set_failed();
}

void Devices::failed(int device, std::exception_ptr error) {
    Work work;
    {
        const std::lock_guard lock(mutex_);
        lose(device, error, work);
    }
    proceed(work);
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

memory::CopyCounts Devices::copies() const {
    const std::lock_guard lock(mutex_);
    return coherence_.counts();
}

Devices::Usage Devices::usage(int device) const {
    const std::lock_guard lock(mutex_);
    Usage usage = usage_[static_cast<std::size_t>(device)];
    usage.memory_peak = coherence_.memory(device).peak();
    usage.usable = streams_.usable(device);
    return usage;
}

}  // namespace heddle::schedule
