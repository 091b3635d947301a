#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/io/tree.hpp"

namespace heddle::cli {

enum class Attributes : std::uint8_t { counted, listed };
// The tree of a file: a line for each object, with its type, shape, chunks, filters and how well they compress.
std::string tree_text(const std::vector<io::TreeEntry>& tree, Attributes attributes);
nlohmann::ordered_json tree_json(const std::vector<io::TreeEntry>& tree);

}  // namespace heddle::cli
