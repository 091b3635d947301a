#include "host/device/cuda.hpp"

#include "heddle/error.hpp"

namespace heddle::device {
namespace {

constexpr const char* kReason = "this build has no CUDA";
constexpr const char* kRemedy = "build Heddle where the CUDA toolkit is installed, with -DHEDDLE_CUDA=ON";

}  // namespace

CudaState find_cuda() {
    CudaState state;
    state.reason = kReason;
    state.remedy = kRemedy;
    return state;
}

int cuda_device_count() { return 0; }
void own_cuda_thread() noexcept {}

std::unique_ptr<Accelerator> make_cuda(const CudaState&, int ordinal, const CudaOptions&) {
    throw NotBuilt("the CUDA device cuda:" + std::to_string(ordinal) + " cannot be used", kReason, kRemedy);
}

}  // namespace heddle::device
