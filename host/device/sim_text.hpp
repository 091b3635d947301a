#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "host/device/sim.hpp"

namespace heddle::device {

// Simulated devices and the host beside them.
struct SimSystem {
    int devices = 1;
    SimOptions options;                     // of each; a fault goes to the device that it names
    double host_bytes = 0, host_flops = 0;  // per second, of all the CPU lane's threads; 0: takes no time
};

// From "sim", or "sim:key=value,…" with the names of SimOptions. ArgumentError lists them.
SimSystem parse_sim(std::string_view text);
std::vector<std::unique_ptr<Accelerator>> make_sims(const SimSystem& system);

}  // namespace heddle::device
