#include "host/expr/kernel_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "host/base/whole_file.hpp"

namespace heddle::expr {
namespace {

namespace fs = std::filesystem;

// An entry is a Header, the key's text, the binary.
struct Header {
    std::array<char, 8> magic{'h', 'd', 'l', 'k', 'r', 'n', '0', '1'};
    std::uint64_t key_bytes = 0, binary_bytes = 0;
    std::uint64_t checksum = 0;  // of the two texts
};

// FNV-1a; `seed` makes independent halves of a longer hash. Keys are compared whole, so a collision costs time only.
std::uint64_t hash(std::string_view bytes, std::uint64_t seed) {
    std::uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (const char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    // The last bytes reach all bits only this way.
    h ^= h >> 32;
    return h * 0x9e3779b97f4a7c15u;
}

std::uint64_t checksum(std::string_view key, std::string_view binary) { return hash(binary, hash(key, 1)); }

// The length in front keeps parts apart.
void append(std::string& text, std::string_view part) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
}

std::string read_file(const fs::path& path, bool& opened) {
    std::ifstream file(path, std::ios::binary);
    opened = file.is_open();
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string KernelKey::text() const {
    std::string text;
    append(text, library);
    append(text, compiler);
    append(text, std::to_string(architecture));
    append(text, std::to_string(options.size()));
    for (const std::string& option : options) append(text, option);
    for (const auto& [name, header] : headers) {
        append(text, name);
        append(text, header);
    }
    append(text, source);
    return text;
}

KernelKey key_of(const CudaKernel& kernel, int architecture, std::string compiler) {
    return {kernel.source, cuda_headers(), cuda_options(), architecture, std::move(compiler)};
}

KernelCache::KernelCache(fs::path folder, std::uint64_t limit) : folder_(std::move(folder)), limit_(limit) {}

fs::path KernelCache::default_folder() {
    if (const char* own = std::getenv("HEDDLE_CACHE_DIR")) return own;
    const char* cache = std::getenv("XDG_CACHE_HOME");
    // The specification of these folders says to ignore relative ones.
    if (cache != nullptr && fs::path(cache).is_absolute()) return fs::path(cache) / "heddle/kernels";
    const char* home = std::getenv("HOME");
    return home != nullptr && *home != '\0' ? fs::path(home) / ".cache/heddle/kernels" : fs::path();
}

fs::path KernelCache::path(const KernelKey& key) const {
    const std::string text = key.text();
    return folder_ / fmt::format("{:016x}{:016x}.kernel", hash(text, 2), hash(text, 3));
}

std::vector<char> KernelCache::get(const KernelKey& key, const std::function<std::vector<char>()>& compile) {
    if (folder_.empty()) return compile();
    const std::string text = key.text();
    const fs::path file = path(key);
    std::vector<char> binary;
    if (read(file, text, binary)) return binary;
    binary = compile();
    write(file, text, binary);
    return binary;
}

bool KernelCache::read(const fs::path& path, std::string_view key, std::vector<char>& binary) const {
    bool opened = false;
    const std::string bytes = read_file(path, opened);
    if (!opened) return false;
    std::error_code ignored;
    Header header, expected;
    bool whole = bytes.size() >= sizeof(Header);
    if (whole) std::memcpy(&header, bytes.data(), sizeof(Header));
    // In this order: no sum of a damaged length overflows.
    whole = whole && header.magic == expected.magic && header.key_bytes == key.size() &&
            bytes.size() - sizeof(Header) >= key.size() &&
            header.binary_bytes == bytes.size() - sizeof(Header) - key.size();
    if (whole) {
        const std::string_view rest = std::string_view(bytes).substr(sizeof(Header));
        const std::string_view made = rest.substr(key.size());
        whole = rest.substr(0, key.size()) == key && header.checksum == checksum(key, made);
        if (whole) binary.assign(made.begin(), made.end());
    }
    if (!whole) {
        fs::remove(path, ignored);
        return false;
    }
    // What is used stays.
    fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
    return true;
}

void KernelCache::write(const fs::path& path, std::string_view key, const std::vector<char>& binary) const {
    Header header;
    header.key_bytes = key.size();
    header.binary_bytes = binary.size();
    const std::string_view code(binary.data(), binary.size());
    header.checksum = checksum(key, code);
    const std::string_view parts[] = {{reinterpret_cast<const char*>(&header), sizeof(header)}, key, code};
    if (!write_whole(path, parts)) return;  // the kernel is compiled again next time
    trim();
}

// Other processes may remove the same files meanwhile, so nothing here is an error.
void KernelCache::trim() const {
    struct Entry {
        fs::path path;
        fs::file_time_type used;
        std::uint64_t bytes;
    };
    std::vector<Entry> entries;
    std::uint64_t total = 0;
    std::error_code failed;
    for (fs::directory_iterator it(folder_, failed), end; !failed && it != end; it.increment(failed)) {
        std::error_code gone;
        const auto extension = it->path().extension();
        if (extension != ".kernel" && extension != ".part") continue;
        Entry entry{it->path(), it->last_write_time(gone), 0};
        if (!gone) entry.bytes = it->file_size(gone);
        if (gone) continue;
        // A process that ended while writing leaves its part behind.
        if (extension == ".part" && fs::file_time_type::clock::now() - entry.used < std::chrono::hours(1)) continue;
        if (extension == ".part") entry.used = fs::file_time_type::min();
        total += entry.bytes;
        entries.push_back(std::move(entry));
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
    for (const Entry& entry : entries) {
        const bool abandoned = entry.used == fs::file_time_type::min();
        if (total <= limit_ && !abandoned) break;
        fs::remove(entry.path, failed);
        total -= entry.bytes;
    }
}

}  // namespace heddle::expr
