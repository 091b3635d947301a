#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "host/graph/record.hpp"
#include "host/memory/journal.hpp"

namespace heddle::schedule {

class ScopeCore;

// A task on a device, kept until its results are safe, so that it can run again elsewhere.
struct PastTask final : memory::JournalEntry {
    PastTask() = default;
    PastTask(const PastTask&) = delete;
    PastTask& operator=(const PastTask&) = delete;
    ~PastTask() override;

    graph::Record* record = nullptr;  // while in flight
    memory::Point end;
    ScopeCore* scope = nullptr;

    // Takes the body and the accesses out of the record, which has ended on its device.
    void keep();

    // The bytes of tiles at versions, dense.
    using Versions = std::map<std::pair<const memory::TileReplicas*, std::uint64_t>, std::vector<std::byte>>;
    // An access's values, dense, beside their buffer.
    struct Copy {
        const graph::BufferCore* buffer;
        const Box* box;
        Shape origin;
        detail::Layout layout;
        std::vector<std::byte> bytes;

        // Copies the tile's part from (to) the dense bytes of the whole tile.
        void exchange(const Shape& index, std::byte* tile, bool to_tile);
    };
    // To run again: whether `versions` has all that the task reads; copies of it, one for each access; and the body
    // having run on them, what it made.
    bool has_inputs(const Versions& versions) const;
    std::vector<Copy> inputs(Versions& versions) const;
    void add_made(std::vector<Copy>& copies, Versions& versions) const;
    // On the host, from one to the other. Throws what the body throws.
    void run_again(Versions& versions, int worker);

    const detail::BodyOps& ops() const;
    void* body();

private:
    std::span<const graph::TaskAccess> accesses() const;
    const graph::Region* region(std::size_t access) const;
    template <class F>
    void for_each_use(F&& f) const;

    struct Kept {
        const detail::BodyOps* ops = nullptr;
        void* body = nullptr;
        std::int64_t pieces = 1;
        std::vector<graph::TaskAccess> accesses;
        std::vector<graph::Region> regions;
    };
    Kept kept_;
};

}  // namespace heddle::schedule
