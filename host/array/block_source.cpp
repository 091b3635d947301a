#include "host/array/block_source.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "host/array/leaf_source.hpp"
#include "host/array/lower.hpp"
#include "host/array/tiling.hpp"
#include "host/io/dataset.hpp"
#include "kernels/elementwise.hpp"

namespace heddle::array {
namespace {

std::int64_t width_of(DType dtype) { return static_cast<std::int64_t>(size_of(dtype)); }

Destination dense_place(std::byte* base, const Shape& extents, std::int64_t width) {
    return {base, byte_strides(dense_strides(extents), static_cast<std::size_t>(width))};
}

struct Scratch {
    explicit Scratch(std::int64_t bytes)
        : bytes(new std::byte[static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1))]) {}
    std::unique_ptr<std::byte[]> bytes;
};

template <class T>
void copy_apart(const std::byte* from, std::int64_t from_step, std::byte* to, std::int64_t to_step, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) std::memcpy(to + i * to_step, from + i * from_step, sizeof(T));
}

void copy_strided(std::int64_t width, const std::byte* from, std::int64_t from_step, std::byte* to,
                  std::int64_t to_step, std::int64_t n) {
    struct Pair {
        std::uint64_t parts[2];
    };
    const auto copy = width == 1   ? copy_apart<std::uint8_t>
                      : width == 2 ? copy_apart<std::uint16_t>
                      : width == 4 ? copy_apart<std::uint32_t>
                      : width == 8 ? copy_apart<std::uint64_t>
                                   : copy_apart<Pair>;
    copy(from, from_step, to, to_step, n);
}

// Shorter runs are not worth writing past the cache.
constexpr std::int64_t kStreamed = 4096;

// Copies the elements that ranges select to a place.
class Copier {
public:
    Copier(const HeldValues& from, const Ranges& ranges, const Destination& to, std::int64_t width, bool stream)
        : from_(from), to_(to), ranges_(ranges), width_(width), run_(width), stream_(stream) {
        inner_ = static_cast<int>(ranges.size());
        while (inner_ > 0 && extends_run(inner_ - 1)) {
            --inner_;
            run_ *= ranges[static_cast<std::size_t>(inner_)].count;
        }
        stream_ = stream_ && run_ >= kStreamed;
    }
    void run() {
        const std::byte* start = from_.base;
        for (int axis = inner_; axis < to_.strides.rank(); ++axis)
            start += position(ranges_[static_cast<std::size_t>(axis)], 0) * from_.strides[axis];
        walk(0, start, to_.base);
        if (stream_) kernels::stream_fence();
    }

private:
    bool extends_run(int axis) const {
        const auto& range = ranges_[static_cast<std::size_t>(axis)];
        return range.count == 1 ||
               (!range.list && range.step == 1 && from_.strides[axis] == run_ && to_.strides[axis] == run_);
    }
    void walk(int axis, const std::byte* from, std::byte* to) const {
        if (axis == inner_) {
            if (stream_) return kernels::stream_copy(from, to, run_);
            std::memcpy(to, from, static_cast<std::size_t>(run_));
            return;
        }
        const auto& range = ranges_[static_cast<std::size_t>(axis)];
        const auto stride = from_.strides[axis], step = to_.strides[axis];
        if (axis + 1 == inner_ && run_ == width_ && !range.list)
            return copy_strided(width_, from + range.start * stride, range.step * stride, to, step, range.count);
        for (std::int64_t i = 0; i < range.count; ++i)
            walk(axis + 1, from + position(range, i) * stride, to + i * step);
    }

    const HeldValues& from_;
    const Destination& to_;
    const Ranges& ranges_;
    std::int64_t width_, run_;
    int inner_;
    bool stream_;
};

class MemorySource final : public BlockSource {
public:
    MemorySource(const NodePtr& node, int resident) : node_(node), resident_(resident) {
        chunks_ = Shape::filled(node->shape.rank(), 1);
    }
    void fill(const Ranges& ranges, const Destination& to, Filling& with) const override {
        Copier(held(with), ranges, to, width_of(node_->dtype), with.stream).run();
    }
    HeldValues held(const Filling& with) const override {
        if (resident_ >= 0) return with.residents[static_cast<std::size_t>(resident_)];
        return {node_->as<Memory>()->storage->bytes.get(),
                byte_strides(dense_strides(node_->shape), size_of(node_->dtype))};
    }

private:
    NodePtr node_;
    int resident_;
};

