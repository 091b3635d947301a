#pragma once

#include <atomic>

#include "host/graph/record.hpp"

namespace heddle::schedule {

class EngineCore;
class ScopeCore;
struct Domain;

// A body that runs on this thread; `below` is the body that waits meanwhile.
struct Frame {
    Frame(graph::Record* task, Frame* waiting) : record(task), below(waiting) {}
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
    ~Frame() {
        if (domain != nullptr) drop(domain);
    }

    graph::Record* record;  // null: a coroutine that goes on
    Frame* below;
    // That the body made and has not ended yet; linked by next_of_body. Written with the engine's scopes_mutex_.
    std::atomic<ScopeCore*> scopes{nullptr};
    Domain* domain = nullptr;  // of its parts; owned; the graph's mutex

private:
    static void drop(Domain* domain);
};

// What a thread that runs bodies carries along.
struct Context {
    EngineCore* engine = nullptr;
    int worker = 0;
    Frame* frame = nullptr;
    int waits = 0;  // of bodies on this thread's stack
};

// Null on threads that run no bodies. Read once per submission, hence the model without a call.
[[gnu::tls_model("initial-exec")]] extern thread_local Context* current_context;

}  // namespace heddle::schedule
