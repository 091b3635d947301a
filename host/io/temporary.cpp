#include "host/io/temporary.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "heddle/error.hpp"
#include "host/io/output.hpp"

namespace heddle::io {
namespace {

namespace fs = std::filesystem;

// What a signal handler may read: fixed memory, one state word for each path.
struct Slot {
    enum State { free, filling, live };
    std::atomic<int> state{free};
    char path[PATH_MAX];
};
constexpr int kSlots = 64;
std::array<Slot, kSlots> slots;
static_assert(std::atomic<int>::is_always_lock_free);

int take_slot(const std::string& path) {
    if (path.size() >= PATH_MAX) return -1;
    for (int i = 0; i < kSlots; ++i) {
        auto& slot = slots[static_cast<std::size_t>(i)];
        int expected = Slot::free;
        if (!slot.state.compare_exchange_strong(expected, Slot::filling)) continue;
        std::memcpy(slot.path, path.c_str(), path.size() + 1);
        slot.state.store(Slot::live);
        return i;
    }
    return -1;
}

bool is_ours(const std::string& path) {
    for (const auto& slot : slots)
        if (slot.state.load() == Slot::live && path == slot.path) return true;
    return false;
}

// A temporary is stale when its process is gone and nobody holds its lock (it may live on another machine).
bool is_stale(const std::string& path, pid_t pid) {
    if (pid == ::getpid() ? is_ours(path) : (::kill(pid, 0) == 0 || errno != ESRCH)) return false;
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return false;
    const bool held = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(descriptor);
    return !held;
}

void remove_stale(const fs::path& folder, const std::string& prefix) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const auto name = it->path().filename().string();
        int pid = 0, number = 0, read = 0;
        if (!name.starts_with(prefix) ||
            std::sscanf(name.c_str() + prefix.size(), "%d-%d.tmp%n", &pid, &number, &read) != 2 ||
            static_cast<std::size_t>(read) != name.size() - prefix.size())
            continue;
        if (pid > 0 && is_stale(it->path().string(), pid)) ::unlink(it->path().c_str());
    }
}

void sync_folder(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // no permission to read it: the rename is as durable as it gets
    ::fsync(descriptor);
    ::close(descriptor);
}

// renameat2 is missing on some file systems; a hard link then refuses an existing name just as well.
int rename_new(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    if (::link(from.c_str(), to.c_str()) != 0) return errno;
    ::unlink(from.c_str());
    return 0;
}

}  // namespace

std::string disk_reason(int error) {
    switch (error) {
        case ENOSPC:
            return "the disk is full";
        case EDQUOT:
            return "the disk quota is used up";
        case EFBIG:
            return "the file would be larger than allowed (ulimit -f, or the file system's own limit)";
        case EROFS:
            return "the file system is read-only";
        default:
            return std::system_category().message(error);
    }
}

std::string disk_remedy(int error) {
    switch (error) {
        case ENOSPC:
        case EDQUOT:
            return "free some space, write elsewhere, or compress the output (gzip)";
        case EFBIG:
            return "raise the limit, or write elsewhere";
        case EACCES:
        case EPERM:
        case EROFS:
            return "write to a folder that you may write to";
        default:
            return "check the disk and the folder";
    }
}

Temporary::Temporary(std::string target, mode_t mode) : target_(std::move(target)) {
    static std::atomic<int> counter{0};
    const auto folder = fs::path(target_).parent_path();
    const auto prefix = "." + fs::path(target_).filename().string() + ".heddle-";
    remove_stale(folder, prefix);
    do {
        path_ = (folder / (prefix + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".tmp")).string();
        // Known to the signal handler before it exists: a kill in between must not leave it.
        slot_ = take_slot(path_);
        if (slot_ < 0)
            throw IoError("cannot create a file beside '" + target_ + "'", "its name is too long, or 64 are open",
                          "shorten the name, or write fewer files at once");
        descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (descriptor_ < 0) {
            const int error = errno;
            slots[static_cast<std::size_t>(std::exchange(slot_, -1))].state.store(Slot::free);
            if (error != EEXIST) fail("cannot create a file beside '" + target_ + "'", error);
        }
    } while (descriptor_ < 0);
    ::flock(descriptor_, LOCK_EX | LOCK_NB);
}

void Temporary::fail(const std::string& step, int error) const {
    throw IoError(step, disk_reason(error), disk_remedy(error));
}

void Temporary::publish(Publish how) {
    const auto problem = "cannot finish '" + target_ + "'";
    if (::fsync(descriptor_) != 0) fail(problem, errno);
    if (::close(std::exchange(descriptor_, -1)) != 0) fail(problem, errno);
    const int error = how == Publish::replace ? (::rename(path_.c_str(), target_.c_str()) == 0 ? 0 : errno)
                                              : rename_new(path_, target_);
    if (error == EEXIST)
        throw IoError(problem, "a file of that name appeared meanwhile", "ask for it to be replaced (--overwrite)");
    if (error != 0) fail(problem, error);
    slots[static_cast<std::size_t>(std::exchange(slot_, -1))].state.store(Slot::free);
    sync_folder(fs::path(target_).parent_path());
}

void Temporary::discard() noexcept {
    if (slot_ >= 0) {
        ::unlink(path_.c_str());
        slots[static_cast<std::size_t>(std::exchange(slot_, -1))].state.store(Slot::free);
    }
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void remove_temporaries() noexcept {
    const int kept = errno;
    for (auto& slot : slots)
        if (slot.state.load() == Slot::live) ::unlink(slot.path);
    errno = kept;
}

}  // namespace heddle::io
