#include "host/array/gpu_kernels.hpp"

#include <algorithm>

#include "host/device/nvrtc.hpp"

namespace heddle::array {

unsigned GpuKernel::resident_blocks(int device) const {
    const auto at = static_cast<std::size_t>(device);
    const bool kept = at < resident_.size();
    unsigned blocks = kept ? resident_[at].load(std::memory_order_relaxed) : 0;
    if (blocks != 0) return blocks;
    blocks = std::max(kernel_.resident_blocks(expr::kKernelThreads), 1u);
    if (kept) resident_[at].store(blocks, std::memory_order_relaxed);
    return blocks;
}

void GpuKernel::launch(const GpuStream& where, std::int64_t work, std::span<const std::byte> parameters) const {
    if (work == 0) return;
    const std::int64_t wanted = (work + expr::kKernelThreads - 1) / expr::kKernelThreads;
    const auto blocks = static_cast<unsigned>(std::min<std::int64_t>(wanted, resident_blocks(where.device)));
    void* argument = const_cast<std::byte*>(parameters.data());
    kernel_.launch(where.native, {.blocks = blocks, .threads = expr::kKernelThreads}, &argument);
}

GpuKernels& GpuKernels::shared() {
    static auto& kernels = *new GpuKernels;
    return kernels;
}

bool GpuKernels::compiles(const expr::CudaKernel& kernel, int architecture) const {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find({architecture, kernel.source});
    return at == entries_.end() || at->second.error == nullptr;
}

std::size_t GpuKernels::made() const {
    const std::lock_guard lock(mutex_);
    return made_;
}

const GpuKernel& GpuKernels::get(const expr::CudaKernel& kernel, int architecture) {
    std::unique_lock lock(mutex_);
    Entry& entry = entries_[{architecture, kernel.source}];
    changed_.wait(lock, [&] { return !entry.busy; });  // woken by the thread that makes it
    if (entry.kernel != nullptr) return *entry.kernel;
    if (entry.error != nullptr) std::rethrow_exception(entry.error);
    entry.busy = true;
    if (entry.code.empty()) ++made_;
    lock.unlock();
    std::unique_ptr<GpuKernel> made;
    std::exception_ptr compiling, loading;
    try {
        if (entry.code.empty()) make(entry, kernel, architecture);
    } catch (...) {
        compiling = std::current_exception();
    }
    // A device that was lost may stand in the way of loading: another time it may work.
    if (compiling == nullptr) try {
            made = std::make_unique<GpuKernel>(device::Kernel(entry.code, kernel.entry));
        } catch (...) {
            loading = std::current_exception();
        }
    lock.lock();
    entry.busy = false;
    entry.error = compiling;
    entry.kernel = std::move(made);
    changed_.notify_all();
    if (compiling != nullptr) std::rethrow_exception(compiling);
    if (loading != nullptr) std::rethrow_exception(loading);
    entry.code = {};
    return *entry.kernel;
}

void GpuKernels::make(Entry& entry, const expr::CudaKernel& kernel, int architecture) {
    const auto key = expr::key_of(kernel, architecture, "nvrtc " + device::nvrtc_version());
    entry.code = cache_.get(key, [&] {
        return device::compile_cubin({kernel.source, kernel.entry, key.headers, architecture, key.options});
    });
}

}  // namespace heddle::array
