#include "kernels/search_ref.hpp"

#include "kernels/sort_ref.hpp"

namespace heddle::kernels {

std::int64_t search_ref(DType dtype, const void* sorted, std::int64_t n, const void* value, Side side) {
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        const void* element = static_cast<const std::byte*>(sorted) + static_cast<std::size_t>(i) * size_of(dtype);
        const bool precedes =
            side == Side::left ? before_ref(dtype, element, value) : !before_ref(dtype, value, element);
        count += precedes ? 1 : 0;
    }
    return count;
}

}  // namespace heddle::kernels
