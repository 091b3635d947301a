#include "host/array/leaf_source.hpp"

#include <algorithm>
#include <cstring>

#include "host/io/dataset.hpp"

namespace heddle::array {
namespace {

// Puts the i-th of `count` slabs of one index along an axis into a dense block: outer × count × inner bytes.
void place_slab(const std::byte* slab, std::size_t outer, std::size_t inner, std::size_t count, std::size_t i,
                std::byte* to) {
    for (std::size_t row = 0; row < outer; ++row)
        std::memcpy(to + (row * count + i) * inner, slab + row * inner, inner);
}

// The listed positions one at a time: for lists beside steps along other axes.
void read_one_by_one(const io::Dataset& dataset, Box box, const Shape& step, int list_axis,
                     std::span<const std::int64_t> indices, std::byte* to) {
    const auto width = size_of(dataset.dtype());
    const Shape extents = io::strided_extents(box, step);
    std::size_t outer = 1, inner = width;
    for (int axis = 0; axis < extents.rank(); ++axis) {
        if (axis < list_axis) outer *= static_cast<std::size_t>(extents[axis]);
        if (axis > list_axis) inner *= static_cast<std::size_t>(extents[axis]);
    }
    std::vector<std::byte> slab(outer * inner);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        box.lo[list_axis] = indices[i];
        box.hi[list_axis] = indices[i] + 1;
        dataset.read(box, slab.data(), step);
        place_slab(slab.data(), outer, inner, indices.size(), i, to);
    }
}

// Lists along several axes: those of one axis one at a time.
void read_lists(const io::Dataset& dataset, std::vector<AxisRange> ranges, std::size_t axis, std::byte* to) {
    const AxisRange listed = ranges[axis];
    std::size_t outer = 1, inner = size_of(dataset.dtype());
    for (std::size_t a = 0; a < ranges.size(); ++a)
        if (a != axis) (a < axis ? outer : inner) *= static_cast<std::size_t>(ranges[a].count);
    std::vector<std::byte> slab(outer * inner);
    const auto count = static_cast<std::size_t>(listed.count);
    for (std::size_t i = 0; i < count; ++i) {
        ranges[axis] = {};
        ranges[axis].start = position(listed, static_cast<std::int64_t>(i));
        ranges[axis].count = 1;
        read_dataset(dataset, ranges, slab.data());
        place_slab(slab.data(), outer, inner, count, i, to);
    }
}

}  // namespace

void read_dataset(const io::Dataset& dataset, const std::vector<AxisRange>& ranges, void* to) {
    const auto is_list = [](const AxisRange& range) { return range.list != nullptr; };
    const auto lists = std::count_if(ranges.begin(), ranges.end(), is_list);
    const auto is_one = [&](const AxisRange& range) { return is_list(range) && range.count == 1; };
    // What is read for a list at a time is then half of the block at most.
    if (lists > 1 && std::any_of(ranges.begin(), ranges.end(), is_one)) {
        auto fewer = ranges;
        for (auto& range : fewer)
            if (is_one(range)) range = {position(range, 0), 1, 1, nullptr, 0, false};
        return read_dataset(dataset, fewer, to);
    }
    if (lists > 1) {
        const auto first = std::find_if(ranges.begin(), ranges.end(), is_list) - ranges.begin();
        return read_lists(dataset, ranges, static_cast<std::size_t>(first), static_cast<std::byte*>(to));
    }
    Box box;
    Shape step;
    int list_axis = -1;
    bool unit = true;
    for (const auto& range : ranges) {
        if (range.list) list_axis = box.rank();
        box.lo.push_back(range.list ? 0 : range.start);
        box.hi.push_back(range.list ? 1 : range.start + (range.count - 1) * range.step + 1);
        step.push_back(range.list ? 1 : range.step);
        unit = unit && step.back() == 1;
    }
    if (list_axis < 0) return unit ? dataset.read(box, to) : dataset.read(box, to, step);
    const auto& range = ranges[static_cast<std::size_t>(list_axis)];
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < range.count; ++i) indices.push_back(position(range, i));
    if (unit)
        dataset.read_indices(box, list_axis, indices, to);
    else
        read_one_by_one(dataset, box, step, list_axis, indices, static_cast<std::byte*>(to));
}

bool is_listed(const Access& access) {
    return std::any_of(access.begin(), access.end(), [](const auto& axis) { return axis.list; });
}

LeafKind kind_of(const Leaf& leaf, bool resident) {
    if (leaf.node->shape.count() == 0) return LeafKind::in_place;  // never read
    if ((!leaf.node->is<Memory>() && !resident) || is_listed(leaf.access)) return LeafKind::staged;
    return resident ? LeafKind::resident : LeafKind::in_place;
}

std::string describe(const Node& stored) {
    return stored.as<Stored>()->dataset->label() + ", " + std::string(name_of(stored.dtype)) + " " +
           to_string(stored.shape);
}

Shape chunk_grid(const Access& access, const Shape& chunks, const Shape& space) {
    Shape grid = Shape::filled(space.rank(), 1);
    for (std::size_t axis = 0; axis < access.size(); ++axis) {
        const auto& entry = access[axis];
        if (entry.axis < 0 || entry.list) continue;
        grid[entry.axis] =
            std::max<std::int64_t>(chunks[static_cast<int>(axis)] / std::max<std::int64_t>(std::abs(entry.step), 1), 1);
    }
    return grid;
}

double decodes_per_chunk(const Leaf& leaf, const Shape& space, const Shape& tile) {
    const auto* stored = leaf.node->as<Stored>();
    if (!stored || !stored->dataset->chunk()) return 1;
    double ratio = 1;
    for (std::size_t axis = 0; axis < leaf.access.size(); ++axis) {
        const auto& access = leaf.access[axis];
        if (access.axis < 0 || access.list || space[access.axis] == 0) continue;
        const auto chunk = (*stored->dataset->chunk())[static_cast<int>(axis)];
        std::int64_t touched_chunks = 0, all = 0, last = -1;
        for (std::int64_t lo = 0; lo < space[access.axis]; lo += tile[access.axis]) {
            const auto hi = std::min(lo + tile[access.axis], space[access.axis]) - 1;
            const auto a = access.start + access.step * lo, b = access.start + access.step * hi;
            const auto first_chunk = std::min(a, b) / chunk, last_chunk = std::max(a, b) / chunk;
            touched_chunks += last_chunk - first_chunk + 1;
            const bool shared = lo > 0 && (access.step > 0 ? first_chunk <= last : last_chunk >= last);
            all += last_chunk - first_chunk + 1 - (shared ? 1 : 0);
            last = access.step > 0 ? last_chunk : first_chunk;
        }
        ratio *= static_cast<double>(touched_chunks) / static_cast<double>(std::max<std::int64_t>(all, 1));
    }
    return ratio;
}

}  // namespace heddle::array
