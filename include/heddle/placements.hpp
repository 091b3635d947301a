#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heddle {

// What became of the tasks of one name on an engine with devices; see EngineOptions::explain. Seconds are means.
struct PlacementReport {
    struct Lane {
        std::string name;         // "cpu", "cuda:0"
        std::uint64_t tasks = 0;  // that ran there
        double predicted = 0;     // had all tasks of the name run there; without the time to move values
        double measured = 0;      // of those that ran there; 0: none has ended there
    };
    struct Reason {
        std::string lane, text;
        std::uint64_t tasks = 0;
    };
    std::string task;
    std::uint64_t bytes_to_device = 0, bytes_to_host = 0;  // that were moved for these tasks
    std::vector<Lane> lanes;
    std::vector<Reason> reasons;
};

// How many tasks a device was to run, or could have run, and the CPU did: because they do not fit into the memory of
// any, because a device refused a call, because devices were lost. `unopened`: of each GPU that EngineOptions::device
// "auto" found and could not open, what went wrong.
struct Fallbacks {
    std::uint64_t memory = 0, refused = 0, lost = 0;
    std::vector<std::string> unopened = {};
};

}  // namespace heddle
