#include "host/device/nvrtc.hpp"

#include "heddle/error.hpp"

namespace heddle::device {

bool nvrtc_available() { return false; }

std::string nvrtc_version() { return {}; }

std::vector<char> compile_cubin(const CompileRequest& request) {
    throw NotBuilt("the kernel '" + request.name + "' cannot be compiled", "this build of Heddle has no CUDA",
                   "build it where the CUDA toolkit is installed, with -DHEDDLE_CUDA=ON");
}

}  // namespace heddle::device
