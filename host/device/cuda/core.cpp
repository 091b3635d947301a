#include "host/device/cuda/core.hpp"

#include "host/device/cuda/checked.hpp"

namespace heddle::device::cuda {
namespace {

// As many as a busy device has in flight; more are made when they are needed.
constexpr int kReadyEvents = 128;

}  // namespace

Core::Core(int number, int streams) : ordinal(number), events(health, kReadyEvents), memory(health, number) {
    for (int i = 0; i < streams; ++i) lanes.push_back(std::make_unique<Lane>(health, events));
}

void Core::watch(Stream stream) noexcept {
    auto& lane = *lanes[static_cast<std::size_t>(stream)];
    try {
        use_device(ordinal);
    } catch (const DeviceError&) {
        lose(std::current_exception());
    }
    auto error = cudaSuccess;
    while (const auto mark = lane.watch(error)) {
        if (health.lost()) break;
        observer->reached(index, stream, mark);
    }
    if (error != cudaSuccess) lose(error);
    if (health.lost() && !told.exchange(true)) observer->failed(index, health.error());
    lane.watcher_ended();
}

void Core::lose(cudaError_t error) noexcept {
    lose(std::make_exception_ptr(make_error(error, "the work in a stream", DeviceError::State::lost, ordinal)));
}

void Core::lose(std::exception_ptr error) noexcept {
    if (!health.lose(std::move(error))) return;
    for (const auto& lane : lanes) lane->wake();
}

void Core::retire(const char* reason, Tell tell) noexcept {
    if (tell == Tell::nobody) told.store(true);
    const auto device = device_name(ordinal);
    lose(std::make_exception_ptr(DeviceError(device + " is not used any more", reason,
                                             "start the program again to use the device", device, 0, "cudaSuccess",
                                             DeviceError::State::lost)));
}

}  // namespace heddle::device::cuda
