#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "heddle/view.hpp"

namespace heddle::device {

// A queue of an accelerator: what is put into one runs in that order. Compute streams follow kCompute.
using Stream = int;
inline constexpr Stream kToDevice = 0, kToHost = 1, kCompute = 2;

// A place in a stream, numbered from 1: reached once everything that was put into the stream before it is done.
using Mark = std::uint64_t;

struct Description {
    std::string name;        // "cuda:0", "sim:1"
    std::string model;       // "NVIDIA H100 80GB HBM3"
    int ordinal = -1;        // CUDA's number of it; -1: no CUDA device, CPU bodies run on it
    int architecture = 0;    // of CUDA: 90 of compute capability 9.0
    std::size_t memory = 0;  // bytes
    int compute_streams = 1;
    // Rates as rated or measured; 0 of the simulated device: takes no time.
    double to_device = 0, to_host = 0, on_device = 0;  // bytes per second
    double flops = 0;                                  // per second
    double launch = 0;                                 // seconds

    int streams() const { return kCompute + compute_streams; }
};

// `rows` runs of `bytes` bytes; the next run starts a pitch further on.
struct CopyShape {
    std::size_t bytes = 0, rows = 1;
    std::ptrdiff_t to_pitch = 0, from_pitch = 0;
};

// Work on device memory. `run` is called once: by launch(), with the stream's native handle, to enqueue; or, where the
// handle is null, when its turn has come, with operands that the calling thread may touch, to do the work itself.
struct Launch {
    std::string_view name;
    void (*run)(void* context, void* native_stream, const detail::Operand* operands);
    void* context;  // lives until the next mark of the stream is reached
    std::span<const detail::Operand> operands;
    double flops = 0, bytes = 0;  // what the work takes
};

// Told of what becomes of enqueued work, by threads of the device's own that hold no lock of it (of the simulated
// device in virtual time: by Clock::step). Must not throw.
class Observer {
public:
    virtual ~Observer() = default;
    // Marks of one stream arrive in ascending order; some may be left out when a later one is reported.
    virtual void reached(int device, Stream stream, Mark mark) = 0;
    // Once, with a DeviceError: nothing that the device still holds will be done, its memory is lost.
    virtual void failed(int device, std::exception_ptr error) = 0;
};

// The boundary behind which a device with memory and queues of its own lives. It knows nothing of tasks or buffers.
// Calls come from one thread at a time, except of allocate_pinned(), free_pinned(), reached() and await(); none but
// await() blocks on the device. Each throws DeviceError, which says whether the device is usable; once it is not, frees
// do nothing.
class Accelerator {
public:
    virtual ~Accelerator() = default;

    virtual const Description& description() const = 0;
    // Before the first use. `index` is what the observer is told.
    virtual void start(Observer& observer, int index) = 0;

    // Device memory, usable by what is put into `stream` from now on, and by others behind a mark of it; null when
    // there is not enough. free() lets go of it behind everything that is in the stream now.
    virtual std::byte* allocate(std::size_t bytes, Stream stream) = 0;
    virtual void free(std::byte* block, Stream stream) noexcept = 0;
    // Gives memory that is kept for reuse back to the device.
    virtual void trim() noexcept = 0;
    // Page-locked host memory, from which and to which copies run beside everything else; null when there is none.
    virtual std::byte* allocate_pinned(std::size_t bytes) = 0;
    virtual void free_pinned(std::byte* block) noexcept = 0;

    // In kToDevice from pinned host memory, in kToHost to it, in a compute stream within the device.
    virtual void copy(Stream stream, void* to, const void* from, const CopyShape& shape) = 0;
    // From memory of another device of the same kind, through the host where the devices cannot reach each other.
    virtual void copy_from_peer(Stream stream, void* to, Accelerator& source, const void* from, std::size_t bytes) = 0;
    virtual void launch(Stream stream, const Launch& launch) = 0;
    // What is put into `stream` from now on runs after the mark of that stream of that device (of the same kind).
    virtual void wait(Stream stream, Accelerator& other, Stream other_stream, Mark mark) = 0;
    // What is put into `stream` from now on runs after what is in another library's stream of this device now.
    virtual void follow(Stream stream, void* native_stream) = 0;
    virtual Mark mark(Stream stream) = 0;
    virtual bool reached(Stream stream, Mark mark) const = 0;
    virtual void await(Stream stream, Mark mark) = 0;
    // Throws what the device was lost by, if it was, also when the observer has not been told yet. Any thread.
    virtual void check() const = 0;
    // Calls work() on the calling thread, where calls to the device's runtime then mean this device. Any thread.
    virtual void with_device(const std::function<void()>& work) { work(); }
    // Gives up on the device, say because it hangs: nothing more is reached, streams stop. It is lost then, of which
    // the observer is told as of any failure, once none of its streams runs anything any more. Does not wait for that.
    virtual void retire() noexcept = 0;
};

}  // namespace heddle::device
