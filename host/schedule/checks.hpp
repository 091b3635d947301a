#pragma once

#include "host/graph/record.hpp"
#include "host/memory/host_memory.hpp"

namespace heddle::schedule {

// Checking mode: fills Extra::operands with private copies of what the task declares, between guard bytes; what it
// only writes holds NaN, or 0xA5 bytes.
void guard(memory::HostMemory& memory, graph::Record& record);

// After the body: throws AccessError when guard bytes or values that were only to be read have changed, else copies
// the written values back.
void verify(graph::Record& record);

}  // namespace heddle::schedule
