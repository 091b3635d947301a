#include "host/array/block_source.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "host/array/leaf_source.hpp"
#include "host/array/lower.hpp"
#include "host/io/dataset.hpp"
#include "kernels/strided_copy.hpp"

namespace heddle::array {
namespace {

std::int64_t width_of(DType dtype) { return static_cast<std::int64_t>(size_of(dtype)); }

// Copies the elements that ranges select to a place: what lists select index by index, blocks as a whole.
class Copier {
public:
    Copier(const HeldValues& from, const Ranges& ranges, const Destination& to, std::int64_t width, bool stream)
        : from_(from),
          to_(to),
          ranges_(ranges),
          width_(width),
          writes_(stream ? kernels::Writes::past_cache : kernels::Writes::cached) {}
    void run() {
        const auto is_list = [](const AxisRange& range) { return range.list != nullptr; };
        const auto last = std::find_if(ranges_.rbegin(), ranges_.rend(), is_list);
        const int dense = static_cast<int>(ranges_.rend() - last);
        const std::byte* start = from_.base;
        Shape extents, steps, strides;
        for (int axis = dense; axis < to_.strides.rank(); ++axis) {
            const auto& range = ranges_[static_cast<std::size_t>(axis)];
            start += range.start * from_.strides[axis];
            extents.push_back(range.count);
            steps.push_back(range.step * from_.strides[axis]);
            strides.push_back(to_.strides[axis]);
        }
        walk(0, dense, kernels::StridedCopy(extents, steps, strides, width_, writes_), start, to_.base);
    }

private:
    // The axes before `dense` are walked index by index.
    void walk(int axis, int dense, const kernels::StridedCopy& copy, const std::byte* from, std::byte* to) const {
        if (axis == dense) return copy.run(from, to);
        const auto& range = ranges_[static_cast<std::size_t>(axis)];
        for (std::int64_t i = 0; i < range.count; ++i)
            walk(axis + 1, dense, copy, from + position(range, i) * from_.strides[axis], to + i * to_.strides[axis]);
    }

    const HeldValues& from_;
    const Destination& to_;
    const Ranges& ranges_;
    std::int64_t width_;
    kernels::Writes writes_;
};

class MemorySource final : public BlockSource {
public:
    MemorySource(const NodePtr& node, int resident) : node_(node), resident_(resident) {
        chunks_ = Shape::filled(node->shape.rank(), 1);
    }
    void fill(const Ranges& ranges, const Destination& to, Filling& with) const override {
        const auto values = held(with);
        Copier(values, ranges, to, width_of(node_->dtype), with.stream).run();
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
    StoredSource(const NodePtr& node, bool listed) : node_(node) {
        const auto& chunk = node->as<Stored>()->dataset->chunk();
        chunks_ = chunk ? *chunk : Shape::filled(node->shape.rank(), 1);
        // Lists that do not ascend are read in another order first; of the indices are two copies.
        if (listed) need_.per_dense_element = width_of(node->dtype) + 2 * kIndexBytes;
        need_.per_element = width_of(node->dtype) + need_.per_dense_element;
        reads_files_ = true;
    }
    void fill(const Ranges& ranges, const Destination& to, Filling&) const override {
        const auto& dataset = *node_->as<Stored>()->dataset;
        const Shape extents = extents_of(ranges);
        const auto width = width_of(node_->dtype);
        if (is_dense(to.strides, extents, size_of(node_->dtype))) return read_dataset(dataset, ranges, to.base);
        const Scratch scratch(extents.count() * width);
        read_dataset(dataset, ranges, scratch.bytes.get());
        const auto dense = dense_destination(scratch.bytes.get(), extents, node_->dtype);
        kernels::copy_strided(extents, dense.base, dense.strides, to.base, to.strides, width);
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

class Builder {
public:
    Builder(Staging& staging, const std::set<const Node*>& resident, const StagingLimits& limits)
        : staging_(staging), resident_(resident), limits_(limits) {}

    // `listed`: whether its ranges may have lists.
    SourcePtr source(const NodePtr& node, bool listed) {
        auto& made = made_[{node.get(), listed}];
        if (!made) made = make(node, listed);
        return made;
    }

private:
    static std::size_t place_in(std::vector<NodePtr>& nodes, const NodePtr& node) {
        const auto found = std::find(nodes.begin(), nodes.end(), node);
        const auto place = static_cast<std::size_t>(found - nodes.begin());
        if (found == nodes.end()) nodes.push_back(node);
        return place;
    }
    SourcePtr make(const NodePtr& node, bool listed) {
        if (resident_.contains(node.get()))
            return std::make_shared<MemorySource>(node, static_cast<int>(place_in(staging_.residents, node)));
        if (node->is<Memory>()) return std::make_shared<MemorySource>(node, -1);
        if (node->is<Ramp>()) return std::make_shared<RampSource>(node);
        if (node->is<Reshape>()) return reshape_source(*node, source(node->inputs[0], listed), limits_.chunk);
        if (node->is<Stored>()) {
            place_in(staging_.stored, node);
            return std::make_shared<StoredSource>(node, listed);
        }
        if (!node->is<Join>()) return computed(node, listed);
        std::vector<SourcePtr> pieces;
        for (const auto& input : node->inputs) pieces.push_back(source(input, listed));
        return join_sources(*node, std::move(pieces), listed);
    }
    SourcePtr computed(const NodePtr& node, bool listed) {
        Lowering lowering(resident_);
        lowering.output(node, node->dtype);
        std::vector<SourceOperand> operands;
        for (const auto& leaf : lowering.leaves()) {
            const auto is_list = [](const auto& entry) { return entry.list != nullptr; };
            const bool looks_up = listed || std::any_of(leaf.access.begin(), leaf.access.end(), is_list);
            const bool memory = leaf.node->is<Memory>() || resident_.contains(leaf.node.get());
            operands.push_back({leaf.access, source(leaf.node, looks_up), leaf.node->dtype, memory && !looks_up});
        }
        return computed_source(*node, lowering.build(), std::move(operands), listed, limits_.computed);
    }

    Staging& staging_;
    const std::set<const Node*>& resident_;
    const StagingLimits& limits_;
    std::map<std::pair<const Node*, bool>, SourcePtr> made_;
};

}  // namespace

Staging make_staging(const NodePtr& node, const std::set<const Node*>& resident, bool listed,
                     const StagingLimits& limits) {
    Staging staging;
    staging.source = Builder(staging, resident, limits).source(node, listed);
    return staging;
}

}  // namespace heddle::array
