#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/pipeline/job.hpp"

namespace heddle::pipeline {

// What a job file says (docs/command.md gives its format), before it is put to files.
struct JobFile {
    Job job;                         // a template: see expand()
    std::vector<std::string> files;  // patterns
    std::optional<int> threads;
    std::optional<std::uint64_t> memory;
};

// --set KEY=VALUE: a dotted key, or a name of [inputs] alone.
struct Override {
    std::string key, value;
};
Override parse_override(std::string_view text);

// Reads a job file; `name` is for messages, which say "name:line: key: problem: reason; remedy". ArgumentError for a
// mistake in its form or its keys, ParseError for one in an expression. Pure: touches no file.
JobFile parse_job(std::string_view text, const std::string& name, const std::vector<Override>& overrides = {});

}  // namespace heddle::pipeline
