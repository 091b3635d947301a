#include "host/device/kernel.hpp"

#include <utility>

#include "host/device/cuda/checked.hpp"

namespace heddle::device {

Kernel::Kernel(std::span<const char> cubin, const std::string& entry) {
    cudaLibrary_t library = nullptr;
    HEDDLE_CUDA(cudaLibraryLoadData(&library, cubin.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
    library_ = library;
    cudaKernel_t function = nullptr;
    if (const auto status = cudaLibraryGetKernel(&function, library, entry.c_str()); status != cudaSuccess) {
        cuda::succeeded(cudaLibraryUnload(library));
        cuda::throw_error(status, ("finding the kernel '" + entry + "'").c_str());
    }
    function_ = function;
}

Kernel::~Kernel() {
    if (library_ != nullptr) cuda::succeeded(cudaLibraryUnload(static_cast<cudaLibrary_t>(library_)));
}

Kernel::Kernel(Kernel&& other) noexcept
    : library_(std::exchange(other.library_, nullptr)), function_(std::exchange(other.function_, nullptr)) {}

Kernel& Kernel::operator=(Kernel&& other) noexcept {
    std::swap(library_, other.library_);
    std::swap(function_, other.function_);
    return *this;
}

void Kernel::launch(void* native_stream, const Grid& grid, void** arguments) const {
    HEDDLE_CUDA(cudaLaunchKernel(function_, dim3(grid.blocks), dim3(grid.threads), arguments, grid.shared,
                                 static_cast<cudaStream_t>(native_stream)));
}

void check_launch(int code, const char* what) { cuda::check(static_cast<cudaError_t>(code), what); }

void clear(void* native_stream, void* data, std::size_t bytes) {
    HEDDLE_CUDA(cudaMemsetAsync(data, 0, bytes, static_cast<cudaStream_t>(native_stream)));
}

unsigned Kernel::resident_blocks(unsigned threads, unsigned shared) const {
    int device = 0, processors = 0, blocks = 0;
    HEDDLE_CUDA(cudaGetDevice(&device));
    HEDDLE_CUDA(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device));
    HEDDLE_CUDA(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function_, static_cast<int>(threads), shared));
    return static_cast<unsigned>(processors) * static_cast<unsigned>(blocks);
}

}  // namespace heddle::device
