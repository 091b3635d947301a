#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "host/io/output.hpp"

namespace heddle::io {

// A checked output target: where it really is, and what is there now.
struct ResolvedTarget {
    std::string path;  // absolute, every link resolved
    std::optional<struct stat> present;
};

// IoError: a folder or special file, one of the inputs, a missing or unwritable folder, or (for a whole file) present
// although it may not be replaced.
ResolvedTarget resolve_target(const OutputTarget& target);

// True when the file's content is kept and the results join it.
bool keeps_content(const OutputTarget& target);

// Bytes that this process may still write in the folder of `path`; none when the file system does not say.
std::optional<std::uint64_t> free_bytes(const std::string& path);

// Copies the whole file, sharing blocks where the file system can. Returns 0 or the errno.
int copy_file(const std::string& from, int to);

}  // namespace heddle::io
