#include "host/device/nvrtc.hpp"

namespace heddle::device {

std::vector<std::string> compile_options(int architecture) {
    return {"-std=c++20",       "--gpu-architecture=sm_" + std::to_string(architecture),
            "--fmad=false",     "--prec-div=true",
            "--prec-sqrt=true", "--ftz=false"};
}

}  // namespace heddle::device
