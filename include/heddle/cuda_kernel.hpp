#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "heddle/api.hpp"
#include "heddle/gpu.hpp"
#include "heddle/view.hpp"

namespace heddle {

class Engine;

struct CudaKernelOptions {
    int threads = 256;       // of each block
    std::size_t shared = 0;  // bytes of dynamic shared memory of each block
    std::int64_t work = 0;   // threads in all, rounded up to blocks; 0: the elements of the largest view
    std::vector<std::string> compiler = {};  // further options of NVRTC
};

namespace detail {

// As DeviceView in device_view.cuh.
struct DeviceArgument {
    void* data;
    std::int64_t size;
    std::int64_t shape[kMaxRank], strides[kMaxRank];
    std::int32_t rank, dense;
};
HEDDLE_API DeviceArgument device_argument(void* data, const Layout& layout);

}  // namespace detail

// One function in CUDA C++ source, as the GPU body of tasks:
//
//     CudaKernel scale(engine, R"(
//         extern "C" __global__ void scale(heddle::DeviceView<float> y, heddle::DeviceView<const float> x, float a) {
//             const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
//             if (i < y.size) y[i] = a * x[i];
//         })", "scale");
//     engine.submit("scale", bodies(cpu_body, scale.with(2.0f)), write(y), read(x));
//
// Its parameters are a heddle::DeviceView per access, then what with() gives. A copy shares the function. Any thread
// may copy and submit it. What its launch does wrong fails the task, or costs the device: see DeviceError.
class HEDDLE_API CudaKernel {
public:
    // Compiles the function `entry`, which is extern "C", for each architecture of the engine's GPUs, or takes it from
    // the cache on disk; blocks for as long as NVRTC takes. An engine without a GPU compiles nothing. Throws
    // DeviceError with the compiler's log, or when there is no such function; NotBuilt without a compiler.
    CudaKernel(Engine& engine, std::string_view source, std::string_view entry, const CudaKernelOptions& options = {});

    // The kernel with values for its parameters behind the views.
    template <class... Scalars>
    auto with(Scalars... scalars) const {
        static_assert((std::is_trivially_copyable_v<Scalars> && ...), "a kernel's parameters are copied as bytes");
        return [kernel = *this, scalars = std::tuple(scalars...)]<class... T>(
                   const GpuStream& where, View<T>... views) { kernel.launch(where, scalars, views...); };
    }
    template <class... T>
    void operator()(const GpuStream& where, View<T>... views) const {
        launch(where, std::tuple(), views...);
    }

private:
    struct Code;

    template <class Tuple, class... T>
    void launch(const GpuStream& where, const Tuple& scalars, View<T>... views) const {
        std::array<detail::DeviceArgument, sizeof...(T)> arguments{
            detail::device_argument(const_cast<std::remove_const_t<T>*>(views.data()), views.layout())...};
        std::apply(
            [&](const auto&... scalar) {
                std::array<const void*, sizeof...(T) + sizeof...(scalar)> addresses;
                std::size_t at = 0;
                for (const auto& argument : arguments) addresses[at++] = &argument;
                ((addresses[at++] = &scalar), ...);
                launch(where, arguments.data(), arguments.size(), addresses.data());
            },
            scalars);
    }
    void launch(const GpuStream& where, const detail::DeviceArgument* views, std::size_t count,
                const void** addresses) const;

    std::shared_ptr<const Code> code_;
};

}  // namespace heddle
