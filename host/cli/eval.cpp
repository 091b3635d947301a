#include <CLI/CLI.hpp>
#include <memory>

#include "heddle/error.hpp"
#include "host/cli/command.hpp"
#include "host/cli/errors.hpp"
#include "host/cli/execute.hpp"
#include "host/cli/output_options.hpp"
#include "host/pipeline/inputs.hpp"
#include "host/pipeline/run_job.hpp"

namespace heddle::cli {
namespace {

struct EvalOptions {
    CommonOptions common;
    OutputOptions output;
    std::string program;
    std::vector<std::string> inputs;
    bool cf = false;
};

pipeline::Job job_of(const EvalOptions& options) {
    pipeline::Job job;
    job.program = options.program;
    pipeline::check_program(job.program);
    for (const auto& text : options.inputs) {
        job.inputs.push_back(pipeline::parse_input(text));
        for (std::size_t i = 0; i + 1 < job.inputs.size(); ++i)
            if (job.inputs[i].name == job.inputs.back().name)
                throw ArgumentError("the input '" + job.inputs[i].name + "' is given twice",
                                    "a name stands for one thing", "rename one of them");
    }
    job.output = output_spec(options.output, options.common);
    job.cf = options.cf ? Cf::decode : Cf::raw;
    job.lock = options.common.no_lock ? FileLock::no : FileLock::yes;
    return job;
}

int eval(const EvalOptions& options) {
    const auto [items, engine] = reading_usage([&] {
        const auto job = job_of(options);
        pipeline::FileChoice choice;
        if (!options.common.files_from.empty()) choice.files = pipeline::read_file_list(options.common.files_from);
        return std::pair(pipeline::expand(job, choice), engine_options(options.common));
    });
    return execute(items, engine, options.common);
}

}  // namespace

Work add_eval(CLI::App& app) {
    auto options = std::make_shared<EvalOptions>();
    app.add_option("EXPRESSION", options->program)->required();
    app.add_option("NAME=VALUE", options->inputs);
    app.add_flag("--cf", options->cf);
    app.add_flag("--explain", options->common.explain);
    add_output_options(app, options->output);
    add_common_options(app, options->common);
    add_device_option(app, options->common);
    return [options] { return with_json_error(options->common, [&] { return eval(*options); }); };
}

}  // namespace heddle::cli
