#include "tests/device/cuda/fake_runtime.hpp"

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace {

// One lock for everything: this is a judge, not a fast runtime.
// Never destroyed: streams that were left behind use them until the process ends.
auto& mutex = *new std::mutex;                 // guards all that follows but `last_error` and `current`
auto& changed = *new std::condition_variable;  // streams and waits; woken by whatever changes
auto& counted = *new std::map<std::string, int>;
bool hanging = false;
thread_local cudaError_t last_error = cudaSuccess;
thread_local int current = 0;
thread_local bool watcher = false;

struct Device {
    cudaError_t sticky = cudaSuccess;
    std::size_t used = 0;
    bool available = true;
    bool opened = false;  // by cudaSetDevice, which makes a context
};
std::array<Device, heddle::fake_cuda::kDevices> devices;

struct Step {
    std::function<void()> work;     // without the lock; may be empty
    std::function<bool()> may_run;  // with the lock; may be empty
    std::shared_ptr<bool> done;
};

cudaError_t give(cudaError_t error) {
    if (error != cudaSuccess) last_error = error;
    return error;
}

// Counts the call; the lock is then held.
std::unique_lock<std::mutex> enter(const char* name) {
    std::unique_lock lock(mutex);
    ++counted[name];
    return lock;
}

}  // namespace

struct CUstream_st {
    int device = 0;
    std::deque<Step> steps;
    bool ended = false;

    void run() {
        std::unique_lock lock(mutex);
        auto& owner = devices[static_cast<std::size_t>(device)];
        for (;;) {
            changed.wait(lock, [&] {
                return (steps.empty() && ended) ||
                       (!steps.empty() &&
                        (owner.sticky != cudaSuccess || !steps.front().may_run || steps.front().may_run()));
            });
            if (steps.empty()) return;
            auto step = std::move(steps.front());
            if (owner.sticky == cudaSuccess) {
                lock.unlock();
                if (step.work) step.work();
                lock.lock();
                if (owner.sticky == cudaSuccess && step.done) *step.done = true;
            }
            steps.pop_front();
            changed.notify_all();
        }
    }
    cudaError_t put(Step step) {
        auto& owner = devices[static_cast<std::size_t>(device)];
        if (owner.sticky != cudaSuccess) return owner.sticky;
        steps.push_back(std::move(step));
        changed.notify_all();
        return cudaSuccess;
    }
};
struct CUevent_st {
    int device = 0;
    std::shared_ptr<bool> done = std::make_shared<bool>(true);
};
struct CUmemPoolHandle_st {
    int device = 0;
};

namespace {

// In front of each block, so that its size is known when it is freed.
constexpr std::size_t kHeader = 64;

cudaError_t sticky_of(int device) { return devices[static_cast<std::size_t>(device)].sticky; }

cudaError_t copy_rows(cudaStream_t stream, void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                      std::size_t bytes, std::size_t rows) {
    return stream->put({[=] {
                            for (std::size_t i = 0; i < rows; ++i)
                                std::memcpy(static_cast<char*>(to) + i * to_pitch,
                                            static_cast<const char*>(from) + i * from_pitch, bytes);
                        },
                        nullptr, nullptr});
}

}  // namespace

namespace heddle::fake_cuda {

void enqueue(cudaStream_t stream, std::function<void()> work) {
    const std::lock_guard lock(mutex);
    stream->put({std::move(work), nullptr, nullptr});
}

void enqueue_fault(cudaStream_t stream) {
    enqueue(stream, [stream] {
        const std::lock_guard lock(mutex);
        devices[static_cast<std::size_t>(stream->device)].sticky = cudaErrorIllegalAddress;
    });
}

void enqueue_hang(cudaStream_t stream) {
    const std::lock_guard lock(mutex);
    hanging = true;
    stream->put({nullptr, [] { return !hanging; }, nullptr});
}

void release() {
    const std::lock_guard lock(mutex);
    hanging = false;
    changed.notify_all();
}

Taken::Taken(int device, std::size_t bytes) : device_(device), bytes_(bytes) {
    const std::lock_guard lock(mutex);
    devices[static_cast<std::size_t>(device_)].used += bytes_;
}

Taken::~Taken() {
    const std::lock_guard lock(mutex);
    devices[static_cast<std::size_t>(device_)].used -= bytes_;
}

bool on_watcher() { return watcher; }

void set_available(int device, bool available) {
    const std::lock_guard lock(mutex);
    devices[static_cast<std::size_t>(device)].available = available;
}

void set_last_error(cudaError_t error) { last_error = error; }

std::map<std::string, int> calls() {
    const std::lock_guard lock(mutex);
    return std::exchange(counted, {});
}

}  // namespace heddle::fake_cuda

