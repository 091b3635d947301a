#include <cstdlib>

#include "host/device/cuda.hpp"
#include "host/device/cuda/checked.hpp"
#include "host/device/cuda/library.hpp"
#include "host/device/nvrtc.hpp"

namespace heddle::device {
namespace {

// Why there is no device, where the runtime only says that there is none.
std::string reason_for(cudaError_t error, int driver) {
    if (error == cudaErrorInsufficientDriver && driver == 0) {
        const cuda::Library library({"libcuda.so.1"});
        return library ? "no driver answers on this machine (libcuda.so.1 is there, its kernel module is not)"
                       : "no driver on this machine (libcuda.so.1 not found)";
    }
    if (error == cudaErrorInsufficientDriver)
        return "the driver is too old: it serves CUDA " + cuda::version_text(driver) + ", this build needs CUDA " +
               cuda::version_text(CUDART_VERSION / 1000 * 1000) + " or newer";
    if (error == cudaErrorNoDevice) {
        const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
        return visible == nullptr ? "the driver finds no device"
                                  : "CUDA_VISIBLE_DEVICES=" + std::string(visible) + " leaves no device";
    }
    return std::string(cudaGetErrorName(error)) + " (" + std::to_string(error) + "), " + cudaGetErrorString(error);
}

CudaDevice look_at(int ordinal) {
    CudaDevice device;
    device.name = cuda::device_name(ordinal);
    cudaDeviceProp properties{};
    const auto error = cudaGetDeviceProperties(&properties, ordinal);
    if (!cuda::succeeded(error)) {
        device.unusable = std::string(cudaGetErrorName(error)) + ", " + cudaGetErrorString(error);
        return device;
    }
    device.model = properties.name;
    device.memory = properties.totalGlobalMem;
    device.major = properties.major;
    device.minor = properties.minor;
    if (!cuda::is_served(device.major, device.minor))
        device.unusable = "unsupported architecture: compute capability " + std::to_string(device.major) + "." +
                          std::to_string(device.minor) + " is older than 8.0";
    return device;
}

}  // namespace

CudaState find_cuda() {
    CudaState state;
    state.toolkit = cuda::version_text(CUDART_VERSION);
    state.nvrtc = nvrtc_version();
    int driver = 0, count = 0;
    if (!cuda::succeeded(cudaDriverGetVersion(&driver))) driver = 0;
    if (driver > 0) state.driver = cuda::version_text(driver);
    auto error = cudaGetDeviceCount(&count);
    if (!cuda::succeeded(error)) count = 0;
    if (error == cudaSuccess && count == 0) error = cudaErrorNoDevice;
    for (int i = 0; i < count; ++i) state.devices.push_back(look_at(i));
    if (error != cudaSuccess) {
        state.reason = reason_for(error, driver);
        state.remedy = cuda::remedy_for(error);
        state.code = error;
        state.code_name = cudaGetErrorName(error);
    }
    return state;
}

int cuda_device_count() {
    int count = 0;
    return cuda::succeeded(cudaGetDeviceCount(&count)) ? count : 0;
}

}  // namespace heddle::device
