#include "host/device/cuda/stream.hpp"

#include "host/device/cuda/checked.hpp"

namespace heddle::device::cuda {

OwnedStream::OwnedStream(const Health& health) : health_(health) {
    HEDDLE_CUDA(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
}

OwnedStream::~OwnedStream() {
    if (!health_.lost()) succeeded(cudaStreamDestroy(stream_));
}

cudaError_t OwnedStream::status() const noexcept {
    const auto status = cudaStreamQuery(stream_);
    if (status != cudaErrorNotReady) return status;
    cudaGetLastError();
    return cudaSuccess;
}

}  // namespace heddle::device::cuda
