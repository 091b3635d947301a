#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/command.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {

// Writes small.h5 (datasets of every kind that the cases below name), other.h5 and broken.h5 into the folder.
void make_samples(const std::filesystem::path& folder);

// A folder with the samples, and the command run in it.
class Workplace {
public:
    Workplace() { make_samples(folder_.path()); }
    std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
    CommandResult heddle(const std::vector<std::string>& arguments,
                         const std::vector<std::pair<std::string, std::string>>& environment = {}) const {
        return run_heddle(arguments, {environment, folder_.path()});
    }
    // A line as typed into a shell, with the built command in the path.
    CommandResult shell(const std::string& line) const;
    void write(const std::string& name, const std::string& text) const;
    std::vector<std::string> names() const;  // of the files in the folder, sorted

private:
    TempDir folder_;
};

std::string read_text(const std::filesystem::path& file);
std::string read_bytes_of(const std::filesystem::path& file, const std::string& dataset);  // dense, native

}  // namespace heddle::test
