// Devices: its beginning and end, its watchdog, and what it is asked.

#include "host/schedule/devices.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "heddle/error.hpp"
#include "host/schedule/engine_core.hpp"

namespace heddle::schedule {

using graph::Record;

Devices::Devices(EngineCore& engine, std::vector<std::unique_ptr<device::Accelerator>> devices,
                 const EngineOptions& options, HostRates host)
    : engine_(engine),
      on_failure_(options.on_device_failure),
      policy_(options.placement.policy),
      streams_(std::move(devices)),
      coherence_(streams_, engine.memory, options.device_memory),
      placement_(options, streams_, coherence_, host, engine.threads()) {
    for (int device = 0; device < streams_.devices(); ++device) {
        entries_.emplace_back(static_cast<std::size_t>(streams_.queues(device)));
        workers_ += streams_.description(device).streams();
    }
    gpu_bodies_ = streams_.description(0).ordinal >= 0;
    next_stream_.resize(entries_.size(), 0);
    last_done_.resize(entries_.size(), 0);
    history_file_ = History::file(options.history, streams_.description(0).model == "simulated");
    if (!history_file_.empty()) placement_.history().load(history_file_);
    usage_.resize(entries_.size());
    copying_.resize(entries_.size(), 0);
    landings_.resize(entries_.size());
    starved_.resize(entries_.size(), 0);
    late_loss_.resize(entries_.size());
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
        prepares_.notify_all();
        stopped_.wait(lock, [this] { return inside_ == 0; });  // woken by leave()
    }
    if (preparer_.joinable()) preparer_.join();
    if (watchdog_.joinable()) watchdog_.join();
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
    const auto copying = [this] { return std::any_of(copying_.begin(), copying_.end(), [](int n) { return n != 0; }); };
    if (!engine_.is_virtual()) {  // woken by leave(), and by proceed() when a buffer has ended
        stopped_.wait(lock, [&] { return ending_ == 0 && inside_ == 0 && !copying(); });
        no_lane_ = true;
    }
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
            // A thread of a device that is in here reports nothing meanwhile; a body may be being compiled.
            looks[at] = moved || inside_ != 0 || !is_busy(device) ? 0 : looks[at] + 1;
            if (looks[at] != 3) continue;
            streams_[device].retire();  // failed() follows
            break;                      // others may only have waited for it
        }
}

bool Devices::is_busy(int device) const {
    const auto& lists = entries_[static_cast<std::size_t>(device)];
    if (!streams_.usable(device)) return false;
    for (device::Stream stream = 0; stream < streams_.description(device).streams(); ++stream) {
        const auto& list = lists[static_cast<std::size_t>(stream)];
        if (list.empty()) continue;
        // What came up to a mark and is still copied by the host is no fault of the device's.
        const auto& landings = landings_[static_cast<std::size_t>(device)];
        if (stream != device::kToHost || landings.empty() || list.back().mark > landings.back().mark) return true;
    }
    return false;
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

Devices::Usage Devices::usage(int device) const {
    const std::lock_guard lock(mutex_);
    Usage usage = usage_[static_cast<std::size_t>(device)];
    usage.memory_peak = coherence_.memory(device).peak();
    usage.usable = streams_.usable(device);
    return usage;
}

}  // namespace heddle::schedule
