#include <cerrno>
#include <CLI/CLI.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "heddle/error.hpp"
#include "host/cli/command.hpp"
#include "host/cli/errors.hpp"
#include "host/cli/execute.hpp"
#include "host/cli/output_options.hpp"
#include "host/pipeline/format.hpp"
#include "host/pipeline/inputs.hpp"
#include "host/pipeline/job_file.hpp"

namespace heddle::cli {
namespace {

constexpr std::uintmax_t kLargestJob = 1 << 20;

struct RunOptions {
    CommonOptions common;
    OutputOptions output;
    std::string job;
    std::vector<std::string> files, set;
};

std::string read_job(const std::string& name) {
    std::error_code error;
    if (std::filesystem::is_directory(name, error))
        throw IoError("cannot read the job file '" + name + "'", "it is a folder", "name a TOML file");
    if (std::filesystem::file_size(name, error) > kLargestJob && !error)
        throw IoError("cannot read the job file '" + name + "'", "it is larger than 1 MiB, so it is no job file",
                      "name a TOML file");
    std::ifstream file(name, std::ios::binary);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    if (!file)
        throw IoError("cannot read the job file '" + name + "'", std::strerror(errno),
                      "check its name; `heddle help job` says what it holds");
    return text.str();
}

// What the command line says comes before what the file says.
pipeline::FileChoice apply(const RunOptions& options, pipeline::JobFile& file) {
    pipeline::FileChoice choice;
    choice.files = options.files;
    if (!options.common.files_from.empty()) {
        const auto listed = pipeline::read_file_list(options.common.files_from);
        choice.files.insert(choice.files.end(), listed.begin(), listed.end());
    }
    choice.patterns = file.files;
    choice.folder = choice.output_folder = std::filesystem::path(options.job).parent_path();
    auto& output = *file.job.output;
    apply_format(options.output, output.format);
    pipeline::check_filters(output, file.job.results);
    if (options.output.output) {
        auto place = pipeline::parse_output(*options.output.output);
        output.file = std::move(place.file);
        if (place.group != "/") output.group = std::move(place.group);
        choice.output_folder.clear();
    }
    if (options.common.overwrite) output.overwrite = Overwrite::replace;
    if (options.common.no_lock) file.job.lock = FileLock::no;
    return choice;
}

int run_command(const RunOptions& options) {
    const auto [items, engine] = reading_usage([&] {
        std::vector<pipeline::Override> overrides;
        for (const auto& text : options.set) overrides.push_back(pipeline::parse_override(text));
        auto file = pipeline::parse_job(read_job(options.job), options.job, overrides);
        const auto choice = apply(options, file);
        auto engine = engine_options(options.common);
        if (engine.threads == 0) engine.threads = file.threads.value_or(0);
        if (engine.memory == 0) engine.memory = file.memory.value_or(0);
        return std::pair(pipeline::expand(file.job, choice), engine);
    });
    return execute(items, engine, options.common);
}

}  // namespace

Work add_run(CLI::App& app) {
    auto options = std::make_shared<RunOptions>();
    app.add_option("JOB", options->job)->required();
    app.add_option("FILE", options->files);
    app.add_option("--set", options->set)->allow_extra_args(false)->take_all();
    app.add_flag("--explain", options->common.explain);
    add_output_options(app, options->output);
    add_common_options(app, options->common);
    add_device_option(app, options->common);
    return [options] { return with_json_error(options->common, [&] { return run_command(*options); }); };
}

}  // namespace heddle::cli
