#include "tests/device/cuda/fake_kernels.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "tests/device/cuda/fake_runtime.hpp"
#include "tests/device/cuda/nvrtc/fake_binary.hpp"

struct CUlib_st {
    void* handle;
};
// What the runtime calls a kernel is, to cudaLaunchKernel, the address of one of these.
struct CUkern_st {
    void (*run)(const void* parameters, unsigned blocks, unsigned threads);
    std::size_t parameter_bytes;
    // Of a kernel of the user's, instead: copies its arguments, and runs it with these.
    void* (*copy)(void** arguments) = nullptr;
    void (*run_copy)(void* copied, unsigned blocks, unsigned threads) = nullptr;
};

namespace {

std::array<std::atomic<int>, heddle::fake_cuda::kDevices> launched{};
std::atomic<int> all_launched{0};
std::function<void(cudaStream_t, int)> hook;
std::atomic<int> refused_loads{0}, watchers_loads{0};

int current_device() {
    int device = 0;
    cudaGetDevice(&device);
    return device;
}

cudaError_t refuse(cudaError_t error) {
    heddle::fake_cuda::set_last_error(error);
    return error;
}

}  // namespace

namespace heddle::fake_cuda {

void refuse_loads(int count) { refused_loads = count; }
int loads_by_watchers() { return watchers_loads; }
int launches(int device) { return launched[static_cast<std::size_t>(device)].exchange(0); }
void before_launch(std::function<void(cudaStream_t, int)> call) { hook = std::move(call); }

}  // namespace heddle::fake_cuda

extern "C" {

cudaError_t cudaLibraryLoadData(cudaLibrary_t* library, const void* code, cudaJitOption*, void**, unsigned,
                                cudaLibraryOption*, void**, unsigned) {
    if (heddle::fake_cuda::on_watcher()) ++watchers_loads;
    if (refused_loads > 0 && refused_loads.fetch_sub(1) > 0) return refuse(cudaErrorMemoryAllocation);
    heddle::fake_cuda::BinaryHeader header;
    std::memcpy(&header, code, sizeof header);
    if (header.magic != heddle::fake_cuda::kBinary) return refuse(cudaErrorInvalidKernelImage);
    std::string path = (std::filesystem::temp_directory_path() / "heddle-kernel-XXXXXX").string();
    const int file = mkstemp(path.data());
    if (file < 0) return refuse(cudaErrorOperatingSystem);
    close(file);
    std::ofstream(path, std::ios::binary)
        .write(static_cast<const char*>(code) + sizeof header, static_cast<std::streamsize>(header.bytes));
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    unlink(path.c_str());
    if (handle == nullptr) return refuse(cudaErrorInvalidKernelImage);
    *library = new CUlib_st{handle};
    return cudaSuccess;
}
cudaError_t cudaLibraryGetKernel(cudaKernel_t* kernel, cudaLibrary_t library, const char* name) {
    void* run = dlsym(library->handle, (std::string("emulated_") + name).c_str());
    const void* bytes = dlsym(library->handle, (std::string("parameter_bytes_") + name).c_str());
    void* const copy = dlsym(library->handle, (std::string("copy_") + name).c_str());
    void* const run_copy = dlsym(library->handle, (std::string("run_") + name).c_str());
    if (copy != nullptr && run_copy != nullptr) {
        *kernel = new CUkern_st{nullptr, 0, reinterpret_cast<decltype(CUkern_st::copy)>(copy),
                                reinterpret_cast<decltype(CUkern_st::run_copy)>(run_copy)};
        return cudaSuccess;
    }
    if (run == nullptr || bytes == nullptr) return refuse(cudaErrorSymbolNotFound);
    // Kernels are kept as long as the process.
    *kernel = new CUkern_st{reinterpret_cast<decltype(CUkern_st::run)>(run), *static_cast<const unsigned long*>(bytes)};
    return cudaSuccess;
}
cudaError_t cudaLibraryUnload(cudaLibrary_t library) {
    delete library;
    return cudaSuccess;
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void*, int, std::size_t) {
    return *blocks = 2, cudaSuccess;
}

// The parameters are copied at the call, as the runtime does.
cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments, std::size_t,
                             cudaStream_t stream) {
    const auto& kernel = *static_cast<const CUkern_st*>(function);
    if (grid.x == 0 || block.x == 0 || block.x > 1024) return refuse(cudaErrorInvalidConfiguration);
    if (hook) hook(stream, all_launched);
    ++all_launched;
    ++launched[static_cast<std::size_t>(current_device())];
    if (kernel.copy != nullptr) {
        void* const copied = kernel.copy(arguments);
        heddle::fake_cuda::enqueue(stream, [=, run = kernel.run_copy] { run(copied, grid.x, block.x); });
        return cudaSuccess;
    }
    // 16 bytes' alignment, as the kernels' parameters have.
    struct alignas(16) Word {
        std::byte bytes[16];
    };
    auto parameters = std::make_shared<std::vector<Word>>((kernel.parameter_bytes + 15) / 16);
    std::memcpy(parameters->data(), arguments[0], kernel.parameter_bytes);
    heddle::fake_cuda::enqueue(stream, [=, run = kernel.run] { run(parameters->data(), grid.x, block.x); });
    return cudaSuccess;
}

}  // extern "C"
