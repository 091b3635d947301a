#pragma once

#include "host/device/accelerator.hpp"

// What the tests launch: kernels where they run on a GPU (cuda_work.cpp), host functions where a stand-in for the CUDA
// runtime takes its place (cuda/fake_work.cpp).
namespace heddle::test {

// Adds `value` to `count` floats of device memory, after about `milliseconds`.
void launch_add(device::Accelerator& device, device::Stream stream, void* data, int count, float value,
                int milliseconds = 0);
// Reads where there is nothing.
void launch_illegal_access(device::Accelerator& device, device::Stream stream);
// Is refused: more threads per block than any device has.
void launch_impossible(device::Accelerator& device, device::Stream stream);

}  // namespace heddle::test
