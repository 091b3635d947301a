#pragma once

#include "kernels/reduce.hpp"

namespace heddle::kernels {

// The judge of the reducers: n values of type `input`, one after the other, in long double where they are not integers;
// one result of Reducer::output. False where it has no opinion: complex order, and a result that does not exist.
bool reduce_ref(Reduce reduce, bool skip_nan, DType input, const void* values, std::int64_t n, double ddof, void* out);

}  // namespace heddle::kernels
