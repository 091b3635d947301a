#include <CLI/CLI.hpp>

#include "host/cli/command.hpp"
#include "host/cli/terminal.hpp"
#include "host/pipeline/version.hpp"

namespace heddle::cli {

Work add_version(CLI::App&) {
    return [] {
        print_out("heddle " + std::string(pipeline::kVersion) + "\n");
        return static_cast<int>(kDone);
    };
}

}  // namespace heddle::cli
