#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace heddle::cli {

// Cores, threads, memory, devices, and the libraries that this build stands on.
nlohmann::ordered_json machine_json();
std::string machine_text(const nlohmann::ordered_json& machine);

}  // namespace heddle::cli
