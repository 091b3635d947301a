#include "host/pipeline/batch.hpp"

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "heddle/error.hpp"
#include "host/pipeline/inputs.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::pipeline {
namespace {

namespace fs = std::filesystem;

bool is_pattern(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

bool exists(const std::string& file) {
    std::error_code ignored;
    return fs::exists(file, ignored);
}

std::string in_folder(const std::string& name, const fs::path& folder) {
    return folder.empty() || name.empty() ? name : (folder / name).string();
}

// Calls visit(name, location) for the inputs that are no numbers.
template <class JobType, class Visit>
void for_each_location(JobType& job, Visit&& visit) {
    for (auto& input : job.inputs)
        if (auto* at = std::get_if<Location>(&input.source)) visit(input.name, *at);
}

void add_new(std::vector<std::string>& to, const std::vector<std::string>& names) {
    for (const auto& name : names)
        if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
}

// The pattern that inputs hold, emptied there so that they read each job's file.
std::string take_input_pattern(Job& job, const fs::path& folder) {
    std::string pattern;
    for_each_location(job, [&](const std::string&, Location& at) {
        if (!is_pattern(at.file) || exists(in_folder(at.file, folder))) return;
        if (!pattern.empty() && pattern != at.file)
            throw ArgumentError(fmt::format("two inputs have different patterns: '{}' and '{}'", pattern, at.file),
                                "a job runs once for each match of one pattern",
                                "keep one pattern and write the other file with {stem}, {name} and {dir}");
        pattern = std::exchange(at.file, "");
    });
    return pattern;
}

bool needs_subject(const Location& at) { return at.file.empty() || has_placeholders(at.file); }

bool reads_subject(const Job& job) {
    bool reads = false;
    for_each_location(job, [&](const std::string&, const Location& at) { reads = reads || needs_subject(at); });
    return reads;
}

void require_no_subject(const Job& job) {
    for_each_location(job, [](const std::string& name, const Location& at) {
        if (needs_subject(at))
            throw ArgumentError(fmt::format("input '{}' names no file", name), "no files were given for it",
                                "give files on the command line, with --files-from or in the job's key 'files'");
    });
    if (job.output && (has_placeholders(job.output->file) || has_placeholders(job.output->group)))
        throw ArgumentError(fmt::format("the output '{}' cannot be filled in", job.output->file),
                            "{stem}, {name} and {dir} stand for the file that a job runs on, and none was given",
                            "give files, or write the output's name in full");
}

// What {dir} starts is beside the subject, whose name is complete.
std::string fill(const std::string& text, const std::string& subject, const fs::path& folder) {
    const auto file = expand_template(text, subject);
    return text.starts_with("{dir}") ? file : in_folder(file, folder);
}

Job job_for(const Job& pattern, const std::string& subject, const FileChoice& choice) {
    Job job = pattern;
    for_each_location(job, [&](const std::string&, Location& at) {
        at.file = at.file.empty() ? subject : fill(at.file, subject, choice.folder);
    });
    if (job.output) {
        job.output->file = fill(job.output->file, subject, choice.output_folder);
        job.output->group = expand_template(job.output->group, subject);
    }
    return job;
}

using FileId = std::pair<dev_t, ino_t>;
std::optional<FileId> id_of(const std::string& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return std::nullopt;
    return FileId(status.st_dev, status.st_ino);
}

void check_outputs(const std::vector<BatchItem>& items) {
    std::map<std::pair<std::string, std::string>, const BatchItem*> taken;
    std::map<FileId, std::string> inputs;
    for (const auto& item : items)
        for_each_location(item.job, [&](const std::string&, const Location& at) {
            if (const auto id = id_of(at.file)) inputs.emplace(*id, at.file);
        });
    for (const auto& item : items) {
        if (!item.job.output) continue;
        const auto& [file, group] = std::pair(item.job.output->file, item.job.output->group);
        const auto [at, fresh] = taken.try_emplace({fs::path(file).lexically_normal().string(), group}, &item);
        if (!fresh)
            throw ArgumentError(fmt::format("two jobs would write '{}'", file),
                                fmt::format("they run on '{}' and '{}'", at->second->subject, item.subject),
                                "put {stem} or {dir} into the output's name");
        const auto id = id_of(file);
        if (const auto input = id ? inputs.find(*id) : inputs.end(); input != inputs.end())
            throw ArgumentError(fmt::format("the output '{}' is an input", file),
                                fmt::format("'{}' is read by this run", input->second),
                                "write to another file or folder, or leave that one out of the inputs");
    }
}

}  // namespace

std::string expand_template(std::string_view text, const fs::path& file) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i + 1 < text.size() && text[i] == text[i + 1] && (text[i] == '{' || text[i] == '}')) {
            out += text[i++];
            continue;
        }
        if (text[i] != '{') {
            out += text[i];
            continue;
        }
        const auto close = text.find('}', i);
        const auto name = text.substr(i + 1, close == std::string_view::npos ? close : close - i - 1);
        if (name == "stem" && close != std::string_view::npos)
            out += file.stem().string();
        else if (name == "name" && close != std::string_view::npos)
            out += file.filename().string();
        else if (name == "dir" && close != std::string_view::npos)
            out += file.has_parent_path() ? file.parent_path().string() : std::string(".");
        else
            throw ArgumentError(fmt::format("'{}' cannot be filled in", text),
                                fmt::format("'{{{}' is none of {{stem}}, {{name}} and {{dir}}", name),
                                "use one of these, or write {{ for a brace");
        i = close;
    }
    return out;
}

