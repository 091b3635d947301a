// What bodies for devices need before they can be enqueued, which may take the time of a compiler.

#include <fmt/core.h>

#include "heddle/error.hpp"
#include "host/device/cuda.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/failure.hpp"

namespace heddle::schedule {

using graph::Record;

// On a thread for it: a device's thread would report nothing meanwhile, and the thread that places a task may be the
// user's, or have tasks to run.
void Devices::prepare_later(const Work::Preparation& preparation) {
    const std::lock_guard lock(mutex_);
    if (!preparer_.joinable()) preparer_ = std::thread([this] { prepare_all(); });
    to_prepare_.push_back(preparation);
    prepares_.notify_one();
}

// Woken by prepare_later() and by the destructor.
void Devices::prepare_all() {
    device::own_cuda_thread();
    std::unique_lock lock(mutex_);
    for (;;) {
        prepares_.wait(lock, [this] { return stop_ || !to_prepare_.empty(); });
        if (to_prepare_.empty()) return;
        const Work::Preparation preparation = to_prepare_.front();
        to_prepare_.pop_front();
        lock.unlock();
        if (!enter()) return;
        Work work;
        prepare(preparation, work);
        proceed(work);
        leave();
        lock.lock();
    }
}

// A body that cannot be prepared runs on the CPU; one whose device was lost meanwhile is placed again.
void Devices::prepare(const Work::Preparation& preparation, Work& work) {
    Record& record = *preparation.record;
    device::Accelerator& device = streams_[preparation.device];
    const auto refused = [&] {
        const auto error = std::current_exception();
        const std::lock_guard lock(mutex_);
        not_hungry(record, kHost, work);
        if (!record.ops->cpu) return fail_now(record, error, work);
        warn_once(fmt::format("task '{}' runs on the CPU: {}", record.name_view(), what_of(error)));
        begun(record);
        record.flags |= graph::kPinHost;
        work.ready.push_back(&record);
    };
    try {
        device.with_device([&] { record.ops->gpu->prepare(record.body_address(), device.description().architecture); });
        work.ready.push_back(&record);
    } catch (const DeviceError& error) {
        if (error.usable()) return refused();
        work.ready.push_back(&record);
    } catch (...) {
        refused();
    }
}

}  // namespace heddle::schedule