extern "C" {

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
const char* cudaGetErrorName(cudaError_t error) {
    return error == cudaErrorIllegalAddress ? "cudaErrorIllegalAddress" : "cudaErrorOther";
}
const char* cudaGetErrorString(cudaError_t) { return "as the stand-in says"; }

cudaError_t cudaDriverGetVersion(int* version) { return *version = CUDART_VERSION, cudaSuccess; }
cudaError_t cudaGetDeviceCount(int* count) {
    const auto lock = enter("cudaGetDeviceCount");
    return *count = heddle::fake_cuda::kDevices, cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) { return *device = current, cudaSuccess; }
cudaError_t cudaGetDriverEntryPointByVersion(const char*, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* result) {
    *result = cudaDriverEntryPointSuccess;
    *function = reinterpret_cast<void*>(+[](int device, unsigned*, int* active) {
        const std::lock_guard lock(mutex);
        return *active = devices[static_cast<std::size_t>(device)].opened ? 1 : 0, 0;
    });
    return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
    const auto lock = enter("cudaSetDevice");
    current = device;
    devices[static_cast<std::size_t>(device)].opened = true;
    return give(sticky_of(device));
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
    const auto lock = enter("cudaGetDeviceProperties");
    *properties = {};
    std::strcpy(properties->name, "Stand-in");
    properties->totalGlobalMem = heddle::fake_cuda::kMemory;
    properties->major = 9;
    properties->multiProcessorCount = 4;
    return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int) {
    const auto lock = enter("cudaDeviceGetAttribute");
    *value = which == cudaDevAttrMaxPitch ? 1 << 20 : which == cudaDevAttrMultiProcessorCount ? 4 : 1'000'000;
    return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    const auto lock = enter("cudaMemGetInfo");
    if (!devices[static_cast<std::size_t>(current)].available) return give(cudaErrorDevicesUnavailable);
    *total = heddle::fake_cuda::kMemory;
    *free = *total - devices[static_cast<std::size_t>(current)].used;
    return give(sticky_of(current));
}
cudaError_t cudaDeviceCanAccessPeer(int* possible, int, int) {
    const auto lock = enter("cudaDeviceCanAccessPeer");
    return *possible = 1, cudaSuccess;
}
cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) { return give(cudaErrorPeerAccessAlreadyEnabled); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    const auto lock = enter("cudaStreamCreateWithFlags");
    *stream = new CUstream_st{current, {}, false};
    // Owns the stream, which outlives its destruction until its work is done.
    std::thread([s = *stream] {
        s->run();
        delete s;
    }).detach();
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    const auto lock = enter("cudaStreamDestroy");
    stream->ended = true;
    changed.notify_all();
    return cudaSuccess;
}
cudaError_t cudaStreamQuery(cudaStream_t stream) {
    const auto lock = enter("cudaStreamQuery");
    if (const auto sticky = sticky_of(stream->device); sticky != cudaSuccess) return give(sticky);
    return give(stream->steps.empty() ? cudaSuccess : cudaErrorNotReady);
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    const auto lock = enter("cudaStreamWaitEvent");
    // What waits for another device that is lost goes on, as on simulated devices.
    const auto over = [done = event->done, device = event->device] {
        return *done || sticky_of(device) != cudaSuccess;
    };
    return give(stream->put({nullptr, over, nullptr}));
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
    const auto lock = enter("cudaEventCreateWithFlags");
    if (flags != (cudaEventDisableTiming | cudaEventBlockingSync)) return give(cudaErrorInvalidValue);
    *event = new CUevent_st{current};
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    const auto lock = enter("cudaEventDestroy");
    delete event;
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    const auto lock = enter("cudaEventRecord");
    event->done = std::make_shared<bool>(false);
    return give(stream->put({nullptr, nullptr, event->done}));
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
    const auto lock = enter("cudaEventQuery");
    watcher = true;
    if (const auto sticky = sticky_of(event->device); sticky != cudaSuccess) return give(sticky);
    return give(*event->done ? cudaSuccess : cudaErrorNotReady);
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    auto lock = enter("cudaEventSynchronize");
    const auto done = event->done;
    const auto device = event->device;
    changed.wait(lock, [&] { return *done || sticky_of(device) != cudaSuccess; });
    return give(sticky_of(device));
}

cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* properties) {
    const auto lock = enter("cudaMemPoolCreate");
    *pool = new CUmemPoolHandle_st{properties->location.id};
    return cudaSuccess;
}
cudaError_t cudaMemPoolDestroy(cudaMemPool_t pool) { return delete pool, cudaSuccess; }
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaMemPoolSetAccess(cudaMemPool_t, const cudaMemAccessDesc*, std::size_t) {
    const auto lock = enter("cudaMemPoolSetAccess");
    return cudaSuccess;
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) { return cudaSuccess; }
cudaError_t cudaMallocFromPoolAsync(void** block, std::size_t bytes, cudaMemPool_t pool, cudaStream_t stream) {
    const auto lock = enter("cudaMallocFromPoolAsync");
    auto& device = devices[static_cast<std::size_t>(pool->device)];
    if (device.sticky != cudaSuccess) return give(device.sticky);
    if (pool->device != stream->device) return give(cudaErrorInvalidValue);
    if (device.used + bytes > heddle::fake_cuda::kMemory) return give(cudaErrorMemoryAllocation);
    auto* data = static_cast<char*>(std::malloc(kHeader + bytes));
    std::memcpy(data, &bytes, sizeof bytes);
    device.used += bytes;
    *block = data + kHeader;
    return cudaSuccess;
}
cudaError_t cudaFreeAsync(void* block, cudaStream_t stream) {
    const auto lock = enter("cudaFreeAsync");
    return give(stream->put({[=] {
                                 auto* data = static_cast<char*>(block) - kHeader;
                                 std::size_t bytes = 0;
                                 std::memcpy(&bytes, data, sizeof bytes);
                                 std::free(data);
                                 const std::lock_guard inner(mutex);
                                 devices[static_cast<std::size_t>(stream->device)].used -= bytes;
                             },
                             nullptr, nullptr}));
}
cudaError_t cudaHostAlloc(void** block, std::size_t bytes, unsigned) {
    const auto lock = enter("cudaHostAlloc");
    if (bytes > heddle::fake_cuda::kMemory) return give(cudaErrorMemoryAllocation);
    *block = std::malloc(bytes);
    return give(sticky_of(current));
}
cudaError_t cudaFreeHost(void* block) { return std::free(block), cudaSuccess; }

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
    const auto lock = enter("cudaMemcpyAsync");
    return give(copy_rows(stream, to, 0, from, 0, bytes, 1));
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                              std::size_t width, std::size_t height, cudaMemcpyKind, cudaStream_t stream) {
    const auto lock = enter("cudaMemcpy2DAsync");
    if (to_pitch < width || from_pitch < width) return give(cudaErrorInvalidPitchValue);
    return give(copy_rows(stream, to, to_pitch, from, from_pitch, width, height));
}
cudaError_t cudaMemsetAsync(void* data, int value, std::size_t bytes, cudaStream_t stream) {
    const auto lock = enter("cudaMemsetAsync");
    return give(stream->put({[=] { std::memset(data, value, bytes); }, nullptr, nullptr}));
}
cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from, int from_device, std::size_t bytes,
                                cudaStream_t stream) {
    const auto lock = enter("cudaMemcpyPeerAsync");
    if (to_device == from_device) return give(cudaErrorInvalidDevice);
    return give(copy_rows(stream, to, 0, from, 0, bytes, 1));
}

}  // extern "C"
