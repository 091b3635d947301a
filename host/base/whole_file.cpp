#include "host/base/whole_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <random>

namespace heddle {

bool write_whole(const std::filesystem::path& path, std::span<const std::string_view> parts) {
    std::error_code failed;
    std::filesystem::create_directories(path.parent_path(), failed);
    // By chance: process numbers repeat where several machines or containers share a folder.
    std::random_device random;
    std::filesystem::path temporary = path;
    temporary += fmt::format(".{:08x}{:08x}{:08x}.part", random(), random(), random());
    {
        std::ofstream file(temporary, std::ios::binary);
        for (const std::string_view part : parts) file.write(part.data(), static_cast<std::streamsize>(part.size()));
        file.close();
        if (file.fail()) {
            std::filesystem::remove(temporary, failed);
            return false;
        }
    }
    std::filesystem::rename(temporary, path, failed);
    if (!failed) return true;
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    return false;
}

}  // namespace heddle
