#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/expr/kernel_form.hpp"
#include "kernels/reduce.hpp"

// CUDA C from a program. The text includes the element functions that the CPU's kernels are made of and does the
// program's operations one by one, each rounded: its results have the CPU's bits. The one exception is a NaN, which is
// one on both, but whose sign and payload an operation on a device does not keep (what only moves elements keeps them).
namespace heddle::expr {

// Why a program has no device form, naming the operation and type; empty where it has one. Of float functions only the
// exact and the correctly rounded ones have one so far; the others come from libm on the CPU.
std::optional<std::string> reason_not_generated(const Program& program);

// One or several entries in one text; each takes one argument, Parameters by value, as KernelLaunch holds it.
struct CudaKernel {
    std::string source;
    std::string entry;  // its extern "C" name
};

// Threads of a block of every generated kernel; any number of blocks does all the work.
inline constexpr int kKernelThreads = 256;

// A kernel that writes all outputs, for launches of `form` (bind_kernel). DTypeError: reason_not_generated's.
CudaKernel make_cuda_source(const Program& program, const KernelForm& form, const std::string& entry = "heddle_map");

// What the compiler must be given with any source: options, and the headers that it includes by name.
std::vector<std::string> cuda_options();
std::vector<std::pair<std::string, std::string>> cuda_headers();

}  // namespace heddle::expr
