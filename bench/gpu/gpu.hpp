#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "host/device/cuda.hpp"
#include "host/device/kernel.hpp"
#include "host/device/nvrtc.hpp"
#include "host/expr/cuda_source.hpp"

// The boundary as a benchmark uses it: one device, no engine.
namespace heddle::bench {

using Clock = std::chrono::steady_clock;
inline double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

inline std::vector<char> compile(const expr::CudaKernel& kernel, int architecture) {
    device::CompileRequest request;
    request.source = kernel.source;
    request.name = kernel.entry + ".cu";
    request.headers = expr::cuda_headers();
    request.architecture = architecture;
    request.options = expr::cuda_options();
    return device::compile_cubin(request);
}

// A generated kernel on the device; as many blocks as run at the same time do all the work.
struct Compiled {
    device::Kernel kernel;
    unsigned resident = 0;

    Compiled(const expr::CudaKernel& source, int architecture) : kernel(compile(source, architecture), source.entry) {}
};

class Gpu final : public device::Observer {
public:
    Gpu(const device::CudaDevice& found)
        : architecture(found.major * 10 + found.minor), device(device::make_cuda(0, {})) {
        device->start(*this, 0);
    }
    ~Gpu() override {
        for (std::byte* block : pinned_) device->free_pinned(block);
        device.reset();
    }

    void reached(int, device::Stream, device::Mark) override {}
    // Every later call throws the same.
    void failed(int, std::exception_ptr) override {}

    std::byte* allocate(std::size_t bytes) {
        std::byte* block = device->allocate(bytes, device::kCompute);
        if (block == nullptr) throw std::runtime_error("no device memory for " + std::to_string(bytes) + " bytes");
        return block;
    }
    void free(std::byte* block) { device->free(block, device::kCompute); }
    std::byte* pinned(std::size_t bytes) {
        std::byte* block = device->allocate_pinned(bytes);
        if (block == nullptr) throw std::runtime_error("no pinned memory for " + std::to_string(bytes) + " bytes");
        return pinned_.emplace_back(block);
    }
    void follow(device::Stream to, device::Stream from) { device->wait(to, *device, from, device->mark(from)); }
    void finish(device::Stream stream) { device->await(stream, device->mark(stream)); }

    void launch(device::Stream stream, Compiled& compiled, const std::vector<std::byte>& parameters,
                std::int64_t work) {
        struct Call {
            Compiled& compiled;
            const void* parameters;
            std::int64_t blocks;
        } call{compiled, parameters.data(), (work + expr::kKernelThreads - 1) / expr::kKernelThreads};
        const auto run = [](void* context, void* native_stream, const heddle::detail::Operand*) {
            auto& [c, p, blocks] = *static_cast<Call*>(context);
            if (c.resident == 0) c.resident = c.kernel.resident_blocks(expr::kKernelThreads);
            void* arguments[] = {const_cast<void*>(p)};
            const auto grid = static_cast<unsigned>(std::min<std::int64_t>(blocks, c.resident));
            c.kernel.launch(native_stream, {grid, expr::kKernelThreads, 0}, arguments);
        };
        device->launch(stream, {"bench", run, &call, {}});
    }

    // Seconds of one of `repeats` in a row in that stream, after one that is not timed.
    template <class Work>
    double seconds(device::Stream stream, int repeats, Work&& work) {
        work();
        finish(stream);
        const auto start = Clock::now();
        for (int i = 0; i < repeats; ++i) work();
        finish(stream);
        return since(start) / repeats;
    }

    const int architecture;
    std::unique_ptr<device::Accelerator> device;

private:
    std::vector<std::byte*> pinned_;
};

}  // namespace heddle::bench
