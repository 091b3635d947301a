#pragma once

#include <cstdint>

#include "kernels/group.hpp"

namespace heddle::kernels {

// The slow, obvious judge of make_grouper: n values of type `input` in `runs` runs (run r begins at n * r / runs),
// whose results for each group join as neighbours do, then as pairs of them do. False where a group has no result.
bool group_ref(Group group, DType input, const void* values, const std::int64_t* places, std::int64_t n,
               std::int64_t groups, std::int64_t runs, void* out);

}  // namespace heddle::kernels
