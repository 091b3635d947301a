// Blocks of arrays one after the other.

#include <algorithm>

#include "host/array/block_source.hpp"

namespace heddle::array {
namespace {

class JoinSource final : public BlockSource {
public:
    JoinSource(const Node& join, std::vector<SourcePtr> pieces, bool listed)
        : axis_(join.as<Join>()->axis), pieces_(std::move(pieces)), borders_{0} {
        for (const auto& input : join.inputs) borders_.push_back(borders_.back() + input->shape[axis_]);
        chunks_ = Shape::filled(join.shape.rank(), 1);
        for (const auto& piece : pieces_) {
            need_.include(piece->need());
            reads_files_ = reads_files_ || piece->reads_files();
            for (int axis = 0; axis < chunks_.rank(); ++axis)
                chunks_[axis] = std::max(chunks_[axis], piece->chunks()[axis]);
        }
        if (listed) need_.per_element += kIndexBytes;
        if (listed) need_.per_dense_element += kIndexBytes;
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

}  // namespace

SourcePtr join_sources(const Node& join, std::vector<SourcePtr> pieces, bool listed) {
    return std::make_shared<JoinSource>(join, std::move(pieces), listed);
}

}  // namespace heddle::array
