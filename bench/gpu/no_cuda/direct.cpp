#include "bench/gpu/whole.hpp"

namespace heddle::bench {

int call_cub(Direct, void*, const void*, void*, std::int64_t, void*, std::size_t&) { return -1; }

}  // namespace heddle::bench
