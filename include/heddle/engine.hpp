#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heddle/api.hpp"
#include "heddle/placements.hpp"
#include "heddle/scope.hpp"
#include "heddle/task.hpp"

namespace heddle {

namespace schedule {
class EngineCore;
}

// Whether every body works on guarded copies of exactly the regions that it declares, compared afterwards: slow, and
// catches bodies that touch more, or write what they only read (AccessError). What a task declares as written holds
// NaN (or 0xA5 bytes) when its body starts. `automatic`: as HEDDLE_CHECKS=1 or 0 says, else on in debug builds of
// Heddle.
enum class Checks : std::uint8_t { automatic, off, on };

// Where tasks run that a device could run. `automatic`: where they would be finished first. `fixed`: `gpu_share` of the
// bytes that they touch on devices, the rest on the CPU. What a task's own TaskOptions::place says comes first.
struct PlacementOptions {
    enum class Policy : std::uint8_t { automatic, cpu, gpu, fixed };
    Policy policy = Policy::automatic;
    double gpu_share = 0.5;
};

// What becomes of the work on a device that is lost: `fall_back` runs it again elsewhere, `fail` throws DeviceError.
enum class OnDeviceFailure : std::uint8_t { fall_back, fail };

struct EngineOptions {
    int threads = 0;                   // of the CPU lane; 0: OMP_NUM_THREADS, else one per core
    std::string device = "";           // see Engine; "": what HEDDLE_DEVICE says, else "omp"
    std::size_t memory = 0;            // bytes that buffers may take; 0: three quarters of the machine's
    std::size_t device_memory = 0;     // bytes on each device; 0: nine tenths of the device's
    std::size_t max_tasks = 1u << 16;  // in flight, at least 1: fewer never wait for room, a few more may get in
    std::size_t max_bytes = 0;         // in flight, as TaskOptions::bytes says; 0: no limit
    Checks checks = Checks::automatic;
    PlacementOptions placement = {};
    OnDeviceFailure on_device_failure = OnDeviceFailure::fall_back;
    // A device that has work and gets nothing done for so long is given up as lost; 0: never.
    std::chrono::nanoseconds device_timeout{0};
    // The file that keeps measured run times from one engine to the next, or "off"; "": what HEDDLE_HISTORY says, else
    // run_times in HEDDLE_CACHE_DIR or in heddle/ in the user's cache. Simulated devices use only a file that is named.
    std::string history = "";
    bool explain = false;  // keep what Engine::placements() gives
};

// Owns the lanes and the memory. Device "omp" runs tasks on one persistent OpenMP team (OMP_NUM_THREADS,
// OMP_PROC_BIND and OMP_PLACES are followed) and one I/O thread; "reference" runs each task where it is
// submitted, one at a time; what a body submits beside itself runs when that body has ended. "cuda" adds all GPUs to
// "omp", "cuda:0,2" these, and "auto" those that can be opened, which may be none; "sim" adds simulated devices,
// "sim:help" lists their keys. Any thread may use it; several engines may live side by side. Buffers and scopes may not
// be used for new work once it is gone. Throws ArgumentError for options that make no sense, DeviceError (NotBuilt) for
// a GPU that is not there.
class HEDDLE_API Engine {
public:
    explicit Engine(const EngineOptions& options = {});
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    // Waits for all tasks, and prints an error that nobody has seen.
    ~Engine();

    // A task of the engine's own scope; as Scope::submit.
    template <class Body, class... A>
    void submit(const TaskName& name, Body&& body, const A&... accesses) {
        submit(TaskOptions{.name = name}, std::forward<Body>(body), accesses...);
    }
    template <class Body, class... A>
    void submit(const TaskOptions& options, Body&& body, const A&... accesses) {
        std::decay_t<Body> moved(std::forward<Body>(body));
        detail::submit_task(scope(), options, moved, accesses...);
    }
    // Waits for the tasks of the engine's own scope; as Scope::wait.
    void wait();

    int threads() const;               // of the CPU lane
    int workers() const;               // different values of Piece::worker: the CPU lane's threads and the I/O thread
    std::string_view device() const;   // "omp", "reference", "cuda" or "sim"
    std::size_t memory_limit() const;  // bytes
    std::size_t memory_used() const;   // bytes, now
    std::size_t memory_peak() const;   // bytes, so far

    // Where tasks ran and why, by name, so far: of engines with devices whose options ask for it, else empty.
    std::vector<PlacementReport> placements() const;
    Fallbacks fallbacks() const;  // so far

    const std::shared_ptr<schedule::EngineCore>& core() const { return core_; }

private:
    schedule::ScopeCore* scope() const;
    std::shared_ptr<schedule::EngineCore> core_;
};

}  // namespace heddle
