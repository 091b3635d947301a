#include <chrono>
#include <thread>

#include "tests/device/cuda/fake_runtime.hpp"
#include "tests/device/cuda_work.hpp"

namespace heddle::test {
namespace {

using Enqueue = std::function<void(cudaStream_t)>;

void launch(device::Accelerator& device, device::Stream stream, Enqueue enqueue) {
    const auto run = [](void* context, void* native_stream, const detail::Operand*) {
        (*static_cast<Enqueue*>(context))(static_cast<cudaStream_t>(native_stream));
    };
    device.launch(stream, {"host function", run, &enqueue, {}});
}

}  // namespace

void launch_add(device::Accelerator& device, device::Stream stream, void* data, int count, float value,
                int milliseconds) {
    launch(device, stream, [=](cudaStream_t native) {
        fake_cuda::enqueue(native, [=] {
            if (milliseconds > 0) std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
            for (int i = 0; i < count; ++i) static_cast<float*>(data)[i] += value;
        });
    });
}

void launch_illegal_access(device::Accelerator& device, device::Stream stream) {
    launch(device, stream, fake_cuda::enqueue_fault);
}

void launch_impossible(device::Accelerator& device, device::Stream stream) {
    launch(device, stream, [](cudaStream_t) { fake_cuda::set_last_error(cudaErrorInvalidConfiguration); });
}

}  // namespace heddle::test
