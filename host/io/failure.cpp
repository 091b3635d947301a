#include "host/io/failure.hpp"

#include <array>
#include <string_view>
#include <vector>

#include "host/io/hdf5.hpp"

namespace heddle::io {
namespace {

// Lines that tell how the library looked for something, not what is wrong.
bool is_useful(std::string_view line) {
    static constexpr std::array<std::string_view, 7> noise{
        "can't open directory",   "search in path", "search in table",   "can't register",
        "unable to determine if", "can't search",   "can't load dynamic"};
    for (auto n : noise)
        if (line.find(n) != std::string_view::npos) return false;
    return !line.empty();
}

herr_t collect(unsigned, const H5E_error2_t* error, void* lines) {
    static_cast<std::vector<std::string>*>(lines)->emplace_back(error->desc == nullptr ? "" : error->desc);
    return 0;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

void throw_failure(const char* call) {
    std::vector<std::string> lines;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &lines);
    H5Eclear2(H5E_DEFAULT);
    for (const auto& line : lines)
        if (is_useful(line)) throw CallFailure(call, line);
    throw CallFailure(call, std::string(call) + " failed" + (lines.empty() ? "" : " (" + lines.front() + ")"));
}

std::string remedy_for(const std::string& reason, const std::string& file) {
    if (has(reason, "required filter"))
        return "install the HDF5 plugin of that filter (HDF5_PLUGIN_PATH names the folder of plugins), or rewrite the "
               "dataset with h5repack where the filter is installed";
    if (has(reason, "unable to lock file"))
        return "wait until the other program closes the file, or read it without locks (--no-lock)";
    if (has(reason, "already open for"))
        return "wait for the program that writes it; if none does, clear the mark it left with: h5clear -s '" + file +
               "'";
    if (has(reason, "external raw data file")) return "put the raw data file back where the dataset expects it";
    if (has(reason, "filter returned failure") || has(reason, "checksum") || has(reason, "inflate"))
        return "the stored data is damaged: fetch or make the file again";
    if (has(reason, "truncated file")) return "the file is incomplete: copy or download it again";
    if (has(reason, "memory allocation failed") || has(reason, "allocat"))
        return "the file may be damaged, or memory is short";
    return "the file may be damaged: see what h5dump says of it";
}

}  // namespace heddle::io
