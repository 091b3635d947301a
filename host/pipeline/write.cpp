#include "heddle/error.hpp"
#include "heddle/hdf5.hpp"
#include "host/pipeline/compute.hpp"
#include "host/pipeline/version.hpp"

namespace heddle {
namespace {

void check(const WriteOptions& options, std::span<const NamedArray> arrays) {
    if (options.gzip < -1 || options.gzip > 9)
        throw ArgumentError("gzip level " + std::to_string(options.gzip) + " does not exist", "levels are 0 to 9",
                            "use one of them, or -1 for no compression");
    if (arrays.empty())
        throw ArgumentError("there is nothing to write", "the list of arrays is empty", "give at least one array");
    for (std::size_t i = 0; i < arrays.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (arrays[i].name == arrays[j].name)
                throw ArgumentError("two arrays are named '" + arrays[i].name + "'",
                                    "each becomes a dataset of that name", "rename one of them");
}

}  // namespace

void write_hdf5(Engine& engine, const std::string& file, std::span<const NamedArray> arrays,
                const WriteOptions& options) {
    check(options, arrays);
    pipeline::OutputSpec output;
    output.file = file;
    output.group = options.group.starts_with('/') ? options.group : "/" + options.group;
    output.overwrite = options.overwrite;
    output.format.dtype = options.dtype;
    if (options.chunks) {
        output.format.chunk_rule = pipeline::ChunkRule::given;
        output.format.chunks = *options.chunks;
    }
    output.format.gzip = options.gzip;
    output.format.shuffle = options.shuffle;
    output.format.fletcher32 = options.fletcher32;
    pipeline::Hooks hooks;
    pipeline::compute(engine, arrays, output, {options.provenance, {}, std::string(pipeline::kVersion)}, hooks);
}

}  // namespace heddle
