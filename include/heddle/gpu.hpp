#pragma once

#include <type_traits>
#include <utility>

namespace heddle {

// Where a GPU body puts its work.
struct GpuStream {
    void* native;      // a cudaStream_t
    int device;        // CUDA's number of the device, which is the calling thread's current one
    int architecture;  // 90 of compute capability 9.0
};

// What a task has where one of the two bodies is missing.
struct NoBody {};

// The two bodies of one task, of which one runs: they must make the same values. `cpu` is as any task's. `gpu` is
// called as gpu(const GpuStream&, View<T>...) with a view per access whose data() is memory of that device; it puts its
// work into the stream and returns: it neither waits nor touches that memory itself, and submits no tasks. The views'
// shapes and strides are the host's to read. What must live until the work is done may be the body's own: it is
// destroyed after that. What it throws fails the task; so does what CUDA says of its launches,
// unless the task has a CPU body and only overwrites: then that runs when the rest of what was launched is done.
template <class Cpu, class Gpu>
struct Bodies {
    Cpu cpu;
    Gpu gpu;
};

template <class Cpu, class Gpu>
Bodies<std::decay_t<Cpu>, std::decay_t<Gpu>> bodies(Cpu&& cpu, Gpu&& gpu) {
    return {std::forward<Cpu>(cpu), std::forward<Gpu>(gpu)};
}
// For tasks that only a GPU can run. Submitting one to an engine without a GPU throws ArgumentError; one that is on a
// device when that is lost fails, and so does one that a device refuses.
template <class Gpu>
Bodies<NoBody, std::decay_t<Gpu>> gpu_body(Gpu&& gpu) {
    return {{}, std::forward<Gpu>(gpu)};
}

namespace detail {

template <class Body>
inline constexpr bool is_bodies = false;
template <class Cpu, class Gpu>
inline constexpr bool is_bodies<Bodies<Cpu, Gpu>> = true;

}  // namespace detail
}  // namespace heddle
