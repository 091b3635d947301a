#include "tests/device/cuda_work.hpp"

#include <string_view>

#include "host/device/cuda.hpp"
#include "host/device/kernel.hpp"
#include "host/device/nvrtc.hpp"

namespace heddle::test {
namespace {

constexpr const char* kSource = R"(
extern "C" __global__ void add(float* data, int count, float value, long long nanoseconds) {
    unsigned long long start, now;
    asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
    do asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now)); while ((long long)(now - start) < nanoseconds);
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) data[i] += value;
}
extern "C" __global__ void illegal(int* nowhere) { *nowhere = 1; }
)";

std::vector<char> compile() {
    device::CompileRequest request;
    request.name = "cuda_work.cu";
    request.source = kSource;
    const auto devices = device::find_cuda().devices;
    // Newer devices than the compiler knows run nothing of ours; the tests of those need the newer compiler.
    if (!devices.empty()) request.architecture = devices.front().major * 10 + devices.front().minor;
    return device::compile_cubin(request);
}

const device::Kernel& kernel(const char* entry) {
    static const auto code = compile();
    static const device::Kernel add(code, "add"), illegal(code, "illegal");
    return std::string_view(entry) == "add" ? add : illegal;
}

struct Parameters {
    const device::Kernel* kernel;
    device::Kernel::Grid grid;
    void** arguments;
};

void launch(device::Accelerator& device, device::Stream stream, const char* entry, const device::Kernel::Grid& grid,
            void** arguments) {
    Parameters parameters{&kernel(entry), grid, arguments};
    const auto run = [](void* context, void* native_stream, const detail::Operand*) {
        const auto& p = *static_cast<Parameters*>(context);
        p.kernel->launch(native_stream, p.grid, p.arguments);
    };
    device.launch(stream, {entry, run, &parameters, {}});
}

}  // namespace

void launch_add(device::Accelerator& device, device::Stream stream, void* data, int count, float value,
                int milliseconds) {
    long long nanoseconds = milliseconds * 1000000LL;
    void* arguments[] = {&data, &count, &value, &nanoseconds};
    launch(device, stream, "add", {static_cast<unsigned>(count + 127) / 128, 128}, arguments);
}

void launch_illegal_access(device::Accelerator& device, device::Stream stream) {
    void* nowhere = nullptr;
    void* arguments[] = {&nowhere};
    launch(device, stream, "illegal", {}, arguments);
}

void launch_impossible(device::Accelerator& device, device::Stream stream) {
    void* nowhere = nullptr;
    void* arguments[] = {&nowhere};
    launch(device, stream, "illegal", {.threads = 1u << 20}, arguments);
}

}  // namespace heddle::test
