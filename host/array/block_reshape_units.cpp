// Blocks of an array of files in another shape, whose runs cross the chunks: read chunk by chunk, and picked from
// there.

#include <algorithm>
#include <utility>

#include "host/array/reshape_axes.hpp"
#include "kernels/strided_copy.hpp"

namespace heddle::array {
namespace {

// Smaller reads are mostly their own overhead.
constexpr std::int64_t kLeastRead = 64 << 10;

std::int64_t ceil_of(std::int64_t a, std::int64_t b) { return a > 0 ? (a + b - 1) / b : -(-a / b); }
std::int64_t floor_of(std::int64_t a, std::int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

std::int64_t first_of(const AxisRange& range) {
    if (!range.list) return range.start;
    auto least = position(range, 0);
    for (std::int64_t i = 1; i < range.count; ++i) least = std::min(least, position(range, i));
    return least;
}
std::int64_t last_of(const AxisRange& range) {
    if (!range.list) return range.start + (range.count - 1) * range.step;
    auto most = position(range, 0);
    for (std::int64_t i = 1; i < range.count; ++i) most = std::max(most, position(range, i));
    return most;
}

// The part of the operand from the block's first element to its last.
Box covering(const ReshapeAxes& axes, const Ranges& ranges) {
    Box box = Box::whole(axes.from);
    for (const auto& group : axes.groups) {
        std::int64_t first = 0, last = 0;
        for (int axis = group.to; axis < group.end; ++axis) {
            first += first_of(ranges[static_cast<std::size_t>(axis)]) * axes.to_inner[axis];
            last += last_of(ranges[static_cast<std::size_t>(axis)]) * axes.to_inner[axis];
        }
        for (int axis = group.first; axis < group.last; ++axis) {
            const auto inner = axes.from_inner[axis];
            box.lo[axis] = first / inner;
            box.hi[axis] = last / inner + 1;
            if (box.hi[axis] - box.lo[axis] > 1) break;
            first %= inner;
            last %= inner;
        }
    }
    return box;
}

// Moves the wanted elements of a box, which lie in memory in C order, to their places.
class Picker {
public:
    Picker(const ReshapeAxes& axes, std::int64_t width, const Ranges& ranges, const Destination& to)
        : axes_(axes), width_(width), ranges_(ranges), to_(to) {
        for (const auto& group : axes.groups) {
            inner_.emplace_back(axes, group, ranges, to.strides);
            least_.push_back(inner_.back().run.start);
            span_.push_back(inner_.back().run.step * (inner_.back().run.count - 1));
        }
    }
    // Whether the box has any.
    bool finds(const Box& box) {
        box_ = &box;
        from_ = nullptr;
        found_ = false;
        pick(0, 0, to_.base);
        return found_;
    }
    void move(const Box& box, const std::byte* from) {
        box_ = &box;
        from_ = from;
        pick(0, 0, to_.base);
    }

private:
    bool is_done() const { return from_ == nullptr && found_; }

    // `at`: bytes from the first element of the box.
    void pick(std::size_t group, std::int64_t at, std::byte* place) {
        if (is_done()) return;
        if (group == axes_.groups.size()) {
            found_ = true;
            if (from_ != nullptr) kernels::copy_strided({}, from_ + at, {}, place, {}, width_);
            return;
        }
        const auto& own = axes_.groups[group];
        std::int64_t stride = width_;
        for (int axis = own.last; axis < axes_.from.rank(); ++axis) stride *= box_->hi[axis] - box_->lo[axis];
        // The innermost axes that the box holds whole are one stretch.
        int axis = own.last - 1;
        while (axis > own.first && box_->hi[axis] - box_->lo[axis] == axes_.from[axis]) --axis;
        rows(group, own.first, axis, 0, stride, at, place);
    }
    void rows(std::size_t group, int axis, int stretch, std::int64_t first, std::int64_t stride, std::int64_t at,
              std::byte* place) {
        const auto inner = axes_.from_inner[axis], extent = box_->hi[axis] - box_->lo[axis];
        if (axis == stretch) {
            const Stretch wanted{first + box_->lo[axis] * inner, first + box_->hi[axis] * inner, stride, at};
            return runs(group, axes_.groups[group].to, 0, wanted, place);
        }
        std::int64_t bytes = stride;
        for (int a = axis + 1; a < axes_.groups[group].last; ++a) bytes *= box_->hi[a] - box_->lo[a];
        for (std::int64_t i = 0; i < extent; ++i)
            rows(group, axis + 1, stretch, first + (box_->lo[axis] + i) * inner, stride, at + i * bytes, place);
    }

    // The elements [lo, hi) of a group, the first of which lies at `at`.
    struct Stretch {
        std::int64_t lo, hi, stride, at;
    };
    // Finds the runs of the block inside the stretch, along the group's axes from `axis` on.
    void runs(std::size_t group, int axis, std::int64_t start, const Stretch& wanted, std::byte* place) {
        const auto& inner = inner_[group];
        if (axis == inner.outer) return run(group, start, wanted, place);
        const auto& range = ranges_[static_cast<std::size_t>(axis)];
        const auto width = axes_.to_inner[axis];
        auto least = least_[group], span = span_[group];
        for (int a = axis + 1; a < inner.outer; ++a) {
            const auto& below = ranges_[static_cast<std::size_t>(a)];
            least += first_of(below) * axes_.to_inner[a];
            span += (last_of(below) - first_of(below)) * axes_.to_inner[a];
        }
        std::int64_t begin = 0, end = range.count;
        if (!range.list) {
            const auto origin = start + range.start * width + least, step = range.step * width;
            begin = std::max(begin, ceil_of(wanted.lo - span - origin, step));
            end = std::min(end, floor_of(wanted.hi - 1 - origin, step) + 1);
        }
        for (auto i = begin; i < end; ++i) {
            const auto next = start + position(range, i) * width;
            if (next + least + span < wanted.lo || next + least >= wanted.hi) continue;
            runs(group, axis + 1, next, wanted, place + i * to_.strides[axis]);
        }
    }
    void run(std::size_t group, std::int64_t start, const Stretch& wanted, std::byte* place) {
        if (is_done()) return;
        const auto& run = inner_[group].run;
        const auto origin = start + run.start;
        const auto begin = std::max<std::int64_t>(0, ceil_of(wanted.lo - origin, run.step));
        const auto end = std::min(run.count, floor_of(wanted.hi - 1 - origin, run.step) + 1);
        if (begin >= end) return;
        const auto at = wanted.at + (origin + begin * run.step - wanted.lo) * wanted.stride;
        place += begin * run.stride;
        if (group + 1 < axes_.groups.size()) {
            for (std::int64_t i = 0; i < end - begin; ++i)
                pick(group + 1, at + i * run.step * wanted.stride, place + i * run.stride);
            return;
        }
        found_ = true;
        if (from_ != nullptr)
            kernels::copy_strided({end - begin}, from_ + at, {run.step * wanted.stride}, place, {run.stride}, width_);
    }

    const ReshapeAxes& axes_;
    std::int64_t width_;
    const Ranges& ranges_;
    const Destination& to_;
    std::vector<InnerRun> inner_;             // per group
    std::vector<std::int64_t> least_, span_;  // of its inner run: the first element, and how far the last is from there
    const Box* box_ = nullptr;
    const std::byte* from_ = nullptr;  // null: only look for one
    bool found_ = false;
};

}  // namespace

Shape reading_unit(const Shape& operand, const Shape& chunks, std::int64_t width, std::int64_t most) {
    Shape unit;
    for (int axis = 0; axis < operand.rank(); ++axis)
        unit.push_back(std::clamp<std::int64_t>(chunks[axis], 1, operand[axis]));
    const auto bytes = [&] { return unit.count() * width; };
    for (int axis = operand.rank() - 1; axis >= 0 && bytes() * 2 <= kLeastRead; --axis)
        unit[axis] = std::min(operand[axis], unit[axis] * (kLeastRead / bytes()));
    for (int axis = 0; axis < operand.rank(); ++axis)
        while (unit[axis] > 1 && bytes() > most) unit[axis] = (unit[axis] + 1) / 2;
    return unit;
}

double units_touched(const ReshapeAxes& axes, const Shape& unit, const Ranges& ranges) {
    const Box box = covering(axes, ranges);
    double units = 1;
    for (int axis = 0; axis < box.rank(); ++axis)
        units *= static_cast<double>((box.hi[axis] - 1) / unit[axis] - box.lo[axis] / unit[axis] + 1);
    return units;
}

void fill_by_units(const ReshapeAxes& axes, const Shape& unit, const BlockSource& source, std::int64_t width,
                   const Ranges& ranges, const Destination& to, Filling& with) {
    const Box all = covering(axes, ranges);
    const Scratch scratch(unit.count() * width);
    Picker picker(axes, width, ranges, to);
    Shape first;
    for (int axis = 0; axis < all.rank(); ++axis) first.push_back(all.lo[axis] / unit[axis]);
    for (Shape at = first;;) {
        Box box;
        Ranges part(static_cast<std::size_t>(all.rank()));
        for (int axis = 0; axis < all.rank(); ++axis) {
            box.lo.push_back(std::max(at[axis] * unit[axis], all.lo[axis]));
            box.hi.push_back(std::min((at[axis] + 1) * unit[axis], all.hi[axis]));
            part[static_cast<std::size_t>(axis)].start = box.lo[axis];
            part[static_cast<std::size_t>(axis)].count = box.hi[axis] - box.lo[axis];
        }
        if (picker.finds(box)) {
            const Shape strides = byte_strides(dense_strides(box.extents()), static_cast<std::size_t>(width));
            const bool stream = std::exchange(with.stream, false);
            source.fill(part, {scratch.bytes.get(), strides}, with);
            with.stream = stream;
            picker.move(box, scratch.bytes.get());
        }
        int axis = all.rank() - 1;
        for (; axis >= 0 && ++at[axis] * unit[axis] >= all.hi[axis]; --axis) at[axis] = first[axis];
        if (axis < 0) return;
    }
}

}  // namespace heddle::array
