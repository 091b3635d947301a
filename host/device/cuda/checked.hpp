#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "heddle/error.hpp"

namespace heddle::device::cuda {

// Whether the error ends the context: all further work on that device fails with it.
bool is_sticky(cudaError_t error);
// Whether this build's kernels run on a device of that compute capability.
bool is_served(int major, int minor);
std::string remedy_for(cudaError_t error);

std::string device_name(int ordinal);  // "cuda:0"
// The newest version that a number of the runtime's, 12080, stands for: "12.8".
std::string version_text(int version);

// Makes the device the calling thread's, for good: on threads of our own. The runtime keeps one per thread, so that
// asking it costs no more than a variable of our own would, and is right also where a user's code has changed it.
void use_device(int ordinal);

// The same until its end, unless own_cuda_thread() was called on the thread. What was current before is put back where
// it has a context: else that would make one on a device that nobody uses.
class CurrentDevice {
public:
    explicit CurrentDevice(int ordinal);
    ~CurrentDevice();
    CurrentDevice(const CurrentDevice&) = delete;
    CurrentDevice& operator=(const CurrentDevice&) = delete;

private:
    int before_ = -1;  // to be put back
};

DeviceError make_error(cudaError_t error, const char* call, DeviceError::State state, int ordinal);
// Clears the thread's last error, and throws DeviceError about the calling thread's device.
[[noreturn]] void throw_error(cudaError_t error, const char* call);

inline void check(cudaError_t error, const char* call) {
    if (error != cudaSuccess) [[unlikely]]
        throw_error(error, call);
}
// For destructors and for what may fail: forgets the error.
inline bool succeeded(cudaError_t error) noexcept {
    if (error == cudaSuccess) return true;
    cudaGetLastError();
    return false;
}

}  // namespace heddle::device::cuda

// Every call of the runtime goes through this, once: its error becomes a DeviceError.
#define HEDDLE_CUDA(call) ::heddle::device::cuda::check((call), #call)
