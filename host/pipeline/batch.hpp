#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/pipeline/job.hpp"

namespace heddle::pipeline {

// Replaces {stem}, {name} and {dir} by those of the file ("scan_01", "scan_01.h5", "/data"); "{{" and "}}" stand for
// braces. ArgumentError for another name in braces.
std::string expand_template(std::string_view text, const std::filesystem::path& file);
bool has_placeholders(std::string_view text);

// The files that a pattern with *, ? and [] matches, sorted; a text without these is itself. IoError when none is
// there.
std::vector<std::string> expand_pattern(const std::string& pattern, const std::filesystem::path& folder);

struct FileChoice {
    std::vector<std::string> files;     // given by the user: they take the place of all patterns
    std::vector<std::string> patterns;  // of the job file
    // Where relative names of inputs and patterns, and of the output, start; empty: the current folder.
    std::filesystem::path folder, output_folder;
};
// A job for one file, or the template itself where it names all its files.
struct BatchItem {
    std::string subject;  // the file; empty without one
    Job job;
};

// Makes the jobs: one for each file given, else for each match of the patterns, else for each match of the one pattern
// that the inputs hold, else a single one. Checked before any work: ArgumentError when no input reads the files, when
// an input lacks a file, when two jobs have the same output or one would write what another reads; IoError when a
// pattern matches nothing.
std::vector<BatchItem> expand(const Job& job, const FileChoice& choice);

// The lines of a list of files; "-" is standard input. Empty lines are left out. IoError when it cannot be read.
std::vector<std::string> read_file_list(const std::string& list);

}  // namespace heddle::pipeline
