#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "heddle/error.hpp"
#include "host/device/accelerator.hpp"
#include "host/device/sim_memory.hpp"
#include "host/device/sim_stream.hpp"

namespace heddle::device {

// The names and numbers of a simulated driver's errors, after CUDA's.
struct SimCode {
    int code;
    const char* name;
};
inline constexpr SimCode kInvalidValue{1, "simInvalidValue"}, kNoMemory{2, "simMemoryAllocation"},
    kIllegalAddress{700, "simIllegalAddress"}, kTimeout{702, "simLaunchTimeout"}, kFailure{719, "simLaunchFailure"};

// What the streams of a simulated device share: its memory, its compute units, and whether it still works.
class SimDevice {
public:
    SimDevice(const SimOptions& options, int ordinal);
    ~SimDevice();
    SimDevice(const SimDevice&) = delete;
    SimDevice& operator=(const SimDevice&) = delete;

    const std::string& name() const { return name_; }
    SimMemory& memory() const { return *memory_; }
    const std::shared_ptr<SimMemory>& shared_memory() const { return memory_; }
    SimStream& stream(Stream number) const { return *streams_[static_cast<std::size_t>(number)]; }

    void start(Observer& observer, int index);
    // When what costs this much and starts at `start` is done. The compute units take operations in the order of their
    // starts, one at a time: streams overlap their latencies and share the rate.
    double finish(double start, const Cost& cost);

    // The device is lost for this reason, unless it has ended before; the last stream to leave tells the observer.
    void fail(const std::string& problem, const std::string& reason, SimCode code) noexcept;
    bool ended() const { return state_.load(std::memory_order_acquire) != State::working; }
    // Throws the error that the device was lost with.
    void check() const;
    // Called by each started stream once, when it will run nothing more.
    void leave();
    void reached(Stream stream, Mark mark) { observer_->reached(index_, stream, mark); }

private:
    enum class State : unsigned char { working, lost, closed };
    void stop_streams();

    const std::string name_;
    const std::shared_ptr<SimMemory> memory_;
    std::vector<std::shared_ptr<SimStream>> streams_;
    Observer* observer_ = nullptr;
    int index_ = 0;

    std::atomic<int> running_{0};  // streams that have started and not left
    std::atomic<State> state_{State::working};
    std::optional<DeviceError> error_;  // written before the device is lost, then only read

    std::mutex mutex_;       // guards what follows, and the change of state_
    double units_free_ = 0;  // when the compute units have nothing more to do
};

}  // namespace heddle::device
