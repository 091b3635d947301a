#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <utility>
#include <vector>

#include "host/graph/record.hpp"
#include "host/memory/journal.hpp"

namespace heddle::schedule {

class ScopeCore;

// A task on a device, kept until its results are safe, so that it can run again on the host.
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
    // Runs the body on copies of what it reads, and adds what it makes. Throws what the body throws; false when
    // `versions` lacks something.
    bool run_again(Versions& versions, int worker);

private:
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
