#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/expr/cuda_source.hpp"

// Generated kernels made runnable without a GPU, or compiled for one.
namespace heddle::test {

// A kernel as C++; called like the kernel, with its parameters' bytes.
using Emulated = void (*)(const void* parameters, unsigned blocks, unsigned threads);

struct EmulatedKernel {
    const expr::CudaKernel* kernel;
    // Threads that exchange values, or wait for one another: a name of cuda_emulation.hpp.
    const char* together = "kAlone";
};

// Compiles the kernels with the compiler that built the tests, some at a time, and loads them.
class Emulation {
public:
    // Nothing where there is no compiler, or not the repository's tests/expr/cuda_emulation.hpp.
    static std::optional<Emulation> compile(const std::vector<EmulatedKernel>& kernels);
    Emulated find(const std::string& entry) const;

private:
    std::vector<void*> libraries_;
};

// Empty where the build has CUDA and NVRTC can be opened, else why not.
std::string why_no_nvrtc();
enum class Effort { full, quick };  // quick: as little optimisation as NVRTC knows
// The compiler's messages, empty on success; `ptx` gets the assembler's text.
std::string compile_with_nvrtc(const std::string& source, int architecture, Effort effort, std::string* ptx = nullptr);

// NVRTC compiles one source at a time in a process, so that a suite's kernels are spread over several tests.
inline constexpr int kNvrtcParts = 4;
// Of all kernels, those of one part, for sm_80 and sm_90; every second one with full effort, in turns for one of the
// two, which takes most of the time. Fails the test with NVRTC's messages.
void expect_nvrtc_takes(const std::vector<expr::CudaKernel>& kernels, int part);

}  // namespace heddle::test
