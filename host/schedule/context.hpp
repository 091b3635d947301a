#pragma once

#include "host/graph/record.hpp"

namespace heddle::schedule {

class EngineCore;

// A body that runs on this thread; `below` is the body that waits meanwhile.
struct Frame {
    graph::Record* record;
    Frame* below;
};

// What a thread that runs bodies carries along.
struct Context {
    EngineCore* engine = nullptr;
    int worker = 0;
    Frame* frame = nullptr;
};

// Null on threads that run no bodies. Read once per submission, hence the model without a call.
[[gnu::tls_model("initial-exec")]] extern thread_local Context* current_context;

}  // namespace heddle::schedule
