#include "host/array/block_source.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "host/array/leaf_source.hpp"
#include "host/array/lower.hpp"
#include "host/io/dataset.hpp"
#include "kernels/elementwise.hpp"

namespace heddle::array {
namespace {

std::int64_t width_of(DType dtype) { return static_cast<std::int64_t>(size_of(dtype)); }

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
        const auto dense = dense_destination(scratch.bytes.get(), extents, node_->dtype);
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
        std::vector<SourceOperand> operands;
        bool has_files = false;
        for (const auto& leaf : lowering.leaves()) {
            const auto is_listed = [](const auto& entry) { return entry.list != nullptr; };
            const bool listed = listed_ || std::any_of(leaf.access.begin(), leaf.access.end(), is_listed);
            const bool memory = leaf.node->is<Memory>() || resident_.contains(leaf.node.get());
            operands.push_back({leaf.access, source(leaf.node), leaf.node->dtype, memory && !listed});
            has_files = has_files || has_file(*leaf.node);
        }
        return computed_source(*node, lowering.build(), std::move(operands), has_files, budget_);
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
