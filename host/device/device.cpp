#include "host/device/device.hpp"

#include <string>

#include "heddle/error.hpp"

namespace heddle::device {

std::unique_ptr<Device> open_device(std::string_view name, int threads) {
    if (threads < 0)
        throw ArgumentError("an engine cannot have " + std::to_string(threads) + " threads", "the number is negative",
                            "use 0 for one per core, or a positive number");
    if (name == "omp") return make_omp(threads);
    if (name == "reference") return make_reference();
    throw ArgumentError("unknown device '" + std::string(name) + "'",
                        "there are 'omp', 'reference', 'cuda', 'auto' and 'sim'",
                        "name one of them: EngineOptions::device, HEDDLE_DEVICE, --device of the command");
}

}  // namespace heddle::device
