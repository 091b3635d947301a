#pragma once

#include <cstdint>

#include "heddle/dtype.hpp"

namespace heddle::kernels {

// The judge of the sorts: n elements, or their positions, by std::stable_sort with NumPy's order written out.
void sort_ref(DType dtype, const void* in, void* out, std::int64_t n);
void argsort_ref(DType dtype, const void* in, std::int64_t* out, std::int64_t n);
// Whether the element comes before the other one in that order.
bool before_ref(DType dtype, const void* element, const void* other);

}  // namespace heddle::kernels
