#include "host/io/target.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "heddle/error.hpp"
#include "host/io/temporary.hpp"

namespace heddle::io {
namespace {

namespace fs = std::filesystem;

// The file that the name leads to, also when a link on the way points to something that does not exist yet.
fs::path follow_links(const std::string& name, const std::string& problem) {
    fs::path path = fs::absolute(name);
    for (int hops = 0; hops < 40; ++hops) {
        std::error_code error;
        const auto folder = fs::canonical(path.parent_path(), error);
        if (error)
            throw IoError(problem,
                          "its folder '" + path.parent_path().string() + "' does not exist or is closed to you",
                          "make the folder first");
        path = folder / path.filename();
        if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
        const auto link = fs::read_symlink(path, error);
        path = link.is_absolute() ? link : folder / link;
    }
    throw IoError(problem, "its symbolic links go round in a circle", "name the file itself");
}

void check_inputs(const OutputTarget& target, const struct stat& present, const std::string& problem) {
    for (const auto& input : target.inputs) {
        struct stat info;
        if (::stat(input.c_str(), &info) == 0 && info.st_dev == present.st_dev && info.st_ino == present.st_ino)
            throw IoError(problem, "it is the input '" + input + "'", "write to another file");
    }
}

void check_present(const OutputTarget& target, const struct stat& present, const std::string& problem) {
    if (S_ISDIR(present.st_mode)) throw IoError(problem, "it is a folder", "name a file in it");
    if (!S_ISREG(present.st_mode))
        throw IoError(problem, "it is not a regular file", "name a regular file: the result is renamed into place");
    check_inputs(target, present, problem);
    if (!keeps_content(target) && target.overwrite == Overwrite::refuse)
        throw IoError(problem, "it exists", "ask for it to be replaced (--overwrite), or name another file");
}

}  // namespace

bool keeps_content(const OutputTarget& target) { return target.group.find_first_not_of('/') != std::string::npos; }

ResolvedTarget resolve_target(const OutputTarget& target) {
    const auto problem = "cannot write '" + target.file + "'";
    if (target.file.empty() || target.file.ends_with('/'))
        throw IoError(problem, "it names a folder, not a file", "name a file");
    const auto path = follow_links(target.file, problem);
    if (path.filename() == "." || path.filename() == "..")
        throw IoError(problem, "it names a folder, not a file", "name a file");
    ResolvedTarget resolved{path.string(), std::nullopt};
    struct stat info;
    if (::stat(path.c_str(), &info) == 0) {
        check_present(target, info, problem);
        resolved.present = info;
    } else if (errno != ENOENT) {
        throw IoError(problem, disk_reason(errno), disk_remedy(errno));
    }
    if (::access(path.parent_path().c_str(), W_OK | X_OK) != 0)
        throw IoError(problem, "its folder is closed to you: " + disk_reason(errno), disk_remedy(EACCES));
    return resolved;
}

std::optional<std::uint64_t> free_bytes(const std::string& path) {
    struct statvfs info;
    if (::statvfs(fs::path(path).parent_path().c_str(), &info) != 0 || info.f_blocks == 0) return std::nullopt;
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

int copy_file(const std::string& from, int to) {
    const int source = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
    if (source < 0) return errno;
    int error = 0;
    if (::ioctl(to, FICLONE, source) != 0) {
        std::vector<char> buffer(std::size_t{1} << 20);
        for (;;) {
            const auto n = ::read(source, buffer.data(), buffer.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) error = errno;
            if (n <= 0) break;
            for (ssize_t done = 0; done < n && error == 0;) {
                const auto w = ::write(to, buffer.data() + done, static_cast<std::size_t>(n - done));
                if (w < 0 && errno != EINTR) error = errno;
                if (w > 0) done += w;
            }
            if (error != 0) break;
        }
    }
    ::close(source);
    return error;
}

}  // namespace heddle::io
