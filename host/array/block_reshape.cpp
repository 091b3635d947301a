// Blocks of an array in another shape.

#include <algorithm>

#include "host/array/reshape_axes.hpp"

namespace heddle::array {
namespace {

std::vector<AxisGroup> group_axes(const Shape& from, const Shape& to) {
    std::vector<AxisGroup> groups;
    for (int i = 0, j = 0; i < from.rank();) {
        AxisGroup group{i, i + 1, j, j + 1};
        auto p = from[i++], q = to[j++];
        while (p != q) (p < q ? p : q) *= p < q ? from[i++] : to[j++];
        group.last = i;
        group.end = j;
        groups.push_back(group);
    }
    return groups;
}

Shape inner_counts(const std::vector<AxisGroup>& groups, const Shape& shape, int AxisGroup::*first,
                   int AxisGroup::*last) {
    Shape counts = Shape::filled(shape.rank(), 1);
    for (const auto& group : groups)
        for (int axis = group.*last - 2; axis >= group.*first; --axis)
            counts[axis] = counts[axis + 1] * shape[axis + 1];
    return counts;
}

}  // namespace

ReshapeAxes::ReshapeAxes(const Shape& operand, const Shape& result)
    : from(operand),
      to(result),
      groups(group_axes(operand, result)),
      from_inner(inner_counts(groups, operand, &AxisGroup::first, &AxisGroup::last)),
      to_inner(inner_counts(groups, result, &AxisGroup::to, &AxisGroup::end)) {}

InnerRun::InnerRun(const ReshapeAxes& axes, const AxisGroup& group, const Ranges& ranges, const Shape& strides)
    : outer(group.end) {
    for (; outer > group.to; --outer) {
        const auto& along = ranges[static_cast<std::size_t>(outer - 1)];
        const auto inner = axes.to_inner[outer - 1], stride = strides[outer - 1];
        if (along.count > 1) {
            if (along.list) return;
            if (run.count == 1) {
                run.step = along.step * inner;
                run.stride = stride;
            } else if (along.step * inner != run.step * run.count || stride != run.stride * run.count) {
                return;
            }
        }
        run.start += position(along, 0) * inner;
        run.count *= along.count;
    }
}

namespace {

class ReshapeSource final : public BlockSource {
public:
    ReshapeSource(const Node& node, SourcePtr source, std::int64_t most)
        : axes_(node.inputs[0]->shape, node.shape),
          source_(std::move(source)),
          width_(static_cast<std::int64_t>(size_of(node.dtype))) {
        reads_files_ = source_->reads_files();
        need_ = source_->need();
        if (reads_files_) {
            unit_ = reading_unit(axes_.from, source_->chunks(), width_, most);
            need_.fixed += unit_.count() * (width_ + need_.per_dense_element);
        }
        need_.per_dense_element = need_.per_element;
        set_chunks();
    }

    void fill(const Ranges& ranges, const Destination& to, Filling& with) const override {
        if (reads_files_ && by_units(ranges, to))
            return fill_by_units(axes_, unit_, *source_, width_, ranges, to, with);
        visit_boxes(ranges, to,
                    [&](const Ranges& inside, const Destination& place) { source_->fill(inside, place, with); });
    }
    // Each element of the block is one of the operand: the boxes' sum, without visiting what may be many.
    std::int64_t bytes_read(const Ranges& ranges) const override {
        const auto whole = source_->bytes_read(touched(identity_access(axes_.from.rank()), Box::whole(axes_.from)));
        return static_cast<std::int64_t>(static_cast<double>(whole) * static_cast<double>(count_of(ranges)) /
                                         static_cast<double>(axes_.from.count()));
    }

private:
    // A box for each run would decode the chunks that many runs share again and again.
    bool by_units(const Ranges& ranges, const Destination& to) const {
        double boxes = 0;
        visit_boxes(ranges, to, [&](const Ranges&, const Destination&) { ++boxes; });
        return boxes > units_touched(axes_, unit_, ranges);
    }
    // A group's first axis keeps whole rows of chunks.
    void set_chunks() {
        const Shape& own = source_->chunks();
        chunks_ = Shape::filled(axes_.to.rank(), 1);
        for (const auto& group : axes_.groups) {
            std::int64_t elements = 1;
            for (int axis = group.first; axis < group.last; ++axis)
                if (own[axis] > 1) elements = std::max(elements, own[axis] * axes_.from_inner[axis]);
            for (int axis = group.end - 1; axis >= group.to; --axis)
                chunks_[axis] = std::clamp<std::int64_t>(elements / axes_.to_inner[axis], 1, axes_.to[axis]);
        }
    }

