#pragma once

#include <optional>
#include <string>

#include "host/cli/command.hpp"
#include "host/pipeline/job.hpp"

namespace heddle::cli {

// -o and how the results are stored.
struct OutputOptions {
    std::optional<std::string> output, dtype, chunks;
    std::optional<int> gzip;
    bool shuffle = false, fletcher32 = false;
};
void add_output_options(CLI::App& app, OutputOptions& options);

// The settings that were given, on top of those of `format`. Throws ArgumentError or DTypeError for a bad one.
void apply_format(const OutputOptions& options, pipeline::DatasetFormat& format);

// What -o and the settings mean; nullopt without -o, and then ArgumentError when something was set for it.
std::optional<pipeline::OutputSpec> output_spec(const OutputOptions& options, const CommonOptions& common);

}  // namespace heddle::cli
