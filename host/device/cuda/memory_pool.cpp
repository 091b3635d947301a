#include "host/device/cuda/memory_pool.hpp"

#include <algorithm>
#include <limits>

#include "host/device/cuda/checked.hpp"

namespace heddle::device::cuda {
namespace {

// Device memory and the page-locked kind alike: running out is an answer, everything else an error.
bool gave(cudaError_t error, const char* call) {
    if (error == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        return false;
    }
    check(error, call);
    return true;
}

}  // namespace

MemoryPool::MemoryPool(const Health& health, int ordinal) : health_(health), ordinal_(ordinal) {
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location.type = cudaMemLocationTypeDevice;
    properties.location.id = ordinal;
    HEDDLE_CUDA(cudaMemPoolCreate(&pool_, &properties));
    // By default the pool gives its memory back at each synchronisation, and the next allocation maps it again.
    auto threshold = std::numeric_limits<std::uint64_t>::max();
    HEDDLE_CUDA(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &threshold));
}

MemoryPool::~MemoryPool() {
    if (!health_.lost()) succeeded(cudaMemPoolDestroy(pool_));
}

std::byte* MemoryPool::allocate(std::size_t bytes, cudaStream_t stream) {
    void* block = nullptr;
    // At least a byte: null means that there is none.
    const auto error = cudaMallocFromPoolAsync(&block, std::max<std::size_t>(bytes, 1), pool_, stream);
    return gave(error, "cudaMallocFromPoolAsync") ? static_cast<std::byte*>(block) : nullptr;
}

void MemoryPool::free(std::byte* block, cudaStream_t stream) noexcept {
    if (block != nullptr && !health_.lost()) succeeded(cudaFreeAsync(block, stream));
}

void MemoryPool::trim() noexcept {
    if (!health_.lost()) succeeded(cudaMemPoolTrimTo(pool_, 0));
}

void MemoryPool::open_to(int ordinal) {
    const auto bit = std::uint64_t{1} << (ordinal & 63);
    if ((asked_.load(std::memory_order_relaxed) & bit) != 0 || ordinal == ordinal_) return;
    asked_.fetch_or(bit, std::memory_order_relaxed);
    int possible = 0;
    if (!succeeded(cudaDeviceCanAccessPeer(&possible, ordinal, ordinal_)) || possible == 0) return;
    // For the copy engines, which else go through the host; the calling thread's device is `ordinal`.
    succeeded(cudaDeviceEnablePeerAccess(ordinal_, 0));
    cudaMemAccessDesc access{};
    access.location.type = cudaMemLocationTypeDevice;
    access.location.id = ordinal;
    access.flags = cudaMemAccessFlagsProtReadWrite;
    succeeded(cudaMemPoolSetAccess(pool_, &access, 1));
}

std::byte* allocate_pinned(std::size_t bytes) {
    void* block = nullptr;
    const auto error = cudaHostAlloc(&block, std::max<std::size_t>(bytes, 1), cudaHostAllocPortable);
    return gave(error, "cudaHostAlloc") ? static_cast<std::byte*>(block) : nullptr;
}

void free_pinned(std::byte* block) noexcept {
    if (block != nullptr) succeeded(cudaFreeHost(block));
}

}  // namespace heddle::device::cuda
