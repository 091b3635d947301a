#include "host/device/kernel.hpp"

#include "heddle/error.hpp"

namespace heddle::device {

Kernel::Kernel(std::span<const char>, const std::string& entry) {
    throw NotBuilt("the kernel '" + entry + "' cannot be loaded", "this build has no CUDA",
                   "build Heddle where the CUDA toolkit is installed, with -DHEDDLE_CUDA=ON");
}

// None is ever made.
Kernel::~Kernel() = default;
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;
void Kernel::launch(void*, const Grid&, void**) const {}
unsigned Kernel::resident_blocks(unsigned, unsigned) const { return 0; }
void check_launch(int, const char*) {}
void clear(void*, void*, std::size_t) {}

}  // namespace heddle::device
