#include <algorithm>
#include <charconv>

#include "heddle/error.hpp"
#include "host/device/cuda.hpp"

namespace heddle::device {
namespace {

[[noreturn]] void refuse(const std::string& text) {
    throw ArgumentError("no CUDA devices are named by '" + text + "'", "it is neither 'cuda' nor 'cuda:' and numbers",
                        "write cuda, cuda:0 or cuda:0,2");
}

std::vector<int> ordinals_of(const std::string& text) {
    std::vector<int> ordinals;
    const char* at = text.data() + std::string("cuda").size();
    const char* const end = text.data() + text.size();
    for (char before = ':'; at != end; before = ',') {
        int ordinal = -1;
        if (*at != before) refuse(text);
        const auto [rest, error] = std::from_chars(at + 1, end, ordinal);
        if (error != std::errc() || ordinal < 0) refuse(text);
        if (std::find(ordinals.begin(), ordinals.end(), ordinal) != ordinals.end())
            throw ArgumentError("'" + text + "' names a device twice", "an engine opens each device once",
                                "write each number once");
        ordinals.push_back(ordinal);
        at = rest;
    }
    return ordinals;
}

std::vector<int> usable_ordinals() {
    const auto found = find_cuda().devices;
    std::vector<int> ordinals;
    for (std::size_t i = 0; i < found.size(); ++i)
        if (found[i].unusable.empty()) ordinals.push_back(static_cast<int>(i));
    return ordinals;
}

}  // namespace

std::vector<std::unique_ptr<Accelerator>> make_cudas(const std::string& text, const CudaOptions& options) {
    const bool any = text == "auto";
    if (!any && !text.starts_with("cuda")) refuse(text);
    auto ordinals = any || text == "cuda" ? usable_ordinals() : ordinals_of(text);
    if (ordinals.empty() && !any) ordinals.push_back(0);  // make_cuda says why it cannot be used
    std::vector<std::unique_ptr<Accelerator>> devices;
    for (const int ordinal : ordinals) devices.push_back(make_cuda(ordinal, options));
    return devices;
}

}  // namespace heddle::device
