#include "kernels/topk_ref.hpp"

#include <algorithm>
#include <vector>

#include "kernels/sort_ref.hpp"

namespace heddle::kernels {

void argtopk_ref(DType dtype, const void* line, std::int64_t n, std::int64_t k, std::int64_t* out) {
    const auto* bytes = static_cast<const std::byte*>(line);
    const auto element = [&](std::int64_t i) { return bytes + static_cast<std::size_t>(i) * size_of(dtype); };
    std::vector<bool> taken(static_cast<std::size_t>(n));
    for (std::int64_t rank = 0; rank < k; ++rank) {
        std::int64_t best = -1;
        for (std::int64_t i = 0; i < n; ++i)
            if (!taken[static_cast<std::size_t>(i)] && (best < 0 || before_ref(dtype, element(best), element(i))))
                best = i;
        taken[static_cast<std::size_t>(best)] = true;
        out[rank] = best;
    }
}

}  // namespace heddle::kernels
