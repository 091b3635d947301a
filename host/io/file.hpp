#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/handle.hpp"

namespace heddle::io {

// `off` is the command's --no-lock: for file systems without locks, and files that another process holds.
enum class Locking { automatic, off };

class InputFile;

// An object found in a file after all its links: `path` holds hard links only; `file` may be another file than the
// one that was asked when an external link was followed.
struct Location {
    std::shared_ptr<InputFile> file;
    std::string path;
};

// An HDF5 file open for reading. Any thread may use it; calls block on the library lock only.
class InputFile : public std::enable_shared_from_this<InputFile> {
public:
    // Opens the file, or returns the handle that this process has open already for the same file.
    // IoError: missing, no permission, not a regular file, not HDF5 (says what it looks like), truncated, locked.
    static std::shared_ptr<InputFile> open(const std::string& path, Locking locking = Locking::automatic);

    const std::string& path() const { return path_; }
    Locking locking() const { return locking_; }
    Id id() const { return id_.get(); }

    // Follows soft links, and external links inside the file's own folder. IoError: no such object (names those that
    // are near, or what is there), cyclic links, an external link that leaves the folder, a dangling link.
    Location locate(std::string_view object_path);
    // What the group at `path` holds, in name order; `path` must hold hard links only.
    std::vector<std::string> names_in(const std::string& path, std::size_t limit = 1000) const;

    InputFile(std::string path, Locking locking, Handle id);
    ~InputFile();

private:
    friend void note_damage(InputFile& file, const std::string& reason);

    std::string path_;
    Locking locking_;
    Handle id_;
    bool damaged_ = false;  // guarded by the library lock
};

// Tells libhdf5 not to close what is open when the program ends: it can crash there on a damaged input. For programs
// that own the whole process; call it before anything else of this folder.
void skip_library_exit();

// A text for a path that does not open as HDF5: "a netCDF-3 file", "gzip data", "text", …; empty when it looks like
// HDF5.
std::string what_it_looks_like(const std::string& path);

// "near names: raw, raw2" or "the group holds: a, b, c", for messages.
std::string suggest_names(std::string_view wanted, const std::vector<std::string>& present);

}  // namespace heddle::io
