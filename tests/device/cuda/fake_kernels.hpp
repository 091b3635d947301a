#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <string>

// Generated kernels on the stand-in for the CUDA runtime: the stand-in for NVRTC (nvrtc/fake_nvrtc.cpp) compiles them
// as C++, and they run in their stream's thread.
namespace heddle::fake_cuda {

// The next so many kernels are not loaded.
void refuse_loads(int count);
// How many kernels were loaded by threads that have waited for events.
int loads_by_watchers();
// How many kernels were launched on the device since the last call of this.
int launches(int device);
// Called before each launch, with the stream and how many there were before.
void before_launch(std::function<void(cudaStream_t, int)> call);

}  // namespace heddle::fake_cuda
