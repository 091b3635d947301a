#pragma once

#include <string>

namespace heddle::io {

// The version of libhdf5 that runs: "1.10.8". Any thread.
std::string library_version();

}  // namespace heddle::io
