#pragma once

#include <filesystem>
#include <string>

namespace heddle::test {

// A file of the repository: source_path("data/job.toml"). HEDDLE_SOURCE in the environment moves the root.
std::filesystem::path source_path(const std::filesystem::path& relative);

// The built `heddle` command; HEDDLE in the environment names another one.
std::filesystem::path command_path();

// A directory of its own for one test, with a space in its name; removed with all it holds.
class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

}  // namespace heddle::test