class StoredSource final : public BlockSource {
public:
    explicit StoredSource(const NodePtr& node) : node_(node) {
        const auto& chunk = node->as<Stored>()->dataset->chunk();
        chunks_ = chunk ? *chunk : Shape::filled(node->shape.rank(), 1);
        need_.per_element = width_of(node->dtype);
    }
    void fill(const Ranges& ranges, const Destination& to, Filling&) const override {
        const auto& dataset = *node_->as<Stored>()->dataset;
        const Shape extents = extents_of(ranges);
        const auto width = width_of(node_->dtype);
        if (is_dense(to.strides, extents, size_of(node_->dtype))) return read_dataset(dataset, ranges, to.base);
        const Scratch scratch(extents.count() * width);
        read_dataset(dataset, ranges, scratch.bytes.get());
        const auto dense = dense_place(scratch.bytes.get(), extents, width);
        const auto whole = touched(identity_access(extents.rank()), Box::whole(extents));
        Copier({dense.base, dense.strides}, whole, to, width, false).run();
    }
    std::int64_t bytes_read(const Ranges& ranges) const override { return count_of(ranges) * width_of(node_->dtype); }

private:
    NodePtr node_;
};

class RampSource final : public BlockSource {
public:
    explicit RampSource(const NodePtr& node) : node_(node) { chunks_ = {1}; }
    void fill(const Ranges& ranges, const Destination& to, Filling&) const override {
        const auto& ramp = *node_->as<Ramp>();
        const auto length = node_->shape[0];
        for (std::int64_t i = 0; i < ranges[0].count; ++i) {
            const auto at = position(ranges[0], i);
            std::byte* place = to.base + i * to.strides[0];
            if (node_->dtype == DType::int64) {
                const std::int64_t value = ramp.start.i + at * ramp.step.i;
                std::memcpy(place, &value, sizeof value);
            } else {
                const bool end = ramp.has_last && at == length - 1;
                const double value = end ? ramp.last : ramp.start.f + static_cast<double>(at) * ramp.step.f;
                std::memcpy(place, &value, sizeof value);
            }
        }
    }

private:
    NodePtr node_;
};

// An expression over sources. What does not lie in memory is staged, a part of the block at a time; with files all of
// it, since a chunk is decoded as a whole.
class ComputedSource final : public BlockSource {
public:
    struct Operand {
        Access access;
        SourcePtr source;
        std::int64_t width;
        bool in_memory;
    };
    ComputedSource(int rank, DType dtype, expr::Program program, std::vector<Operand> operands, bool has_files,
                   std::int64_t budget)
        : rank_(rank),
          width_(width_of(dtype)),
          program_(std::move(program)),
          operands_(std::move(operands)),
          has_files_(has_files),
          budget_(budget) {
        const auto& result = program_.results()[0];
        if (program_.instructions().empty() && result.value.kind == expr::Slot::Kind::input)
            copied_ = result.value.index;
        set_need();
        set_chunks();
    }
    void fill(const Ranges& ranges, const Destination& to, Filling& with) const override;
    std::int64_t bytes_read(const Ranges& ranges) const override {
        std::int64_t bytes = 0;
        const Box whole = Box::whole(extents_of(ranges));
        if (has_files_)
            for (const auto& operand : operands_)
                bytes += operand.source->bytes_read(touched(through_ranges(ranges, operand.access), whole));
        return bytes;
    }

private:
    void set_need();
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
    std::vector<Operand> operands_;
    bool has_files_;
    std::int64_t budget_;
    int copied_ = -1;  // the operand whose values the program gives as they are
};

