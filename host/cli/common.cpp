#include <CLI/CLI.hpp>

#include "heddle/error.hpp"
#include "host/cli/command.hpp"
#include "host/cli/errors.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {

void add_common_options(CLI::App& app, CommonOptions& options) {
    app.add_option("--threads", options.threads)->check(CLI::Range(1, 4096));
    app.add_option("--memory", options.memory);
    app.add_option("--files-from", options.files_from);
    app.add_flag("--dry-run", options.dry_run);
    app.add_flag("--quiet", options.quiet);
    app.add_flag("--json", options.json);
    app.add_flag("--overwrite", options.overwrite);
    app.add_flag("--no-lock", options.no_lock);
    app.add_flag("--verbose", options.verbose);
}

void add_device_option(CLI::App& app, CommonOptions& options) {
    app.add_option("--device", options.device)->check([](const std::string& name) {
        return name.empty() ? std::string("a device is named: omp, cuda, auto, ...") : std::string();
    });
}

std::unique_ptr<Engine> open_engine(const EngineOptions& options) {
    return reading_usage([&] { return std::make_unique<Engine>(options); });
}

EngineOptions engine_options(const CommonOptions& options) {
    EngineOptions engine;
    engine.threads = options.threads;
    engine.explain = options.explain;
    engine.device = options.device;
    if (options.memory) {
        engine.memory = pipeline::parse_bytes(*options.memory);
        if (engine.memory == 0)
            throw ArgumentError("--memory " + *options.memory, "nothing can be computed in no memory",
                                "allow at least 16M");
    }
    return engine;
}

}  // namespace heddle::cli
