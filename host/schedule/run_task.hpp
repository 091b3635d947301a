#pragma once

#include <cstdint>

#include "host/graph/record.hpp"
#include "host/schedule/context.hpp"

namespace heddle::schedule {

enum class Outcome : std::uint8_t {
    complete,
    shared,  // other threads still hold pieces of the task; the last of them completes it
};

// Runs the body, or skips it when the scope was cancelled or an input is spoiled. What it throws becomes the failure
// of the scope and of the tiles that the task writes. The caller then releases the successors.
Outcome run_task(EngineCore& engine, graph::Record& record, Context& context);

// Lets go of an opened task of several pieces without running any of them.
Outcome drop_ticket(EngineCore& engine, graph::Record& record);

// Destroys the body.
void drop_body(graph::Record& record) noexcept;

}  // namespace heddle::schedule