void ComputedSource::set_need() {
    std::int64_t staged = 0;
    for (const auto& operand : operands_) {
        need_.include(operand.source->need());
        if (!operand.in_memory) staged += operand.width;
    }
    bool copied = copied_ >= 0, in_order = copied;
    if (copied) {
        int axes = 0;
        for (const auto& entry : operands_[static_cast<std::size_t>(copied_)].access)
            if (entry.axis >= 0) in_order = entry.axis == axes++ && entry.step > 0 && in_order;
        copied = axes == rank_;
        in_order = in_order && copied;
    }
    if (!in_order) need_.per_dense_element = need_.per_element;
    if (copied) return;  // fill_copy
    if (!has_files_) {
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
    if (copied_ >= 0) {
        const auto index = static_cast<std::size_t>(copied_);
        if (is_staged(index, accesses[index]) && fill_copy(accesses[index], extents, to, with)) return;
    }
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
    if (has_files_) return part;
    const auto staged_bytes = [&] {
        std::int64_t bytes = 0;
        for (std::size_t i = 0; i < operands_.size(); ++i)
            if (is_staged(i, accesses[i])) bytes += part_extents(accesses[i], part).count() * operands_[i].width;
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
            staged.emplace_back(count_of(ranges) * operand.width);
            inputs[i].base = staged.back().bytes.get();
            const bool stream = std::exchange(with.stream, false);
            operand.source->fill(ranges, dense_place(staged.back().bytes.get(), extents_of(ranges), operand.width),
                                 with);
            with.stream = stream;
            walk = walk_dense(accesses[i], ranges, rank_, operand.width);
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

class Builder {
public:
    Builder(Staging& staging, const std::set<const Node*>& resident, bool listed, std::int64_t budget)
        : staging_(staging), resident_(resident), listed_(listed), budget_(budget) {}

    SourcePtr source(const NodePtr& node) {
        auto& made = made_[node.get()];
        if (!made) made = make(node);
        return made;
    }

private:
    SourcePtr make(const NodePtr& node) {
        if (resident_.contains(node.get())) {
            staging_.residents.push_back(node);
            return std::make_shared<MemorySource>(node, static_cast<int>(staging_.residents.size()) - 1);
        }
        if (node->is<Memory>()) return std::make_shared<MemorySource>(node, -1);
        if (node->is<Ramp>()) return std::make_shared<RampSource>(node);
        if (node->is<Reshape>()) return reshape_source(*node, source(node->inputs[0]));
        if (node->is<Stored>()) {
            staging_.stored.push_back(node);
            return std::make_shared<StoredSource>(node);
        }
        if (!node->is<Join>()) return computed(node);
        std::vector<SourcePtr> pieces;
        for (const auto& input : node->inputs) pieces.push_back(source(input));
        return join_sources(*node, std::move(pieces));
    }
    SourcePtr computed(const NodePtr& node) {
        Lowering lowering(resident_);
        lowering.output(node, node->dtype);
        std::vector<ComputedSource::Operand> operands;
        bool has_files = false;
        for (const auto& leaf : lowering.leaves()) {
            const auto is_listed = [](const auto& entry) { return entry.list != nullptr; };
            const bool listed = listed_ || std::any_of(leaf.access.begin(), leaf.access.end(), is_listed);
            const bool memory = leaf.node->is<Memory>() || resident_.contains(leaf.node.get());
            operands.push_back({leaf.access, source(leaf.node), width_of(leaf.node->dtype), memory && !listed});
            has_files = has_files || has_file(*leaf.node);
        }
        return std::make_shared<ComputedSource>(node->shape.rank(), node->dtype, lowering.build(), std::move(operands),
                                                has_files, budget_);
    }
    // Of a source that was made already.
    bool has_file(const Node& node) const {
        if (resident_.contains(&node)) return false;
        if (node.is<Stored>()) return true;
        const auto found = with_files_.find(&node);
        if (found != with_files_.end()) return found->second;
        const bool has =
            std::any_of(node.inputs.begin(), node.inputs.end(), [&](const auto& input) { return has_file(*input); });
        return with_files_[&node] = has;
    }

    Staging& staging_;
    const std::set<const Node*>& resident_;
    bool listed_;
    std::int64_t budget_;
    std::map<const Node*, SourcePtr> made_;
    mutable std::map<const Node*, bool> with_files_;
};

}  // namespace

Staging make_staging(const NodePtr& node, const std::set<const Node*>& resident, bool listed, std::int64_t budget) {
    Staging staging;
    staging.source = Builder(staging, resident, listed, budget).source(node);
    return staging;
}

}  // namespace heddle::array
