// Blocks of what is computed element by element from other blocks.

#include <algorithm>
#include <array>
#include <utility>

#include "host/array/block_source.hpp"
#include "host/array/leaf_source.hpp"
#include "host/array/tiling.hpp"

namespace heddle::array {
namespace {

std::int64_t width_of(DType dtype) { return static_cast<std::int64_t>(size_of(dtype)); }

// An expression over sources. What does not lie in memory is staged, a part of the block at a time; with files all of
// it, since a chunk is decoded as a whole.
class ComputedSource final : public BlockSource {
public:
    ComputedSource(int rank, DType dtype, expr::Program program, std::vector<SourceOperand> operands, bool listed,
                   std::int64_t budget)
        : rank_(rank),
          width_(width_of(dtype)),
          program_(std::move(program)),
          operands_(std::move(operands)),
          budget_(budget) {
        const auto& result = program_.results()[0];
        if (program_.instructions().empty() && result.value.kind == expr::Slot::Kind::input)
            copied_ = result.value.index;
        for (const auto& operand : operands_) reads_files_ = reads_files_ || operand.source->reads_files();
        set_need(listed);
        set_chunks();
    }
    void fill(const Ranges& ranges, const Destination& to, Filling& with) const override;
    std::int64_t bytes_read(const Ranges& ranges) const override {
        std::int64_t bytes = 0;
        const Box whole = Box::whole(extents_of(ranges));
        if (reads_files_)
            for (const auto& operand : operands_)
                bytes += operand.source->bytes_read(touched(through_ranges(ranges, operand.access), whole));
        return bytes;
    }

private:
    void set_need(bool listed);
    void set_chunks();
    static Shape part_extents(const Access& access, const Shape& extents) {
        Shape part;
        for (const auto& entry : access) part.push_back(entry.axis < 0 ? 1 : extents[entry.axis]);
        return part;
    }
    bool fill_copy(const Access& access, const Shape& extents, const Destination& to, Filling& with) const;
    void fill_part(const std::vector<Access>& accesses, const Box& box, const Destination& to, Filling& with) const;
    Shape part(const std::vector<Access>& accesses, const Shape& extents) const;
    bool is_staged(std::size_t operand, const Access& access) const {
        const auto is_listed = [](const auto& entry) { return entry.axis >= 0 && entry.list; };
        return program_.uses_input(static_cast<int>(operand)) &&
               (!operands_[operand].in_memory || std::any_of(access.begin(), access.end(), is_listed));
    }

