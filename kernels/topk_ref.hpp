#pragma once

#include <cstdint>

#include "heddle/dtype.hpp"

namespace heddle::kernels {

// The judge of TopK: the positions of the k largest elements, one after the other, each by a look at all.
void argtopk_ref(DType dtype, const void* line, std::int64_t n, std::int64_t k, std::int64_t* out);

}  // namespace heddle::kernels
