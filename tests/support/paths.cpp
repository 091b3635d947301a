#include "tests/support/paths.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace heddle::test {
namespace {

std::filesystem::path from_environment(const char* name, const std::filesystem::path& otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? std::filesystem::path(value) : otherwise;
}

}  // namespace

std::filesystem::path source_path(const std::filesystem::path& relative) {
    return from_environment("HEDDLE_SOURCE", HEDDLE_SOURCE_DIR) / relative;
}

std::filesystem::path command_path() {
    return from_environment("HEDDLE", std::filesystem::path(HEDDLE_BUILD_DIR) / "heddle");
}

TempDir::TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "heddle test.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create a directory like " + name);
    path_ = name;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace heddle::test
