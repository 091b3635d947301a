#pragma once

#include <complex>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "heddle/hdf5.hpp"
#include "host/expr/source.hpp"

namespace heddle::pipeline {

// A dataset, or one of its attributes. An empty file stands for the file that the job is run on; file may hold
// {stem}, {name} and {dir} until the job is made for one file.
struct Location {
    std::string file, path;
    std::optional<std::string> attribute;
};
using Constant = std::variant<bool, std::int64_t, std::uint64_t, double, std::complex<double>>;

// A name of the program and what it stands for.
struct Input {
    std::string name;
    std::variant<Location, Constant> source;
};

enum class ChunkRule : std::uint8_t { like_input, automatic, contiguous, given };

// How one result is stored; what is not set comes from the settings for all results.
struct DatasetFormat {
    std::optional<DType> dtype;
    std::optional<ChunkRule> chunk_rule;
    Shape chunks;  // where chunk_rule is given
    std::optional<int> gzip;
    std::optional<bool> shuffle, fletcher32;
};

struct OutputSpec {
    std::string file, group = "/";
    DatasetFormat format;
    std::map<std::string, DatasetFormat> formats;  // by result, on top of `format`
    Overwrite overwrite = Overwrite::refuse;
};

// One program over one set of inputs: what `eval` runs once and `run` runs for each file.
struct Job {
    std::string title;
    std::vector<Input> inputs;
    std::string program;               // assignments, separated by ';' or newlines, or one bare expression
    std::vector<expr::Piece> pieces;   // where its statements stand in a job file; none for a text of its own
    std::vector<std::string> results;  // which names to compute; empty: those that no later assignment uses
    std::optional<OutputSpec> output;  // without one the results' values are only previewed
    Cf cf = Cf::raw;
    FileLock lock = FileLock::yes;
};

}  // namespace heddle::pipeline
