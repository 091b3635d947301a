#pragma once

#include <cstdint>

namespace heddle::fake_cuda {

// What the stand-in for NVRTC gives as machine code: this, and then a shared library with emulated_<entry> and
// parameter_bytes_<entry>.
inline constexpr std::uint64_t kBinary = 0x6b72656e6c656464;
struct BinaryHeader {
    std::uint64_t magic = 0, bytes = 0;
};

}  // namespace heddle::fake_cuda
