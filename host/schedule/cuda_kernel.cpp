#include "heddle/cuda_kernel.hpp"

#include <algorithm>
#include <map>

#include "heddle/engine.hpp"
#include "heddle/error.hpp"
#include "host/device/kernel.hpp"
#include "host/device/nvrtc.hpp"
#include "host/expr/kernel_cache.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"

namespace heddle {

// Const once made.
struct CudaKernel::Code {
    std::string entry;
    CudaKernelOptions options;
    std::map<int, device::Kernel> by_architecture;
};

detail::DeviceArgument detail::device_argument(void* data, const Layout& layout) {
    DeviceArgument argument{};
    argument.data = data;
    argument.size = layout.count;
    argument.rank = layout.shape.rank();
    argument.dense = layout.dense ? 1 : 0;
    std::copy(layout.shape.begin(), layout.shape.end(), argument.shape);
    std::copy(layout.strides.begin(), layout.strides.end(), argument.strides);
    return argument;
}

CudaKernel::CudaKernel(Engine& engine, std::string_view source, std::string_view entry,
                       const CudaKernelOptions& options) {
    if (options.threads < 1 || options.threads > 1024)
        throw ArgumentError(
            "the kernel '" + std::string(entry) + "' has blocks of " + std::to_string(options.threads) + " threads",
            "CUDA has 1 to 1024", "set CudaKernelOptions::threads within that");
    auto code = std::make_shared<Code>();
    code->entry = entry;
    code->options = options;
    const schedule::Devices* devices = engine.core()->devices();
    for (const int architecture : devices == nullptr ? std::vector<int>() : devices->architectures()) {
        device::CompileRequest request;
        request.source = source;
        request.name = std::string(entry) + ".cu";
        request.headers = expr::cuda_headers();
        request.architecture = architecture;
        request.options = {"--pre-include=heddle/device_view.cuh"};
        request.options.insert(request.options.end(), options.compiler.begin(), options.compiler.end());
        const expr::KernelKey key{request.source, request.headers, request.options, architecture,
                                  device::nvrtc_version()};
        const auto cubin = expr::KernelCache().get(key, [&] { return device::compile_cubin(request); });
        code->by_architecture.emplace(architecture, device::Kernel(cubin, code->entry));
    }
    code_ = std::move(code);
}

void CudaKernel::launch(const GpuStream& where, const detail::DeviceArgument* views, std::size_t count,
                        const void** addresses) const {
    const auto kernel = code_->by_architecture.find(where.architecture);
    if (kernel == code_->by_architecture.end())
        throw ArgumentError("the kernel '" + code_->entry + "' cannot run on this device",
                            "it was made for the devices of another engine",
                            "make it for the engine that runs the task");
    const CudaKernelOptions& options = code_->options;
    std::int64_t work = options.work;
    if (work == 0)
        for (std::size_t i = 0; i < count; ++i) work = std::max(work, views[i].size);
    if (work == 0) return;  // no elements
    const std::int64_t blocks = (work - 1) / options.threads + 1;
    if (blocks > 0x7FFF'FFFF)
        throw ArgumentError("the kernel '" + code_->entry + "' would have " + std::to_string(blocks) + " blocks",
                            "CUDA has 2147483647", "use more threads per block, or CudaKernelOptions::work");
    kernel->second.launch(
        where.native,
        {static_cast<unsigned>(blocks), static_cast<unsigned>(options.threads), static_cast<unsigned>(options.shared)},
        const_cast<void**>(addresses));
}

}  // namespace heddle
