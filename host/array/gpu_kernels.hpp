#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "heddle/gpu.hpp"
#include "host/device/kernel.hpp"
#include "host/expr/cuda_source.hpp"
#include "host/expr/kernel_cache.hpp"

namespace heddle::array {

// A generated kernel, loaded. Any thread may launch it.
class GpuKernel {
public:
    explicit GpuKernel(device::Kernel kernel) : kernel_(std::move(kernel)) {}

    // Enqueues it with blocks for `work` threads, but no more than the device runs at the same time.
    void launch(const GpuStream& where, std::int64_t work, std::span<const std::byte> parameters) const;

private:
    unsigned resident_blocks(int device) const;

    device::Kernel kernel_;
    // By the device's number: asking the driver takes longer than a launch. 0: not asked yet.
    mutable std::array<std::atomic<unsigned>, 64> resident_{};
};

// The kernels of this process, by their text and architecture: compiled once, through the cache on disk, and loaded
// until the process ends.
class GpuKernels {
public:
    // Never destroyed: CUDA may be gone by then.
    static GpuKernels& shared();

    explicit GpuKernels(expr::KernelCache cache = expr::KernelCache()) : cache_(std::move(cache)) {}

    // Blocks while the kernel is compiled, by this thread or by another that asked first, which wakes the others when
    // it is done. Throws what the compiler says of the text, each time, but asks it once; and what loading throws,
    // which is tried again. Any thread; holds no lock while it compiles.
    const GpuKernel& get(const expr::CudaKernel& kernel, int architecture);

    // False where the compiler refused the text. Any thread.
    bool compiles(const expr::CudaKernel& kernel, int architecture) const;

    // How often a compiler or the disk was asked.
    std::size_t made() const;

private:
    struct Entry {
        bool busy = false;  // a thread compiles or loads
        std::vector<char> code;
        std::exception_ptr error;  // of compiling
        std::unique_ptr<GpuKernel> kernel;
    };
    void make(Entry& entry, const expr::CudaKernel& kernel, int architecture);

    mutable std::mutex mutex_;         // guards all entries but `code` of one that is busy, and made_
    std::condition_variable changed_;  // an entry is not busy any more
    std::map<std::pair<int, std::string>, Entry> entries_;
    std::size_t made_ = 0;
    expr::KernelCache cache_;
};

}  // namespace heddle::array
