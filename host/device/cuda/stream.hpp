#pragma once

#include <cuda_runtime_api.h>

#include "host/device/cuda/health.hpp"

namespace heddle::device::cuda {

// Owns one stream, that does not wait for the legacy default stream. Destruction lets what is in it go on.
class OwnedStream {
public:
    // The device must be the calling thread's.
    explicit OwnedStream(const Health& health);
    ~OwnedStream();
    OwnedStream(const OwnedStream&) = delete;
    OwnedStream& operator=(const OwnedStream&) = delete;

    cudaStream_t get() const { return stream_; }
    // Throws nothing; cudaSuccess also while work is under way.
    cudaError_t status() const noexcept;

private:
    const Health& health_;
    cudaStream_t stream_ = nullptr;
};

}  // namespace heddle::device::cuda
