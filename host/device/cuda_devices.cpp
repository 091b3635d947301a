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

std::vector<int> usable_ordinals(const CudaState& found) {
    std::vector<int> ordinals;
    for (std::size_t i = 0; i < found.devices.size(); ++i)
        if (found.devices[i].unusable.empty()) ordinals.push_back(static_cast<int>(i));
    return ordinals;
}

}  // namespace

std::vector<std::unique_ptr<Accelerator>> make_cudas(const std::string& text, const CudaOptions& options,
                                                     std::vector<std::string>& unopened) {
    const bool any = text == "auto";
    if (!any && !text.starts_with("cuda")) refuse(text);
    const bool all = any || text == "cuda";
    auto ordinals = all ? std::vector<int>() : ordinals_of(text);  // before the driver starts
    const CudaState found = find_cuda();
    if (all) ordinals = usable_ordinals(found);
    if (ordinals.empty() && !any) ordinals.push_back(0);  // make_cuda says why it cannot be used
    std::vector<std::unique_ptr<Accelerator>> devices;
    for (const int ordinal : ordinals) try {
            devices.push_back(make_cuda(found, ordinal, options));
        } catch (const DeviceError& error) {
            if (!any) throw;
            unopened.emplace_back(error.what());
        }
    return devices;
}

}  // namespace heddle::device
