#pragma once

#include <exception>
#include <string>

#include "host/graph/buffer_core.hpp"
#include "host/graph/record.hpp"

namespace heddle::schedule {

class EngineCore;

// The failure that keeps the task from running: its scope's cancellation, or the earliest one that spoiled an input.
// Null when it may run; then what it overwrites entirely is sound again.
graph::FailurePtr reason_to_skip(EngineCore& engine, graph::Record& record);

// Spoils what the task writes and tells its scope.
void fail(EngineCore& engine, graph::Record& record, const graph::FailurePtr& failure);
// The same for what its body threw, which gets the task's description.
void fail(EngineCore& engine, graph::Record& record, std::exception_ptr thrown);
// What fail() makes of it, without its effects.
graph::FailurePtr make_failure(EngineCore& engine, graph::Record& record, std::exception_ptr thrown);
// Writes "heddle: TEXT" to standard error, whether that can be written or not.
void tell(const std::string& text) noexcept;
// The same, but each text once in the process's life.
void tell_once(const std::string& text);
// Its what(), for messages.
std::string what_of(const std::exception_ptr& error);

}  // namespace heddle::schedule
