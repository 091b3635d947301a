#pragma once

#include <string>
#include <utility>
#include <vector>

namespace heddle::device {

// One CUDA C++ source to compile. `headers` are what it may include, each as the name in the #include and its text:
// no folder is searched for others.
struct CompileRequest {
    std::string source, name;
    std::vector<std::pair<std::string, std::string>> headers;
    int architecture = 90;             // of compute capability 9.0
    std::vector<std::string> options;  // behind, and so over, those that compile_options() gives
};

// What every source is compiled with: C++20, rounding as the CPU's, no contraction, no flush to zero.
std::vector<std::string> compile_options(int architecture);

// The compiler NVRTC is opened at the first call of any of these. It needs neither a GPU nor a driver. Any thread may
// call them, and several may compile at once; compile_cubin() blocks for as long as the compiler takes.
bool nvrtc_available();
std::string nvrtc_version();  // "13.0"; empty when there is none
// The machine code of that architecture. Throws DeviceError with the compiler's log when the source does not compile,
// NotBuilt when there is no compiler.
std::vector<char> compile_cubin(const CompileRequest& request);

}  // namespace heddle::device
