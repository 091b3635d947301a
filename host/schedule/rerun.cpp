// Lost tasks that have no CPU body: each runs again on another device, on copies in memory that no buffer has.

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

#include "heddle/error.hpp"
#include "host/schedule/recovery.hpp"

namespace heddle::schedule {

using memory::Point;
using memory::Points;

namespace {

// Of operands that lie behind each other: what cudaMalloc aligns to.
constexpr std::size_t kAlign = 256;
std::size_t aligned(std::size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

struct Body {
    PastTask& task;
    const device::Description& device;

    static void enqueue(void* context, void* native_stream, const detail::Operand* operands) {
        const Body& self = *static_cast<Body*>(context);
        self.task.ops().gpu->enqueue(self.task.body(), {native_stream, self.device.ordinal, self.device.architecture},
                                     operands);
    }
};

std::string name_of(const PastTask& task) {
    return task.record != nullptr ? std::string(task.record->name_view()) : "of a lost device";
}

}  // namespace

// False: to be called again. Throws why no device can run it.
bool Devices::run_elsewhere(Recovery& recovery, PastTask& task) {
    const std::lock_guard lock(mutex_);
    if (recovery.flight) {
        land(recovery, task);
        return true;
    }
    std::exception_ptr error = loss_;
    Points busy;
    for (int device = 0; device < streams_.devices(); ++device) {
        if (!streams_.usable(device)) continue;
        try {
            if (send(recovery, task, device, busy)) break;
            if (busy.empty())
                error = std::make_exception_ptr(OutOfMemory(
                    fmt::format("task '{}' cannot run again on {}", name_of(task), streams_.description(device).name),
                    fmt::format("its values take {} bytes, and Heddle may use {} there", recovery.flight->bytes,
                                coherence_.memory(device).limit()),
                    "use smaller tiles, or give it a CPU body too: heddle::bodies(cpu, gpu)"));
        } catch (const DeviceError& thrown) {
            if (!thrown.usable()) {  // failed() follows, and everything is planned anew
                recovery_ = RecoveryState::waits_for_loss;
                return false;
            }
            error = std::current_exception();
        } catch (const std::exception&) {
            error = std::current_exception();
        }
        abandon(recovery);
        if (!busy.empty()) break;
    }
    if (!recovery.flight && busy.empty()) std::rethrow_exception(error);
    Waiter& waiter = take_waiter();
    waiter.recovery = true;
    wait_for(waiter, recovery.flight ? recovery.flight->ends : busy);
    return false;
}

// Gives back what a flight that will not land has of its device. What it put into the streams there is done, or is lost
// with the device.
void Devices::abandon(Recovery& recovery) {
    if (recovery.flight && recovery.flight->memory != nullptr && streams_.usable(recovery.flight->device)) {
        const Recovery::Flight& flight = *recovery.flight;
        coherence_.give_back(flight.device, flight.memory, flight.bytes, {});
        if (flight.pinned != nullptr) streams_[flight.device].free_pinned(flight.pinned);
    }
    recovery.flight.reset();
}

// Puts the task and its copies into the device's streams. False: when `busy` is reached, or never where that is empty.
bool Devices::send(Recovery& recovery, PastTask& task, int device, Points& busy) {
    recovery.flight = Recovery::Flight{};  // not emplace(): clang 14 takes the nested class for incomplete
    Recovery::Flight& flight = *recovery.flight;
    flight.device = device;
    flight.copies = task.inputs(recovery.versions);
    for (PastTask::Copy& copy : flight.copies) flight.bytes += aligned(copy.bytes.size());
    const auto piece = coherence_.borrow(device, flight.bytes, busy);
    if (piece.data == nullptr) return false;
    flight.pinned = streams_[device].allocate_pinned(flight.bytes);
    if (flight.pinned == nullptr) {
        coherence_.give_back(device, piece.data, flight.bytes, piece.earlier);
        throw OutOfMemory(
            fmt::format("task '{}' cannot run again on {}", name_of(task), streams_.description(device).name),
            fmt::format("the system gives no page-locked memory for {} bytes", flight.bytes),
            "raise the limit on locked memory (ulimit -l), or use smaller tiles");
    }
    flight.memory = piece.data;
    std::size_t at = 0;
    for (PastTask::Copy& copy : flight.copies) {
        flight.operands.push_back({flight.memory + at, &copy.layout});
        std::copy(copy.bytes.begin(), copy.bytes.end(), flight.pinned + at);
        at += aligned(copy.bytes.size());
    }
    streams_.wait(device, device::kToDevice, piece.earlier);
    try {
        enqueue(recovery, task);
    } catch (const DeviceError& error) {
        if (!error.usable()) throw;
        flight.error = std::current_exception();
    } catch (...) {
        flight.error = std::current_exception();
    }
    // Whatever was put into them before an error.
    for (const device::Stream stream : {device::kToDevice, device::kCompute, device::kToHost})
        flight.ends.add(streams_.mark(device, stream));
    return true;
}

// A body without a CPU form has nothing to prepare: see GpuOps in BodyForm.
void Devices::enqueue(Recovery& recovery, PastTask& task) {
    Recovery::Flight& flight = *recovery.flight;
    const int device = flight.device;
    device::Accelerator& accelerator = streams_[device];
    const auto bytes = static_cast<std::ptrdiff_t>(flight.bytes);
    const device::CopyShape all{flight.bytes, 1, bytes, bytes};
    accelerator.copy(device::kToDevice, flight.memory, flight.pinned, all);
    streams_.wait(device, device::kCompute, streams_.mark(device, device::kToDevice));
    Body body{task, accelerator.description()};
    accelerator.launch(device::kCompute,
                       {name_of(task), &Body::enqueue, &body, flight.operands, 0, static_cast<double>(flight.bytes)});
    streams_.wait(device, device::kToHost, streams_.mark(device, device::kCompute));
    accelerator.copy(device::kToHost, flight.pinned, flight.memory, all);
}

// All that was put into the device's streams is done, unless it was lost as well: then everything is planned anew.
void Devices::land(Recovery& recovery, PastTask& task) {
    Recovery::Flight flight = std::move(*recovery.flight);
    recovery.flight.reset();
    if (!streams_.usable(flight.device)) return;
    coherence_.give_back(flight.device, flight.memory, flight.bytes, {});
    std::size_t at = 0;
    for (PastTask::Copy& copy : flight.copies) {
        std::copy_n(flight.pinned + at, copy.bytes.size(), copy.bytes.begin());
        at += aligned(copy.bytes.size());
    }
    streams_[flight.device].free_pinned(flight.pinned);
    if (flight.error != nullptr) std::rethrow_exception(flight.error);
    task.add_made(flight.copies, recovery.versions);
    ++recovery.ran;
}

}  // namespace heddle::schedule
