#pragma once

#include <sys/types.h>

#include <string>

namespace heddle::io {

enum class Publish { refuse_existing, replace };

// A file beside its target, ".<name>.heddle-<pid>-<n>.tmp", that either becomes the target or disappears: with the
// object, with remove_temporaries() in a signal handler, or, after a kill, when the next one for that target is made.
class Temporary {
public:
    // Creates it, and removes those that dead processes left for the same target. IoError: the folder is missing or not
    // writable. `target` is absolute with its links resolved.
    Temporary(std::string target, mode_t mode);
    ~Temporary() { discard(); }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    int descriptor() const { return descriptor_; }
    const std::string& path() const { return path_; }
    // Syncs, closes, renames to the target, syncs the folder. IoError: then nothing was published.
    void publish(Publish how);
    void discard() noexcept;

private:
    [[noreturn]] void fail(const std::string& step, int error) const;

    std::string target_, path_;
    int descriptor_ = -1;
    int slot_ = -1;
};

// "it is full" and so on, with what helps; for messages about `path`.
std::string disk_reason(int error);
std::string disk_remedy(int error);

}  // namespace heddle::io
