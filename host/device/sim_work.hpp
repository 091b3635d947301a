#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/device/accelerator.hpp"
#include "host/device/sim_memory.hpp"

namespace heddle::device {

// What a simulated device does when an operation's turn has come. Each throws IllegalAddress.

// `memory` outlives it.
std::function<void()> copy_work(SimMemory& memory, Stream stream, void* to, const void* from, const CopyShape& shape);
// From a device that was lost nothing comes: the target stays as it is, and this device goes on.
std::function<void()> peer_copy_work(SimMemory& memory, void* to, std::shared_ptr<SimMemory> source, const void* from,
                                     std::size_t bytes);
// Of the operands only the first byte is known to be used: their element size is not; their blocks' borders are looked
// at afterwards.
std::function<void()> launch_work(SimMemory& memory, const Launch& launch);

// Why the device refuses such a copy: its shape, or host memory that is not pinned. Empty if it does not.
std::string wrong_copy(Stream stream, const void* to, const void* from, const CopyShape& shape);

}  // namespace heddle::device
