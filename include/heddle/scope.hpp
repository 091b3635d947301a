#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "heddle/access.hpp"
#include "heddle/api.hpp"
#include "heddle/buffer.hpp"
#include "heddle/task.hpp"

namespace heddle {

class Engine;

namespace schedule {
class ScopeCore;
}

// An access whose buffer and type are known at run time.
struct AnyAccess {
    const AnyBuffer* buffer;
    Mode mode;
    std::optional<Box> box;  // the whole buffer without one
};

namespace detail {

struct Submission {
    schedule::ScopeCore* scope;
    const TaskName* name;
    std::span<const AccessSpec> accesses;
    void* body;
    const BodyOps* ops;
    Lane lane;
    std::int64_t pieces;
    double flops;
    std::int64_t bytes;
    Place place;
};
HEDDLE_API void submit(const Submission& submission);
HEDDLE_API void submit(const Submission& submission, std::span<const AnyAccess> accesses);

template <class Body, class... A>
void submit_task(schedule::ScopeCore* scope, const TaskOptions& o, Body& body, const A&... accesses) {
    if constexpr (sizeof...(A) == 0) {
        submit({scope, &o.name, {}, &body, &body_ops<Body>, o.lane, o.pieces, o.flops, o.bytes, o.place});
    } else {
        const AccessSpec specs[] = {accesses.spec()...};
        submit({scope, &o.name, specs, &body, &body_ops<Body, A...>, o.lane, o.pieces, o.flops, o.bytes, o.place});
    }
}
template <class Body>
void submit_list(schedule::ScopeCore* scope, const TaskOptions& o, Body& body, std::span<const AnyAccess> accesses) {
    submit({scope, &o.name, {}, &body, &list_body_ops<Body>, o.lane, o.pieces, o.flops, o.bytes, o.place}, accesses);
}

}  // namespace detail

// A group of tasks. Any thread may submit to it; a body may make scopes of its own and wait for them, and for no
// others. Destroying a scope waits for its tasks and prints an error of theirs that nobody has seen; wait() throws it.
class HEDDLE_API Scope {
public:
    explicit Scope(Engine& engine);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

    // Adds a task that runs when every earlier submitted task whose accesses conflict with its own is done. The body,
    // which is moved or copied into the task, gets a View per access (`const` elements for read). Blocks only at the
    // engine's caps on work in flight, and never inside a body. A body submitting to a scope of its own makes a part
    // of itself: it may touch what its task declares, and buffers that no later task uses. Throws ShapeError for a box
    // outside its buffer, ArgumentError for a buffer of another engine or no pieces, AccessError for such a part.
    template <class Body, class... A>
    void submit(const TaskName& name, Body&& body, const A&... accesses) {
        submit(TaskOptions{.name = name}, std::forward<Body>(body), accesses...);
    }
    template <class Body, class... A>
    void submit(const TaskOptions& options, Body&& body, const A&... accesses) {
        std::decay_t<Body> moved(std::forward<Body>(body));
        detail::submit_task(core_, options, moved, accesses...);
    }
    // The same for accesses known at run time; the body gets (const Piece&, const detail::Operand* one_per_access).
    template <class Body>
    void submit_list(const TaskOptions& options, std::span<const AnyAccess> accesses, Body&& body) {
        std::decay_t<Body> moved(std::forward<Body>(body));
        detail::submit_list(core_, options, moved, accesses);
    }

    // Blocks until every task submitted so far is done, then throws the error of the earliest submitted one that
    // failed, which carries the others. Inside a body it runs other tasks meanwhile. The scope can be used again.
    void wait();
    // The same, and throws Timeout when `limit` is over first; the tasks go on. A task that a waiting body has taken on
    // meanwhile is finished first.
    void wait_for(std::chrono::nanoseconds limit);
    // Tasks that did not start yet are skipped with Cancelled, which wait() throws unless a task failed by itself.
    // Does not block. Later submissions are skipped too.
    void cancel();
    bool cancelled() const;
    // Whether wait() would return at once.
    bool done() const;
    // The errors so far, by order of submission of their tasks; they count as seen.
    std::vector<std::exception_ptr> errors() const;

    schedule::ScopeCore* core() const { return core_; }

private:
    schedule::ScopeCore* core_;
};

}  // namespace heddle
