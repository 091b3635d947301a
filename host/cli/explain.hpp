#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "heddle/engine.hpp"

namespace heddle::cli {

// Where the engine's tasks ran and why: a table, or the same for --json.
std::string explain_text(const Engine& engine);
nlohmann::ordered_json explain_json(const Engine& engine);

}  // namespace heddle::cli
