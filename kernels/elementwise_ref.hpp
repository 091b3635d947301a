#pragma once

#include <cstdint>

#include "heddle/dtype.hpp"
#include "kernels/elementwise_ops.hpp"

namespace heddle::kernels {

// The judge of the elementwise kernels: one element at a time, the obvious way, for any thread. Arguments and result as
// find_elementwise(op, compute) has them. False where there is no such operation.
bool elementwise_ref(Op op, DType compute, const void* a, const void* b, const void* c, void* out, std::int64_t n);

}  // namespace heddle::kernels
