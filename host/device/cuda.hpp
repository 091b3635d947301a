#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "host/device/accelerator.hpp"

namespace heddle::device {

struct CudaDevice {
    std::string name, model;   // "cuda:0", "NVIDIA H100 80GB HBM3"
    std::size_t memory = 0;    // bytes
    int major = 0, minor = 0;  // compute capability
    std::string unusable;      // why, where it is
};

// What this build and this machine have of CUDA.
struct CudaState {
    std::string toolkit;  // of the runtime inside: "13.0"; empty: this build has no CUDA
    std::string driver;   // the newest CUDA that the driver serves; empty: no driver
    std::string nvrtc;    // the compiler's version; empty: not found
    std::vector<CudaDevice> devices;
    // Why there is no device, what helps, and the runtime's code and its name; empty, and 0, where there is one.
    std::string reason, remedy, code_name;
    int code = 0;
};

// Looks for the driver and its devices; the driver starts at the first call, which may take a second. Throws nothing
// but std::bad_alloc. Any thread.
CudaState find_cuda();
// How many devices there are; 0 without a driver.
int cuda_device_count();

// The calling thread is the engine's, so that its current device need not be put back when calls have changed it.
void own_cuda_thread() noexcept;

struct CudaOptions {
    int compute_streams = 4;
    std::size_t memory = 0;  // what description() may give at most; 0: what is free
};

// The device of that number, among those found. Throws DeviceError where there is none or it is too old, NotBuilt where
// this build has no CUDA. A context of the device is made, if the program has none yet.
std::unique_ptr<Accelerator> make_cuda(const CudaState& found, int ordinal, const CudaOptions& options);
inline std::unique_ptr<Accelerator> make_cuda(int ordinal, const CudaOptions& options) {
    return make_cuda(find_cuda(), ordinal, options);
}
// Those that `text` names: "auto", all that are usable and can be opened, `unopened` getting the errors of the others;
// "cuda", all that are usable, and DeviceError (NotBuilt) where there is none; "cuda:0" or "cuda:0,2", these.
// ArgumentError for another text.
std::vector<std::unique_ptr<Accelerator>> make_cudas(const std::string& text, const CudaOptions& options,
                                                     std::vector<std::string>& unopened);

}  // namespace heddle::device