bool has_placeholders(std::string_view text) { return text.find_first_of("{}") != std::string_view::npos; }

std::vector<std::string> expand_pattern(const std::string& pattern, const fs::path& folder) {
    const auto full = in_folder(pattern, folder);
    if (!is_pattern(pattern) || exists(full)) return {full};
    glob_t found{};
    const int status = ::glob(full.c_str(), 0, nullptr, &found);
    std::vector<std::string> files(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    if (status != 0 || files.empty())
        throw IoError(fmt::format("no file matches '{}'", full), "the pattern was tried as it stands",
                      "check the folder and the pattern");
    return files;
}

std::vector<BatchItem> expand(const Job& job, const FileChoice& choice) {
    Job pattern = job;
    const auto input_pattern = take_input_pattern(pattern, choice.folder);
    std::vector<std::string> subjects;
    if (!choice.files.empty()) {
        add_new(subjects, choice.files);
    } else if (!choice.patterns.empty()) {
        for (const auto& text : choice.patterns) add_new(subjects, expand_pattern(text, choice.folder));
    } else if (!input_pattern.empty()) {
        subjects = expand_pattern(input_pattern, choice.folder);
    }
    std::vector<BatchItem> items;
    if (subjects.empty()) {
        require_no_subject(pattern);
        items.push_back({"", job_for(pattern, "", choice)});
    } else {
        if (!reads_subject(pattern))
            throw ArgumentError("the files given are not read", "every input names a file of its own",
                                "leave the file of at least one input out, so that it reads each of them");
        for (const auto& subject : subjects) items.push_back({subject, job_for(pattern, subject, choice)});
    }
    check_outputs(items);
    return items;
}

std::vector<std::string> read_file_list(const std::string& list) {
    std::ifstream file;
    if (list != "-") {
        std::error_code ignored;
        if (fs::is_directory(list, ignored))
            throw IoError(fmt::format("cannot read the list '{}'", list), "it is a folder",
                          "name a text file with one file name a line");
        file.open(list);
        if (!file)
            throw IoError(fmt::format("cannot read the list '{}'", list), std::strerror(errno),
                          "name a text file with one file name a line, or - for standard input");
    }
    std::istream& in = list == "-" ? std::cin : file;
    std::vector<std::string> names;
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty()) names.push_back(line);
    }
    if (names.empty())
        throw IoError(fmt::format("the list '{}' is empty", list), "it holds no file name", "write one name a line");
    return names;
}

}  // namespace heddle::pipeline
