#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/expr/cuda_source.hpp"

namespace heddle::expr {

// Everything that a compiled kernel depends on.
struct KernelKey {
    std::string source;
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::string> options;
    int architecture = 0;
    std::string compiler;  // and its version
    std::string library = HEDDLE_VERSION;

    // All of it, so that two keys have the same text only if they are the same.
    std::string text() const;
};

// The key of a generated kernel; cuda_options() and cuda_headers() are part of it, the entry's name within the source
// too.
KernelKey key_of(const CudaKernel& kernel, int architecture, std::string compiler);

// Compiled kernels in a folder, one file each, shared by processes: a file appears whole, by a rename, and holds its
// whole key and a checksum. What is damaged, or has another key, counts as missing, is removed and made again. Without
// a folder that can be written, every kernel is compiled. Any thread, any number of processes; blocks on the disk.
class KernelCache {
public:
    static constexpr std::uint64_t kDefaultLimit = std::uint64_t{256} << 20;

    // `limit` bytes of files at most, the longest unused removed first; an empty folder: no cache.
    explicit KernelCache(std::filesystem::path folder = default_folder(), std::uint64_t limit = kDefaultLimit);

    // $HEDDLE_CACHE_DIR, else heddle/kernels in $XDG_CACHE_HOME or ~/.cache; empty where none of these is set, or
    // HEDDLE_CACHE_DIR is set to nothing.
    static std::filesystem::path default_folder();

    // The kernel of this key: read, or made by `compile` and kept. What `compile` throws comes out.
    std::vector<char> get(const KernelKey& key, const std::function<std::vector<char>()>& compile);

    // Where the kernel is, or would be.
    std::filesystem::path path(const KernelKey& key) const;

private:
    bool read(const std::filesystem::path& path, std::string_view key, std::vector<char>& binary) const;
    void write(const std::filesystem::path& path, std::string_view key, const std::vector<char>& binary) const;
    void trim() const;

    std::filesystem::path folder_;
    std::uint64_t limit_;
};

}  // namespace heddle::expr
