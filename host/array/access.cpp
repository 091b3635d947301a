#include "host/array/access.hpp"

#include <algorithm>

namespace heddle::array {

Access identity_access(int rank) {
    Access access(static_cast<std::size_t>(rank));
    for (int axis = 0; axis < rank; ++axis) access[static_cast<std::size_t>(axis)].axis = axis;
    return access;
}

Access through_view(const View& view, const Access& access) {
    Access inner;
    for (const auto& axis : view.axes) {
        if (axis.axis < 0) {
            inner.push_back({-1, axis.start, 1, nullptr});
            continue;
        }
        const auto& outer = access[static_cast<std::size_t>(axis.axis)];
        if (!outer.list) {
            inner.push_back({outer.axis, axis.start + axis.step * outer.start,
                             outer.axis < 0 ? 1 : axis.step * outer.step, nullptr});
            continue;
        }
        auto list = std::make_shared<std::vector<std::int64_t>>();
        for (const auto index : *outer.list) list->push_back(axis.start + axis.step * index);
        inner.push_back({outer.axis, outer.start, outer.step, std::move(list)});
    }
    return inner;
}

Access through_take(const Take& take, const Access& access) {
    Access inner = access;
    auto& axis = inner[static_cast<std::size_t>(take.axis)];
    if (axis.axis < 0) {
        const auto at = axis.list ? (*axis.list)[static_cast<std::size_t>(axis.start)] : axis.start;
        axis = {-1, (*take.list)[static_cast<std::size_t>(at)], 1, nullptr};
    } else if (axis.list) {
        auto list = std::make_shared<std::vector<std::int64_t>>();
        for (const auto index : *axis.list) list->push_back((*take.list)[static_cast<std::size_t>(index)]);
        axis.list = std::move(list);
    } else {
        axis.list = take.list;
    }
    return inner;
}

Access through_broadcast(const Shape& input, const Shape& result, const Access& access) {
    Access inner(access.end() - input.rank(), access.end());
    const int shift = result.rank() - input.rank();
    for (int axis = 0; axis < input.rank(); ++axis)
        if (input[axis] == 1 && result[axis + shift] != 1) inner[static_cast<std::size_t>(axis)] = {};
    return inner;
}

namespace {

// 128 bits that tell lists apart: long ones would be longer keys than all their values.
std::string digest(const std::vector<std::int64_t>& list) {
    std::uint64_t a = 0x9e37'79b9'7f4a'7c15, b = 0xd1b5'4a32'd192'ed03;
    for (const auto index : list) {
        a = (a ^ static_cast<std::uint64_t>(index)) * 0xbf58'476d'1ce4'e5b9;
        b = (b + static_cast<std::uint64_t>(index)) * 0x94d0'49bb'1331'11eb;
        a ^= a >> 31;
        b ^= b >> 29;
    }
    return std::to_string(list.size()) + '#' + std::to_string(a) + '#' + std::to_string(b);
}

}  // namespace

std::string to_key(const Access& access) {
    std::string key;
    for (const auto& axis : access) {
        key += std::to_string(axis.axis) + ':' + std::to_string(axis.start) + ':' + std::to_string(axis.step) + ':';
        if (axis.list) key += digest(*axis.list);
        key += ';';
    }
    return key;
}

std::vector<AxisRange> touched(const Access& access, const Box& box) {
    std::vector<AxisRange> ranges;
    for (const auto& axis : access) {
        if (axis.axis < 0) {
            AxisRange fixed;
            fixed.start = axis.list ? (*axis.list)[static_cast<std::size_t>(axis.start)] : axis.start;
            ranges.push_back(std::move(fixed));
            continue;
        }
        const auto lo = box.lo[axis.axis], count = box.hi[axis.axis] - lo;
        const auto begin = axis.start + axis.step * lo;
        const auto end = begin + axis.step * std::max<std::int64_t>(count - 1, 0);
        AxisRange range{std::min(begin, end), std::max<std::int64_t>(std::abs(axis.step), 1), count, axis.list, 0,
                        axis.step < 0};
        if (axis.list) range.first = range.start;
        ranges.push_back(std::move(range));
    }
    return ranges;
}

std::int64_t count_of(const std::vector<AxisRange>& ranges) {
    std::int64_t count = 1;
    for (const auto& range : ranges) count *= range.count;
    return count;
}

Shape extents_of(const std::vector<AxisRange>& ranges) {
    Shape extents;
    for (const auto& range : ranges) extents.push_back(range.count);
    return extents;
}

std::vector<AxisRange> part_of(const std::vector<AxisRange>& ranges, const Box& box) {
    std::vector<AxisRange> part = ranges;
    for (int axis = 0; axis < box.rank(); ++axis) {
        auto& range = part[static_cast<std::size_t>(axis)];
        (range.list ? range.first : range.start) += box.lo[axis] * range.step;
        range.count = box.hi[axis] - box.lo[axis];
    }
    return part;
}

Access through_ranges(const std::vector<AxisRange>& ranges, const Access& access) {
    Access inner = access;
    for (auto& entry : inner) {
        if (entry.axis < 0) continue;
        const auto& range = ranges[static_cast<std::size_t>(entry.axis)];
        if (!range.list) {
            entry.start += entry.step * range.start;
            entry.step *= range.step;
            continue;
        }
        auto list = std::make_shared<std::vector<std::int64_t>>();
        for (std::int64_t i = 0; i < range.count; ++i) {
            const auto at = entry.start + entry.step * position(range, i);
            list->push_back(entry.list ? (*entry.list)[static_cast<std::size_t>(at)] : at);
        }
        entry = {entry.axis, 0, 1, std::move(list)};
    }
    return inner;
}

Shape byte_strides(const Shape& strides, std::size_t width) {
    Shape bytes = strides;
    for (int axis = 0; axis < bytes.rank(); ++axis) bytes[axis] *= static_cast<std::int64_t>(width);
    return bytes;
}

bool is_dense(const Shape& strides, const Shape& extents, std::size_t width) {
    auto expected = static_cast<std::int64_t>(width);
    for (int axis = extents.rank() - 1; axis >= 0; --axis) {
        if (extents[axis] != 1 && strides[axis] != expected) return false;
        expected *= extents[axis];
    }
    return true;
}

Walk walk_dense(const Access& access, const std::vector<AxisRange>& ranges, int rank, std::int64_t width) {
    Walk walk{0, Shape::filled(rank, 0)};
    std::int64_t stride = width;
    for (std::size_t axis = access.size(); axis-- > 0;) {
        if (access[axis].axis >= 0) {
            walk.strides[access[axis].axis] += ranges[axis].reversed ? -stride : stride;
            if (ranges[axis].reversed) walk.offset += stride * (ranges[axis].count - 1);
        }
        stride *= ranges[axis].count;
    }
    return walk;
}

Walk walk_whole(const Access& access, const Box& box, const Shape& byte_strides) {
    Walk walk{0, Shape::filled(box.rank(), 0)};
    for (std::size_t axis = 0; axis < access.size(); ++axis) {
        const auto& entry = access[axis];
        const auto stride = byte_strides[static_cast<int>(axis)];
        walk.offset += stride * (entry.axis < 0 ? entry.start : entry.start + entry.step * box.lo[entry.axis]);
        if (entry.axis >= 0) walk.strides[entry.axis] += stride * entry.step;
    }
    return walk;
}

}  // namespace heddle::array
