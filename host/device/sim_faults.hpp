#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "host/device/sim.hpp"

namespace heddle::device {

// Which calls of one device go wrong.
class SimFaults {
public:
    // What is to become of a call; `well` of one that no fault is for.
    enum class Outcome : std::uint8_t { well, refused, lost, later, hang };

    SimFaults(const std::vector<Fault>& faults, int device);
    // Counts a call of that kind.
    Outcome next(Fault::Call call);

private:
    std::vector<Fault> faults_;
    std::array<std::uint64_t, 6> calls_{};  // by Fault::Call
};

std::string_view name(Fault::Call call);

}  // namespace heddle::device
