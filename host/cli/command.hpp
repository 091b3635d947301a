#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heddle/engine.hpp"

namespace CLI {
class App;
}

namespace heddle::cli {

enum ExitStatus : int { kDone = 0, kInputFailed = 1, kWrongUsage = 2 };

// What the parser found: does the command's work and returns the exit status.
using Work = std::function<int()>;

// One command: adds its options to its own part of the parser; parses first, works second.
struct Command {
    std::string_view name, summary;
    Work (*add)(CLI::App& app);
};
// In the order in which help lists them.
std::span<const Command> commands();

Work add_eval(CLI::App& app);
Work add_run(CLI::App& app);
Work add_stats(CLI::App& app);
Work add_info(CLI::App& app);
Work add_help(CLI::App& app);
Work add_version(CLI::App& app);

// The options that eval, run, stats and info share.
struct CommonOptions {
    int threads = 0;
    std::optional<std::string> memory;
    std::string files_from, device;
    bool dry_run = false, quiet = false, json = false, overwrite = false, no_lock = false, verbose = false;
    bool explain = false;  // of eval and run
};
void add_common_options(CLI::App& app, CommonOptions& options);
// For the commands that compute: eval, run and stats.
void add_device_option(CLI::App& app, CommonOptions& options);
// ArgumentError for a bad --memory.
EngineOptions engine_options(const CommonOptions& options);
// The engine, whose devices are there or wrong usage.
std::unique_ptr<Engine> open_engine(const EngineOptions& options);

// The page of a command or of another topic; nullopt when there is none.
std::optional<std::string> help_text(std::string_view topic);
std::vector<std::string> help_topics();

// Parses the command line, runs the command and prints its error. Never throws.
int run(int argc, char** argv);

}  // namespace heddle::cli
