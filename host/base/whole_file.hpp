#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace heddle {

// Writes the parts, one behind the other, to a file that appears whole under its name, by a rename; its folder is made
// where it is missing. False, and nothing changed: no folder, no space, no permission. Any thread, any number of
// processes; what one leaves behind that ends meanwhile has the extension ".part".
bool write_whole(const std::filesystem::path& path, std::span<const std::string_view> parts);

}  // namespace heddle
