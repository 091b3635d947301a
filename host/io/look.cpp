#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

#include "host/io/file.hpp"

namespace heddle::io {
namespace {

using namespace std::string_view_literals;

struct Magic {
    std::string_view bytes, words;
};

constexpr std::array<Magic, 22> kMagics{{
    {"CDF\x01"sv, "a netCDF-3 file (nccopy -k nc4 turns it into HDF5)"},
    {"CDF\x02"sv, "a netCDF-3 file (nccopy -k nc4 turns it into HDF5)"},
    {"CDF\x05"sv, "a netCDF-3 file (nccopy -k nc4 turns it into HDF5)"},
    {"\x0e\x03\x13\x01"sv, "an HDF4 file (h4toh5 turns it into HDF5)"},
    {"\x1f\x8b"sv, "gzip data (gunzip it first)"},
    {"BZh"sv, "bzip2 data (bunzip2 it first)"},
    {"\xfd"
     "7zXZ"sv,
     "xz data (unxz it first)"},
    {"\x28\xb5\x2f\xfd"sv, "zstd data (unzstd it first)"},
    {"PK\x03\x04"sv, "a zip archive (unzip it first)"},
    {"\x93NUMPY"sv, "a NumPy .npy file"},
    {"SIMPLE  ="sv, "a FITS file"},
    {"II*\0"sv, "a TIFF image"},
    {"MM\0*"sv, "a TIFF image"},
    {"GRIB"sv, "a GRIB file"},
    {"\x89PNG"sv, "a PNG image"},
    {"%PDF"sv, "a PDF document"},
    {"MATLAB 5.0"sv, "a MATLAB file older than version 7.3 (save it with -v7.3)"},
    {"PAR1"sv, "a Parquet file"},
    {"SQLite format"sv, "an SQLite database"},
    {"version https://git-lfs"sv, "a Git LFS pointer (git lfs pull fetches the data)"},
    {"<!DOCTYPE"sv, "a web page"},
    {"<html"sv, "a web page"},
}};

constexpr auto kSignature = "\x89HDF\r\n\x1a\n"sv;

// The superblock lies at 0 or at a power of two from 512 on.
bool has_signature(std::ifstream& in, std::streamoff size) {
    std::array<char, 8> bytes{};
    for (std::streamoff at = 0; at + 8 <= size; at = at == 0 ? 512 : at * 2) {
        in.clear();
        in.seekg(at);
        in.read(bytes.data(), bytes.size());
        if (in && std::string_view(bytes.data(), bytes.size()) == kSignature) return true;
    }
    return false;
}

bool is_text(std::string_view head) {
    return std::all_of(head.begin(), head.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u >= 0x20 || std::isspace(u) != 0;
    });
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

// Levenshtein's distance.
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

bool is_near(const std::string& wanted, const std::string& name) {
    const auto a = lower(wanted), b = lower(name);
    if (a.size() > 200 || b.size() > 200) return false;
    if (a.size() >= 3 && (b.find(a) != std::string::npos || (b.size() >= 3 && a.find(b) != std::string::npos)))
        return true;
    return distance(a, b) <= std::max<std::size_t>(1, a.size() / 3);
}

std::string join(const std::vector<std::string>& names, std::size_t limit) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < limit; ++i) text += (i == 0 ? "'" : ", '") + names[i] + "'";
    if (names.size() > limit) text += ", … " + std::to_string(names.size() - limit) + " more";
    return text;
}

}  // namespace

std::string what_it_looks_like(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return {};
    in.seekg(0, std::ios::end);
    const auto size = static_cast<std::streamoff>(in.tellg());
    if (size == 0) return "an empty file";
    if (has_signature(in, size)) return {};
    std::array<char, 512> buffer{};
    in.clear();
    in.seekg(0);
    in.read(buffer.data(), buffer.size());
    const std::string_view head(buffer.data(), static_cast<std::size_t>(in.gcount()));
    for (const auto& magic : kMagics)
        if (head.starts_with(magic.bytes)) return std::string(magic.words);
    if (head.size() > 262 && head.substr(257, 5) == "ustar") return "a tar archive (unpack it first)";
    if (head.find_first_not_of('\0') == std::string_view::npos) return "zeros";
    if (is_text(head)) return "text";
    return "data of an unknown kind";
}

std::string suggest_names(std::string_view wanted, const std::vector<std::string>& present) {
    if (present.empty()) return "there is nothing in it";
    std::vector<std::string> near;
    for (const auto& name : present)
        if (is_near(std::string(wanted), name)) near.push_back(name);
    if (!near.empty()) return "did you mean " + join(near, 5) + "?";
    return "there are " + join(present, 12);
}

}  // namespace heddle::io
