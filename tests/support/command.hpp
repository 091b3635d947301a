#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace heddle::test {

struct CommandResult {
    int status = 0;  // the exit status; 128 + the signal when one ended it
    std::string out;
    std::string err;
};

struct CommandOptions {
    std::vector<std::pair<std::string, std::string>> environment;  // set on top of the test's own
    std::filesystem::path directory;                               // where it runs; the test's own when empty
};

// Runs a program to its end with an empty standard input. Throws std::runtime_error if it cannot be started.
CommandResult run_command(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                          const CommandOptions& options = {});

// Runs the built `heddle` command.
CommandResult run_heddle(const std::vector<std::string>& arguments, const CommandOptions& options = {});

}  // namespace heddle::test
