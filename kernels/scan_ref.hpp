#pragma once

#include "kernels/scan.hpp"

namespace heddle::kernels {

// One line, element after element, as the definition says: the judge of Scanner. False where there is none.
bool scan_ref(Scan scan, DType dtype, const void* in, void* out, std::int64_t n);

}  // namespace heddle::kernels