    int rank_;
    std::int64_t width_;
    expr::Program program_;
    std::vector<SourceOperand> operands_;
    std::int64_t budget_;
    int copied_ = -1;  // the operand whose values the program gives as they are
};

void ComputedSource::set_need(bool listed) {
    std::int64_t staged = 0;
    for (const auto& operand : operands_) {
        need_.include(operand.source->need());
        if (!operand.in_memory) staged += width_of(operand.dtype);
    }
    bool copied = copied_ >= 0, in_order = copied;
    if (copied) {
        int axes = 0;
        for (const auto& entry : operands_[static_cast<std::size_t>(copied_)].access)
            if (entry.axis >= 0) in_order = entry.axis == axes++ && entry.step > 0 && in_order;
        copied = axes == rank_;
        in_order = in_order && copied;
    }
    if (listed) {  // through_ranges
        need_.per_element += static_cast<std::int64_t>(operands_.size()) * kIndexBytes;
        need_.per_dense_element += static_cast<std::int64_t>(operands_.size()) * kIndexBytes;
    }
    if (!in_order) need_.per_dense_element = need_.per_element;
    if (copied) return;  // fill_copy
    if (!reads_files_) {
        need_.fixed += staged > 0 ? budget_ : 0;
        return;
    }
    need_.per_element += staged;
    need_.per_dense_element += staged;
}

void ComputedSource::set_chunks() {
    chunks_ = Shape::filled(rank_, 1);
    for (const auto& operand : operands_) {
        const Shape grid = chunk_grid(operand.access, operand.source->chunks(), chunks_);
        for (int axis = 0; axis < rank_; ++axis) chunks_[axis] = std::max(chunks_[axis], grid[axis]);
    }
}

void ComputedSource::fill(const Ranges& ranges, const Destination& to, Filling& with) const {
    const Shape extents = extents_of(ranges);
    std::vector<Access> accesses;
    for (const auto& operand : operands_) accesses.push_back(through_ranges(ranges, operand.access));
    if (copied_ >= 0 && fill_copy(accesses[static_cast<std::size_t>(copied_)], extents, to, with)) return;
    const TileGrid grid(extents, part(accesses, extents));
    for (std::int64_t i = 0; i < grid.count(); ++i) fill_part(accesses, grid.box(i), to, with);
}

// Straight to its place, if each axis of the block is one of the operand.
bool ComputedSource::fill_copy(const Access& access, const Shape& extents, const Destination& to, Filling& with) const {
    const auto ranges = touched(access, Box::whole(extents));
    Destination place{to.base, {}};
    std::array<bool, kMaxRank> seen{};
    for (std::size_t axis = 0; axis < access.size(); ++axis) {
        const auto at = access[axis].axis;
        place.strides.push_back(0);
        if (at < 0) continue;
        if (seen[static_cast<std::size_t>(at)]) return false;
        seen[static_cast<std::size_t>(at)] = true;
        place.strides[place.strides.rank() - 1] = ranges[axis].reversed ? -to.strides[at] : to.strides[at];
        if (ranges[axis].reversed) place.base += to.strides[at] * (extents[at] - 1);
    }
    for (int axis = 0; axis < rank_; ++axis)
        if (!seen[static_cast<std::size_t>(axis)] && extents[axis] > 1) return false;
    operands_[static_cast<std::size_t>(copied_)].source->fill(ranges, place, with);
    return true;
}

// The extents of the parts in which the block is made.
Shape ComputedSource::part(const std::vector<Access>& accesses, const Shape& extents) const {
    Shape part = extents;
    if (reads_files_) return part;
    const auto staged_bytes = [&] {
        std::int64_t bytes = 0;
        for (std::size_t i = 0; i < operands_.size(); ++i)
            if (is_staged(i, accesses[i]))
                bytes += part_extents(accesses[i], part).count() * width_of(operands_[i].dtype);
        return bytes;
    };
    for (int axis = 0; axis < rank_; ++axis)
        while (part[axis] > 1 && staged_bytes() > budget_) part[axis] = (part[axis] + 1) / 2;
    return part;
}

void ComputedSource::fill_part(const std::vector<Access>& accesses, const Box& box, const Destination& to,
                               Filling& with) const {
    const Shape extents = box.extents();
    std::vector<expr::StridedInput> inputs(operands_.size());
    std::vector<Scratch> staged;
    for (std::size_t i = 0; i < operands_.size(); ++i) {
        if (!program_.uses_input(static_cast<int>(i))) {
            inputs[i].strides = Shape::filled(rank_, 0);
            continue;
        }
        const auto& operand = operands_[i];
        Walk walk;
        if (is_staged(i, accesses[i])) {
            const auto ranges = touched(accesses[i], box);
            staged.emplace_back(count_of(ranges) * width_of(operand.dtype));
            inputs[i].base = staged.back().bytes.get();
            const bool stream = std::exchange(with.stream, false);
            operand.source->fill(ranges,
                                 dense_destination(staged.back().bytes.get(), extents_of(ranges), operand.dtype), with);
            with.stream = stream;
            walk = walk_dense(accesses[i], ranges, rank_, width_of(operand.dtype));
        } else {
            const auto held = operand.source->held(with);
            inputs[i].base = held.base;
            walk = walk_whole(accesses[i], box, held.strides);
        }
        inputs[i].base += walk.offset;
        inputs[i].strides = walk.strides;
    }
    expr::Target target;
    std::byte* base = to.base;
    for (int axis = 0; axis < rank_; ++axis) base += box.lo[axis] * to.strides[axis];
    target.strides = to.strides;
    (is_dense(to.strides, extents, static_cast<std::size_t>(width_)) ? target.dense : target.base) = base;
    with.evaluator.run(program_, extents, inputs, 0, extents.count(), {{&target, 1}, 0, with.stream});
}

}  // namespace

SourcePtr computed_source(const Node& node, expr::Program program, std::vector<SourceOperand> operands, bool listed,
                          std::int64_t budget) {
    return std::make_shared<ComputedSource>(node.shape.rank(), node.dtype, std::move(program), std::move(operands),
                                            listed, budget);
}

}  // namespace heddle::array
