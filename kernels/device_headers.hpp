#pragma once

#include <span>
#include <string_view>

namespace heddle::kernels {

struct DeviceHeader {
    std::string_view name;  // as #include names it
    std::string_view text;
};

// Everything that generated device code includes: the shared headers of this folder as they were when the library was
// built, and stand-ins for the standard headers that they name. Any thread.
std::span<const DeviceHeader> device_headers();

}  // namespace heddle::kernels
