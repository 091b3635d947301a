// Blocks of arrays that are made of other arrays' elements: one after the other, or in another shape.

#include <algorithm>

#include "host/array/block_source.hpp"

namespace heddle::array {
namespace {

class JoinSource final : public BlockSource {
public:
    JoinSource(const Node& join, std::vector<SourcePtr> pieces)
        : axis_(join.as<Join>()->axis), pieces_(std::move(pieces)), borders_{0} {
        for (const auto& input : join.inputs) borders_.push_back(borders_.back() + input->shape[axis_]);
        chunks_ = Shape::filled(join.shape.rank(), 1);
        for (const auto& piece : pieces_) {
            need_.include(piece->need());
            for (int axis = 0; axis < chunks_.rank(); ++axis)
                chunks_[axis] = std::max(chunks_[axis], piece->chunks()[axis]);
        }
        if (axis_ > 0) need_.per_dense_element = need_.per_element;
    }
    void fill(const Ranges& ranges, const Destination& to, Filling& with) const override {
        split(ranges, [&](std::size_t piece, const Ranges& inside, std::int64_t at) {
            pieces_[piece]->fill(inside, {to.base + at * to.strides[axis_], to.strides}, with);
        });
    }
    std::int64_t bytes_read(const Ranges& ranges) const override {
        std::int64_t bytes = 0;
        split(ranges, [&](std::size_t piece, const Ranges& inside, std::int64_t) {
            bytes += pieces_[piece]->bytes_read(inside);
        });
        return bytes;
    }

private:
    std::size_t piece_of(std::int64_t index) const {
        return static_cast<std::size_t>(std::upper_bound(borders_.begin(), borders_.end(), index) - borders_.begin()) -
               1;
    }
    // Calls with each run of neighbours that lie in the same piece: the piece, the ranges inside it, and which of the
    // block's indices is the first.
    template <class Visit>
    void split(const Ranges& ranges, Visit visit) const {
        const AxisRange& range = ranges[static_cast<std::size_t>(axis_)];
        Ranges inside = ranges;
        AxisRange& own = inside[static_cast<std::size_t>(axis_)];
        for (std::int64_t i = 0; i < range.count; i += own.count) {
            const auto at = position(range, i);
            const auto piece = piece_of(at);
            const auto begin = borders_[piece], end = borders_[piece + 1];
            own = range;
            if (!range.list) {
                own.start = at - begin;
                own.count = std::min(range.count - i, (end - 1 - at) / range.step + 1);
            } else {
                auto list = std::make_shared<std::vector<std::int64_t>>();
                for (auto j = i; j < range.count && piece_of(position(range, j)) == piece; ++j)
                    list->push_back(position(range, j) - begin);
                own = {0, 1, static_cast<std::int64_t>(list->size()), std::move(list), 0, false};
            }
            visit(piece, inside, i);
        }
    }

    int axis_;
    std::vector<SourcePtr> pieces_;
    std::vector<std::int64_t> borders_;
};

// Neighbouring axes of the operand and of the result that hold the same elements in C order.
struct AxisGroup {
    int first, last;  // of the operand
    int to, end;      // of the result
};

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

// Neither shape has an axis of extent 1.
class ReshapeSource final : public BlockSource {
public:
    ReshapeSource(const Node& node, SourcePtr source)
        : from_(node.inputs[0]->shape),
          to_(node.shape),
          groups_(group_axes(from_, to_)),
          source_(std::move(source)),
          from_inner_(inner_counts(from_, &AxisGroup::first, &AxisGroup::last)),
          to_inner_(inner_counts(to_, &AxisGroup::to, &AxisGroup::end)) {
        need_ = source_->need();
        need_.per_dense_element = need_.per_element;
        set_chunks();
    }

    void fill(const Ranges& ranges, const Destination& to, Filling& with) const override {
        visit_boxes(ranges, to,
                    [&](const Ranges& inside, const Destination& place) { source_->fill(inside, place, with); });
    }
    // Each element of the block is one of the operand: the boxes' sum, without visiting what may be many.
    std::int64_t bytes_read(const Ranges& ranges) const override {
        const auto whole = source_->bytes_read(touched(identity_access(from_.rank()), Box::whole(from_)));
        return static_cast<std::int64_t>(static_cast<double>(whole) * static_cast<double>(count_of(ranges)) /
                                         static_cast<double>(from_.count()));
    }

private:
    // A group's first axis keeps whole rows of chunks.
    void set_chunks() {
        const Shape& own = source_->chunks();
        chunks_ = Shape::filled(to_.rank(), 1);
        for (const auto& group : groups_) {
            std::int64_t elements = 1;
            for (int axis = group.first; axis < group.last; ++axis)
                if (own[axis] > 1) elements = std::max(elements, own[axis] * from_inner_[axis]);
            for (int axis = group.end - 1; axis >= group.to; --axis)
                chunks_[axis] = std::clamp<std::int64_t>(elements / to_inner_[axis], 1, to_[axis]);
        }
    }
    // Elements of a group side by side from one index of an axis to the next.
    Shape inner_counts(const Shape& shape, int AxisGroup::*first, int AxisGroup::*last) const {
        Shape counts = Shape::filled(shape.rank(), 1);
        for (const auto& group : groups_)
            for (int axis = group.*last - 2; axis >= group.*first; --axis)
                counts[axis] = counts[axis + 1] * shape[axis + 1];
        return counts;
    }

