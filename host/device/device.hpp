#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace heddle::device {

// How the engine drives a device: it runs each task where it is submitted, it hands ready tasks to the threads of a
// team, or (devices with queues of their own) it enqueues a task as soon as its inputs are enqueued.
enum class Drive : std::uint8_t { at_submission, team };

// The boundary behind which a device's implementation lives. A device knows nothing of tasks, buffers or errors: it
// offers lanes, and the schedule layer decides what runs on them.
class Device {
public:
    virtual ~Device() = default;

    virtual std::string_view name() const = 0;  // "omp", "reference"; also TaskContext::device
    virtual Drive drive() const = 0;
    // The team's largest size.
    virtual int threads() const = 0;

    // What the team runs: called once on each of its threads, it takes tasks until the engine ends.
    using Worker = void (*)(void* context, int index, int count);
    // Opens the team and blocks until every worker has returned. Called by a thread that the engine made for it.
    virtual void run_team(Worker worker, void* context) = 0;
};

// The device of that name; `threads` 0 leaves the number to the environment. Throws ArgumentError, which lists the
// names, for any other.
std::unique_ptr<Device> open_device(std::string_view name, int threads);

// Each implementation's own factory: omp.cpp, reference.cpp.
std::unique_ptr<Device> make_omp(int threads);
std::unique_ptr<Device> make_reference();

}  // namespace heddle::device
