#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "heddle/scope.hpp"
#include "host/array/node.hpp"
#include "host/array/plan.hpp"

namespace heddle::array {

// Memory for values, 64-byte aligned, not initialised.
std::shared_ptr<std::byte> allocate_bytes(std::size_t bytes);

// A plan whose tasks run in a scope of their own; arrays that it fills hold on to it. Any thread may wait.
class Evaluation {
public:
    Evaluation(Engine& engine, std::vector<Target> targets);
    // Submits the plan. Arrays for the targets without a sink, which keep `self`, but once they
    // have been waited for not what it was computed from.
    static std::vector<Array> start(const std::shared_ptr<Evaluation>& self);

    // Blocks until the tasks are done; throws their error, each time.
    void wait();
    bool done() const;
    // As detail::resume_when_done.
    bool resume_when_done(void (*resume)(void*), void* argument);
    Plan& plan() { return plan_; }

private:
    Plan plan_;  // outlives the scope, whose tasks use it
    Scope scope_;
    std::once_flag finished_;
};

// Waits for the evaluation that fills the node's memory, if there is one.
void wait_for(const Node& node);
bool is_ready(const Node& node);

}  // namespace heddle::array
