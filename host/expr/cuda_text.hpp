#pragma once

#include <string>
#include <string_view>

#include "host/expr/kernel_form.hpp"

// The pieces of generated text that maps and reductions share.
namespace heddle::expr {

std::string_view cuda_type(DType t);

// The fields of Parameters that OperandLayout::write and the constants fill.
std::string constant_fields(const Program& program);
std::string operand_fields(const Program& program, const KernelForm& form);

// The struct Map of device_access.hpp: Inputs, Outputs, load, evaluate, and store where the form has outputs.
std::string map_struct(const Program& program, const KernelForm& form);

// Throws what stands against a device form.
void check_generated(const Program& program);

}  // namespace heddle::expr
