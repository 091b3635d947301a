#include "host/cli/output_options.hpp"

#include <CLI/CLI.hpp>

#include "heddle/error.hpp"
#include "host/pipeline/format.hpp"
#include "host/pipeline/inputs.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {

void add_output_options(CLI::App& app, OutputOptions& options) {
    app.add_option("-o,--output", options.output);
    app.add_option("--dtype", options.dtype);
    app.add_option("--chunks", options.chunks);
    app.add_option("--gzip", options.gzip)->check(CLI::Range(0, 9));
    app.add_flag("--shuffle", options.shuffle);
    app.add_flag("--fletcher32", options.fletcher32);
}

void apply_format(const OutputOptions& options, pipeline::DatasetFormat& format) {
    if (options.dtype) format.dtype = parse_dtype(*options.dtype);
    if (options.chunks) pipeline::parse_chunks(*options.chunks, format);
    if (options.gzip) format.gzip = options.gzip;
    if (options.shuffle) format.shuffle = true;
    if (options.fletcher32) format.fletcher32 = true;
}

std::optional<pipeline::OutputSpec> output_spec(const OutputOptions& options, const CommonOptions& common) {
    pipeline::OutputSpec spec;
    apply_format(options, spec.format);
    spec.overwrite = common.overwrite ? Overwrite::replace : Overwrite::refuse;
    if (!options.output) {
        const auto& format = spec.format;
        if (format.dtype || format.chunk_rule || format.gzip || format.shuffle || format.fletcher32)
            throw ArgumentError("--dtype, --chunks, --gzip, --shuffle and --fletcher32 need an output",
                                "without -o the results are printed", "add -o FILE, or leave them out");
        return std::nullopt;
    }
    pipeline::check_filters(spec, {});
    auto place = pipeline::parse_output(*options.output);
    spec.file = std::move(place.file);
    spec.group = std::move(place.group);
    return spec;
}

}  // namespace heddle::cli
