#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <vector>

#include "host/schedule/devices.hpp"

namespace heddle::schedule {

// A plan of what runs again, on copies, so that nothing else sees values of other versions.
struct Devices::Recovery {
    // A task without a CPU body, on its way through another device.
    struct Flight {
        int device = 0;
        std::vector<PastTask::Copy> copies;
        std::vector<detail::Operand> operands;
        std::size_t bytes = 0;  // of all operands, behind each other
        std::byte* memory = nullptr;
        std::byte* pinned = nullptr;
        memory::Points ends;
        std::exception_ptr error;
    };

    std::vector<memory::JournalEntry*> entries;
    std::size_t next = 0;  // of the entries
    std::optional<Flight> flight;
    PastTask::Versions versions;
    std::map<const PastTask*, std::exception_ptr> errors;
    std::uint64_t ran = 0, losses = 0;
};

}  // namespace heddle::schedule
