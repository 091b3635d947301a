#include "host/io/file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "host/io/checked.hpp"
#include "host/io/codec.hpp"

namespace heddle::io {
namespace {

namespace fs = std::filesystem;

using FileKey = std::pair<dev_t, ino_t>;

// Guarded by the library lock.
std::map<FileKey, std::weak_ptr<InputFile>>& open_files() {
    static std::map<FileKey, std::weak_ptr<InputFile>> files;
    return files;
}

std::string names_near(const std::string& path) {
    std::error_code error;
    std::vector<std::string> names;
    const auto folder = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : fs::path(".");
    for (fs::directory_iterator it(folder, error), end; !error && it != end && names.size() < 2000; it.increment(error))
        names.push_back(it->path().filename().string());
    if (error) return "check the name and the folder";
    const auto words = suggest_names(fs::path(path).filename().string(), names);
    return words.starts_with("did you mean") ? words : "check the name and the folder";
}

FileKey check_regular(const std::string& path) {
    const auto problem = [&] { return "cannot open '" + path + "'"; };
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) throw IoError(problem(), "there is no such file", names_near(path));
        throw IoError(problem(), std::strerror(errno), "check the permissions along the path");
    }
    if (S_ISDIR(info.st_mode)) throw IoError(problem(), "it is a folder", "name a file in it");
    if (!S_ISREG(info.st_mode))
        throw IoError(problem(), "it is not a regular file",
                      "HDF5 needs a file that it can seek in: copy the data first");
    if (::access(path.c_str(), R_OK) != 0)
        throw IoError(problem(), std::strerror(errno), "ask for read permission (chmod +r)");
    return {info.st_dev, info.st_ino};
}

Handle open_read_only(const std::string& path, Locking locking) {
    auto access = h5::create_properties(H5P_FILE_ACCESS);
    if (locking == Locking::off) h5::status("H5Pset_file_locking", H5Pset_file_locking(access.get(), false, true));
    try {
        return h5::open_file(path, H5F_ACC_RDONLY, access.get());
    } catch (const CallFailure& failure) {
        // A file that a single writer extends (SWMR) opens only for readers that say so.
        if (failure.reason().find("SWMR") == std::string::npos) throw;
        return h5::open_file(path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access.get());
    }
}

// "truncated file: eof = 5120, sblock->base_addr = 0, stored_eof = 19408" in words.
std::string truncation_words(const std::string& reason) {
    unsigned long long actual = 0, base = 0, stored = 0;
    const auto at = reason.find("eof = ");
    if (reason.find("truncated file") == std::string::npos || at == std::string::npos ||
        std::sscanf(reason.c_str() + at, "eof = %llu, sblock->base_addr = %llu, stored_eof = %llu", &actual, &base,
                    &stored) != 3)
        return reason;
    return "the file is truncated: it has " + std::to_string(actual) + " bytes, and its header says " +
           std::to_string(stored);
}

}  // namespace

InputFile::InputFile(std::string path, Locking locking, Handle id)
    : path_(std::move(path)), locking_(locking), id_(std::move(id)) {}

std::shared_ptr<InputFile> InputFile::open(const std::string& path, Locking locking) {
    const auto key = check_regular(path);
    LibraryLock lock;
    auto& known = open_files()[key];
    if (auto file = known.lock()) return file;
    try {
        register_codecs();
        auto file = std::make_shared<InputFile>(path, locking, open_read_only(path, locking));
        std::erase_if(open_files(), [&](const auto& entry) { return entry.first != key && entry.second.expired(); });
        open_files()[key] = file;
        return file;
    } catch (const CallFailure& failure) {
        open_files().erase(key);
        const auto looks = what_it_looks_like(path);
        const auto problem = "cannot open '" + path + "'";
        if (!looks.empty())
            throw IoError(problem, "it is not an HDF5 file: it looks like " + looks, "name an HDF5 file");
        throw IoError(problem, truncation_words(failure.reason()), remedy_for(failure.reason(), path));
    }
}

InputFile::~InputFile() {
    LibraryLock lock;
    if (damaged_) id_.release();
}

void note_damage(InputFile& file, const std::string& reason) {
    const auto has = [&](const char* part) { return reason.find(part) != std::string::npos; };
    const bool harmless = has("filter") || has("external raw data") || has("conversion") || has("unable to open file");
    if (!harmless) file.damaged_ = true;
}

const std::string& path_of(const InputFile& file) { return file.path(); }

void skip_library_exit() { H5dont_atexit(); }

std::vector<std::string> InputFile::names_in(const std::string& path, std::size_t limit) const {
    return guarded(
        path_, [&] { return "cannot list group '" + path + "' of '" + path_ + "'"; },
        [&] { return h5::link_names(h5::open_group(id_.get(), path).get(), limit); });
}

}  // namespace heddle::io
