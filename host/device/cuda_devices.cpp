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

bool is_usable(const CudaDevice& device) { return device.unusable.empty(); }

}  // namespace

bool has_usable_cuda() {
    const auto state = find_cuda();
    return std::any_of(state.devices.begin(), state.devices.end(), is_usable);
}

std::vector<std::unique_ptr<Accelerator>> make_cudas(const std::string& text, const CudaOptions& options) {
    if (!text.starts_with("cuda")) refuse(text);
    auto ordinals = ordinals_of(text);
    if (ordinals.empty()) {
        const auto found = find_cuda().devices;
        for (std::size_t i = 0; i < found.size(); ++i)
            if (is_usable(found[i])) ordinals.push_back(static_cast<int>(i));
        if (ordinals.empty()) ordinals.push_back(0);  // make_cuda says why it cannot be used
    }
    std::vector<std::unique_ptr<Accelerator>> devices;
    for (const int ordinal : ordinals) devices.push_back(make_cuda(ordinal, options));
    return devices;
}

}  // namespace heddle::device
