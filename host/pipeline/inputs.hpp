#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/pipeline/job.hpp"

namespace heddle::pipeline {

// "NAME=FILE:PATH", "NAME=FILE:PATH@ATTRIBUTE" or "NAME=NUMBER". ArgumentError for anything else.
Input parse_input(std::string_view text);

// The part behind the '=': `name` is for messages.
std::variant<Location, Constant> parse_source(std::string_view name, std::string_view text);

// "FILE:PATH" or "FILE:PATH@ATTRIBUTE"; nullopt when there is no PATH. The ':' that separates is the first before a
// '/', else the last; with Probe::files an existing file on its left decides before that.
enum class Probe : std::uint8_t { text, files };
std::optional<Location> parse_location(std::string_view text, Probe probe = Probe::files);

// -o's "out.h5" or "out.h5:/group".
struct OutputPlace {
    std::string file, group = "/";
};
OutputPlace parse_output(std::string_view text);

// The number that the whole text is, as Python writes it: 3, -1e-3, 0x1f, nan, inf, 2j, 1+2j, True.
std::optional<Constant> parse_constant(std::string_view text);

// Whether the text is a name of the expression language.
bool is_identifier(std::string_view text);

// "scan.h5:/exchange/data", "2.5": as parse_input accepts it behind the '='.
std::string describe(const Input& input);

}  // namespace heddle::pipeline
