#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "heddle/access.hpp"
#include "host/graph/buffer_core.hpp"
#include "host/graph/record.hpp"
#include "host/schedule/context.hpp"

namespace heddle::schedule {

// Bodies that submit to scopes of their own. Such a task is a part of the body: it runs inside it, on what the body's
// task has declared, so it must not wait for that task; its hazards with the other parts are kept per body, in a
// Domain. What the task has not declared it takes its place for among everybody's tasks, and there it may only wait
// for tasks that come before the body in the serial order (submission order, parts inside their bodies): then every
// wait points backwards in that order, and no cycle of waits can arise.
struct Domain {
    struct Entry {
        const graph::BufferCore* buffer;
        std::unique_ptr<graph::Tile[]> tiles;
    };
    std::vector<Entry> entries;
    graph::Tile* tiles_of(const graph::BufferCore& buffer);
};

// The body that this one is part of, or null.
Frame* outer_body(const Frame& body);

// The access of `task` that contains this one, or -1; AccessError when the task declares the buffer but less of it.
int containing_access(const graph::Record& task, const detail::AccessSpec& access, std::string_view part);

// Where the hazards of a part's accesses are kept: one entry per access. Throws AccessError for one that would have
// to wait for a task behind the body. `path` is the part's. The graph's mutex is held.
std::vector<graph::Tile*> tiles_of_part(Frame& body, std::span<const detail::AccessSpec> accesses,
                                        std::span<const std::uint64_t> path, std::string_view part);

// In checking mode, where the values of a part's access are: in the guarded copy of the innermost body that declares
// it. Returns false when no body does.
bool find_in_body(const graph::Record& part, const graph::TaskAccess& access, detail::Operand& operand,
                  detail::Layout& layout);

}  // namespace heddle::schedule
