#include "host/device/cuda/checked.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "host/device/cuda.hpp"

namespace heddle::device::cuda {
namespace {

// Of which driver_types.h says that "any further CUDA work will return the same error" or, of the last five, that the
// device cannot be used again or its context is gone. As numbers: older toolkits lack names of some.
constexpr std::array kSticky{226, 700, 702, 714, 715, 716, 717, 718, 719, 911, 214, 220, 709, 710, 721};

struct Remedy {
    int code;
    const char* text;
};
constexpr const char* kBadAccess =
    "find the access with compute-sanitizer; the device stays lost to this process until it is started again";
constexpr const char* kHardware =
    "the device reports damage: see what nvidia-smi -q and dmesg (Xid) say, and reset or replace it";
constexpr const char* kNoImage =
    "use a device of compute capability 8.0 or newer, or build with its architecture in CMAKE_CUDA_ARCHITECTURES";
constexpr const char* kSmallerLaunch = "launch fewer threads per block, or use fewer registers or less shared memory";

constexpr std::array kRemedies{
    Remedy{cudaErrorMemoryAllocation,
           "use less of it (EngineOptions::device_memory), or end what else holds the device's memory: see nvidia-smi"},
    Remedy{cudaErrorInitializationError,
           "see that nvidia-smi works, and that the process did not fork after using CUDA"},
    Remedy{cudaErrorInvalidConfiguration, kSmallerLaunch},
    Remedy{cudaErrorStubLibrary, "take the toolkit's folder lib64/stubs out of LD_LIBRARY_PATH"},
    Remedy{cudaErrorInsufficientDriver, "install a driver of NVIDIA's that serves this CUDA version, or a newer one"},
    Remedy{cudaErrorDevicesUnavailable, "end the process that holds the device, or leave its exclusive compute mode"},
    Remedy{cudaErrorNoDevice, "see that nvidia-smi lists the device, and that CUDA_VISIBLE_DEVICES does not hide it"},
    Remedy{cudaErrorInvalidDevice, "name a device that heddle info lists"},
    Remedy{cudaErrorNoKernelImageForDevice, kNoImage},
    Remedy{cudaErrorUnsupportedPtxVersion, "install a newer driver, or build with the device's own architecture"},
    Remedy{cudaErrorECCUncorrectable, kHardware},
    Remedy{cudaErrorNvlinkUncorrectable, kHardware},
    Remedy{cudaErrorIllegalAddress, kBadAccess},
    Remedy{cudaErrorMisalignedAddress, kBadAccess},
    Remedy{cudaErrorInvalidAddressSpace, kBadAccess},
    Remedy{cudaErrorInvalidPc, kBadAccess},
    Remedy{cudaErrorIllegalInstruction, kBadAccess},
    Remedy{cudaErrorHardwareStackError, kBadAccess},
    Remedy{cudaErrorLaunchFailure, kBadAccess},
    Remedy{cudaErrorLaunchOutOfResources, kSmallerLaunch},
    Remedy{cudaErrorLaunchTimeout,
           "make the kernel's work smaller, or use a device whose time limit for kernels (of a display) is off"},
    Remedy{cudaErrorAssert, "read the assertion that the kernel printed, and correct what it names"},
    Remedy{cudaErrorSystemNotReady, "start the services of the machine's GPUs (nvidia-fabricmanager)"},
    Remedy{cudaErrorSystemDriverMismatch, "restart the machine: the driver's library and kernel module differ"},
};

// "cudaMemcpyAsync" of "cudaMemcpyAsync(to, from, …)".
std::string function_of(std::string_view call) {
    return std::string(call.substr(0, std::min(call.find('('), call.size())));
}

int current_device() noexcept {
    int device = -1;
    return succeeded(cudaGetDevice(&device)) ? device : -1;
}

thread_local bool own_thread = false;

// Only the driver can tell, whose library must not be linked: the runtime would make a context.
bool has_context(int device) {
    using Query = int(int device, unsigned* flags, int* active);  // CUresult of a CUdevice
    static Query* const query = [] {
        void* found = nullptr;
        cudaDriverEntryPointQueryResult result{};
        const auto status =
            cudaGetDriverEntryPointByVersion("cuDevicePrimaryCtxGetState", &found, 12000, cudaEnableDefault, &result);
        return succeeded(status) && result == cudaDriverEntryPointSuccess ? reinterpret_cast<Query*>(found) : nullptr;
    }();
    unsigned flags = 0;
    int active = 0;
    return query != nullptr && query(device, &flags, &active) == 0 && active != 0;
}

}  // namespace

bool is_sticky(cudaError_t error) {
    return std::find(kSticky.begin(), kSticky.end(), static_cast<int>(error)) != kSticky.end();
}

// Machine code for 8.0 serves all of 8.x, that for 9.0 all of 9.x, and the PTX for 9.0 whatever is newer.
bool is_served(int major, int) { return major >= 8; }

std::string remedy_for(cudaError_t error) {
    for (const auto& remedy : kRemedies)
        if (remedy.code == static_cast<int>(error)) return remedy.text;
    return std::string("see what the documentation of the CUDA runtime says of ") + cudaGetErrorName(error);
}

std::string device_name(int ordinal) { return ordinal < 0 ? "cuda" : "cuda:" + std::to_string(ordinal); }

std::string version_text(int version) {
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

void use_device(int ordinal) {
    if (current_device() != ordinal) HEDDLE_CUDA(cudaSetDevice(ordinal));
}

CurrentDevice::CurrentDevice(int ordinal) {
    const int before = current_device();
    if (before == ordinal) return;
    HEDDLE_CUDA(cudaSetDevice(ordinal));
    if (!own_thread && before >= 0 && has_context(before)) before_ = before;
}

CurrentDevice::~CurrentDevice() {
    if (before_ >= 0) succeeded(cudaSetDevice(before_));
}

DeviceError make_error(cudaError_t error, const char* call, DeviceError::State state, int ordinal) {
    const auto device = device_name(ordinal);
    return {function_of(call) + " failed on " + device,
            std::string(cudaGetErrorName(error)) + " (" + std::to_string(error) + "), " + cudaGetErrorString(error),
            remedy_for(error),
            device,
            static_cast<int>(error),
            cudaGetErrorName(error),
            state};
}

void throw_error(cudaError_t error, const char* call) {
    // The thread's last error, or the next launch, perhaps on another device, would be taken for the one that failed.
    cudaGetLastError();
    throw make_error(error, call, is_sticky(error) ? DeviceError::State::lost : DeviceError::State::usable,
                     current_device());
}

}  // namespace heddle::device::cuda

void heddle::device::own_cuda_thread() noexcept { heddle::device::cuda::own_thread = true; }
