#pragma once

#include <string>
#include <string_view>

#include "host/expr/cuda_source.hpp"

// The pieces of generated text that maps, reductions and histograms share.
namespace heddle::expr {

std::string_view cuda_type(DType t);

// A kernel's text from the beginning to its Parameters, and what calls `body` with these as `p`.
std::string begin_text(std::string_view header, const std::string& entry);
CudaKernel end_text(std::string text, const std::string& entry, const std::string& body);
std::string index_type(IndexBits bits);
// Groups of elements that a thread loads before it computes on any: about 64 bytes, from all inputs together.
int turns_of(const KernelForm& form);

// The fields of Parameters that OperandLayout::write and the constants fill.
std::string constant_fields(const Program& program);
std::string operand_fields(const Program& program, const KernelForm& form);

// The struct Map of device_access.hpp: Inputs, Outputs, load, evaluate, and store where the form has outputs.
std::string map_struct(const Program& program, const KernelForm& form);

// Throws what stands against a device form.
void check_generated(const Program& program);

}  // namespace heddle::expr