    template <class Visit>
    class Walker;
    template <class Visit>
    void visit_boxes(const Ranges& ranges, const Destination& to, Visit visit) const {
        Walker<Visit>(axes_, ranges, to, visit).walk(0, to.base);
    }

    ReshapeAxes axes_;
    SourcePtr source_;
    std::int64_t width_;
    Shape unit_;  // with files: see reading_unit()
};

// Finds the boxes of the operand that make up a block of the result, group by group.
template <class Visit>
class ReshapeSource::Walker {
public:
    Walker(const ReshapeAxes& axes, const Ranges& ranges, const Destination& to, Visit& visit)
        : axes_(axes),
          ranges_(ranges),
          to_(to),
          visit_(visit),
          inside_(static_cast<std::size_t>(axes.from.rank())),
          strides_(Shape::filled(axes.from.rank(), 0)) {}

    void walk(std::size_t group, std::byte* base) {
        if (group == axes_.groups.size()) return visit_(inside_, Destination{base, strides_});
        const auto& own = axes_.groups[group];
        if (own.last - own.first == 1 && own.end - own.to == 1) {
            inside(own.first) = range(own.to);
            strides_[own.first] = to_.strides[own.to];
            return walk(group + 1, base);
        }
        const InnerRun inner(axes_, own, ranges_, to_.strides);
        each_run(group, own.to, inner.outer, inner.run, base);
    }

private:
    using Run = ReshapeRun;
    const AxisRange& range(int axis) const { return ranges_[static_cast<std::size_t>(axis)]; }
    AxisRange& inside(int axis) { return inside_[static_cast<std::size_t>(axis)]; }

    void each_run(std::size_t group, int axis, int outer, Run run, std::byte* base) {
        if (axis == outer)
            return run.step == 1 || run.count == 1 ? boxes(group, axes_.groups[group].first, run, base)
                                                   : rows(group, run, base);
        for (std::int64_t i = 0; i < range(axis).count; ++i) {
            Run next = run;
            next.start += position(range(axis), i) * axes_.to_inner[axis];
            each_run(group, axis + 1, outer, next, base + i * to_.strides[axis]);
        }
    }

    // Neighbours: the end of a row, whole rows, the beginning of one; the same inside the row.
    void boxes(std::size_t group, int axis, Run run, std::byte* base) {
        const auto inner = axes_.from_inner[axis];
        const auto part = [&](std::int64_t count) {
            inside(axis) = {};
            inside(axis).start = run.start / inner;
            boxes(group, axis + 1, {run.start % inner, 1, count, run.stride}, base);
            run.start += count;
            run.count -= count;
            base += count * run.stride;
        };
        if (run.start % inner != 0) part(std::min(run.count, inner - run.start % inner));
        if (const auto whole = run.count / inner; whole > 0) {
            for (int a = axis; a < axes_.groups[group].last; ++a) {
                inside(a) = {};
                inside(a).count = a == axis ? whole : axes_.from[a];
                strides_[a] = run.stride * axes_.from_inner[a];
            }
            inside(axis).start = run.start / inner;
            walk(group + 1, base);
            run.start += whole * inner;
            run.count -= whole * inner;
            base += whole * inner * run.stride;
        }
        if (run.count > 0) part(run.count);
    }

    // Elements apart, as far as each row of the operand's last axis holds some.
    void rows(std::size_t group, Run run, std::byte* base) {
        const auto& own = axes_.groups[group];
        const int last = own.last - 1;
        while (run.count > 0) {
            auto rest = run.start;
            for (int axis = own.first; axis < own.last; ++axis) {
                inside(axis) = {};
                inside(axis).start = rest / axes_.from_inner[axis];
                rest %= axes_.from_inner[axis];
            }
            const auto room = (axes_.from[last] - 1 - inside(last).start) / run.step + 1;
            const auto count = std::min(run.count, room);
            inside(last).step = run.step;
            inside(last).count = count;
            strides_[last] = run.stride;
            walk(group + 1, base);
            run.start += count * run.step;
            run.count -= count;
            base += count * run.stride;
        }
    }

    const ReshapeAxes& axes_;
    const Ranges& ranges_;
    const Destination& to_;
    Visit& visit_;
    Ranges inside_;
    Shape strides_;
};

}  // namespace

SourcePtr reshape_source(const Node& reshape, SourcePtr source, std::int64_t most) {
    return std::make_shared<ReshapeSource>(reshape, std::move(source), most);
}

}  // namespace heddle::array