    template <class Visit>
    class Walker;
    template <class Visit>
    void visit_boxes(const Ranges& ranges, const Destination& to, Visit visit) const {
        Walker<Visit>(*this, ranges, to, visit).walk(0, to.base);
    }

    Shape from_, to_;
    std::vector<AxisGroup> groups_;
    SourcePtr source_;
    Shape from_inner_, to_inner_;
};

// Finds the boxes of the operand that make up a block of the result, group by group.
template <class Visit>
class ReshapeSource::Walker {
public:
    Walker(const ReshapeSource& source, const Ranges& ranges, const Destination& to, Visit& visit)
        : source_(source),
          ranges_(ranges),
          to_(to),
          visit_(visit),
          inside_(static_cast<std::size_t>(source.from_.rank())),
          strides_(Shape::filled(source.from_.rank(), 0)) {}

    void walk(std::size_t group, std::byte* base) {
        if (group == source_.groups_.size()) return visit_(inside_, Destination{base, strides_});
        const auto& axes = source_.groups_[group];
        if (axes.last - axes.first == 1 && axes.end - axes.to == 1) {
            inside_[static_cast<std::size_t>(axes.first)] = range(axes.to);
            strides_[axes.first] = to_.strides[axes.to];
            return walk(group + 1, base);
        }
        Run run{0, 1, 1, 0};
        const int outer = inner_run(axes, run);
        each_run(group, axes.to, outer, run, base);
    }

private:
    // Elements at start + step*i of a group, which go `stride` bytes apart.
    struct Run {
        std::int64_t start, step, count, stride;
    };
    const AxisRange& range(int axis) const { return ranges_[static_cast<std::size_t>(axis)]; }
    AxisRange& inside(int axis) { return inside_[static_cast<std::size_t>(axis)]; }

    // The run along as many of the innermost axes as it goes; the axes before the returned one are walked index by
    // index.
    int inner_run(const AxisGroup& axes, Run& run) const {
        int axis = axes.end;
        while (axis > axes.to) {
            const auto& along = range(axis - 1);
            const auto inner = source_.to_inner_[axis - 1], stride = to_.strides[axis - 1];
            if (along.count > 1) {
                if (along.list) return axis;
                if (run.count == 1) {
                    run.step = along.step * inner;
                    run.stride = stride;
                } else if (along.step * inner != run.step * run.count || stride != run.stride * run.count) {
                    return axis;
                }
            }
            run.start += position(along, 0) * inner;
            run.count *= along.count;
            --axis;
        }
        return axis;
    }

    void each_run(std::size_t group, int axis, int outer, Run run, std::byte* base) {
        if (axis == outer)
            return run.step == 1 || run.count == 1 ? boxes(group, source_.groups_[group].first, run, base)
                                                   : rows(group, run, base);
        for (std::int64_t i = 0; i < range(axis).count; ++i) {
            Run next = run;
            next.start += position(range(axis), i) * source_.to_inner_[axis];
            each_run(group, axis + 1, outer, next, base + i * to_.strides[axis]);
        }
    }

    // Neighbours: the end of a row, whole rows, the beginning of one; the same inside the row.
    void boxes(std::size_t group, int axis, Run run, std::byte* base) {
        const auto inner = source_.from_inner_[axis];
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
            for (int a = axis; a < source_.groups_[group].last; ++a) {
                inside(a) = {};
                inside(a).count = a == axis ? whole : source_.from_[a];
                strides_[a] = run.stride * source_.from_inner_[a];
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
        const auto& axes = source_.groups_[group];
        const int last = axes.last - 1;
        while (run.count > 0) {
            auto rest = run.start;
            for (int axis = axes.first; axis < axes.last; ++axis) {
                inside(axis) = {};
                inside(axis).start = rest / source_.from_inner_[axis];
                rest %= source_.from_inner_[axis];
            }
            const auto room = (source_.from_[last] - 1 - inside(last).start) / run.step + 1;
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

    const ReshapeSource& source_;
    const Ranges& ranges_;
    const Destination& to_;
    Visit& visit_;
    Ranges inside_;
    Shape strides_;
};

}  // namespace

SourcePtr join_sources(const Node& join, std::vector<SourcePtr> pieces) {
    return std::make_shared<JoinSource>(join, std::move(pieces));
}

SourcePtr reshape_source(const Node& reshape, SourcePtr source) {
    return std::make_shared<ReshapeSource>(reshape, std::move(source));
}

}  // namespace heddle::array
