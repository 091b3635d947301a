#include "host/pipeline/sinks.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace heddle::pipeline {
namespace {

// The positions of [lo, hi) that an axis of a preview keeps.
std::vector<std::int64_t> kept_positions(std::int64_t lo, std::int64_t hi, std::int64_t extent, std::int64_t kept) {
    std::vector<std::int64_t> positions;
    for (std::int64_t i = lo; i < hi; ++i) {
        if (kept < extent && i >= Preview::kEdge) i = std::max(i, extent - Preview::kEdge);
        if (i < hi) positions.push_back(i);
    }
    return positions;
}

}  // namespace

PreviewSink::PreviewSink(DType dtype, const Shape& shape) {
    preview_.dtype = dtype;
    preview_.shape = preview_.kept = shape;
    if (shape.count() > Preview::kThreshold)
        for (int a = 0; a < shape.rank(); ++a) preview_.kept[a] = std::min(shape[a], 2 * Preview::kEdge);
    preview_.values.resize(static_cast<std::size_t>(preview_.kept.count()) * size_of(dtype));
}

void PreviewSink::write(const Box& box, const void* values) {
    const int rank = box.rank();
    const auto element = size_of(preview_.dtype);
    const Shape from = dense_strides(box.extents()), to = dense_strides(preview_.kept);
    std::array<std::vector<std::int64_t>, kMaxRank> positions;
    for (int a = 0; a < rank; ++a) {
        auto& list = positions[static_cast<std::size_t>(a)];
        list = kept_positions(box.lo[a], box.hi[a], preview_.shape[a], preview_.kept[a]);
        if (list.empty()) return;
    }
    std::array<std::size_t, kMaxRank> at{};
    while (true) {
        std::int64_t source = 0, target = 0;
        for (int a = 0; a < rank; ++a) {
            const auto i = positions[static_cast<std::size_t>(a)][at[static_cast<std::size_t>(a)]];
            source += (i - box.lo[a]) * from[a];
            target += (i < Preview::kEdge ? i : i - (preview_.shape[a] - preview_.kept[a])) * to[a];
        }
        std::memcpy(preview_.values.data() + static_cast<std::size_t>(target) * element,
                    static_cast<const std::byte*>(values) + static_cast<std::size_t>(source) * element, element);
        int a = rank - 1;
        for (; a >= 0; --a) {
            const auto axis = static_cast<std::size_t>(a);
            if (++at[axis] < positions[axis].size()) break;
            at[axis] = 0;
        }
        if (a < 0) return;
    }
}

}  // namespace heddle::pipeline
