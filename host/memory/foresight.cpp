#include "host/memory/foresight.hpp"

#include <algorithm>
#include <vector>

#include "host/graph/buffer_core.hpp"

namespace heddle::memory {

using graph::BufferCore;
using graph::Record;

namespace {

// Numbers of tasks, ascending, those that are placed marked until the front has passed them: O(log n) to find one, and
// O(1) amortised to let go of it. Nothing is allocated but where the list is longer than it ever was.
class Uses {
public:
    void add(std::uint64_t seq) {
        if (first_ != tasks_.size() && number(tasks_.back()) == seq) return;  // two accesses of one task
        if (first_ + gone_ > tasks_.size() / 2) compact();
        tasks_.push_back(seq);
    }
    void remove(std::uint64_t seq) {
        const auto at = std::lower_bound(
            begin(), tasks_.end(), seq, [](std::uint64_t task, std::uint64_t wanted) { return number(task) < wanted; });
        if (at == tasks_.end() || *at != seq) return;
        *at |= kGone;
        ++gone_;
        for (; first_ != tasks_.size() && (tasks_[first_] & kGone) != 0; --gone_) ++first_;
    }
    std::uint64_t next() const { return first_ == tasks_.size() ? Foresight::kNever : tasks_[first_]; }

private:
    static constexpr std::uint64_t kGone = std::uint64_t{1} << 63;
    static std::uint64_t number(std::uint64_t task) { return task & ~kGone; }
    std::vector<std::uint64_t>::iterator begin() { return tasks_.begin() + static_cast<std::ptrdiff_t>(first_); }

    void compact() {
        const auto kept =
            std::copy_if(begin(), tasks_.end(), tasks_.begin(), [](std::uint64_t task) { return (task & kGone) == 0; });
        tasks_.erase(kept, tasks_.end());
        first_ = gone_ = 0;
    }

    std::vector<std::uint64_t> tasks_;
    std::size_t first_ = 0;
    std::size_t gone_ = 0;  // marked, behind the front
};

using Tiles = std::vector<Uses>;

Tiles& tiles_of(BufferCore& buffer) {
    if (buffer.next_uses == nullptr) buffer.next_uses = new Tiles(static_cast<std::size_t>(buffer.tile_count));
    return *static_cast<Tiles*>(buffer.next_uses);
}

template <class F>
void for_each_use(const Record& record, F&& f) {
    for (std::size_t i = 0; i < record.access_count; ++i) {
        const auto& access = record.accesses()[i];
        Tiles& tiles = tiles_of(access.buffer());
        access.buffer().for_each_tile(
            record.region(access), [&](std::int64_t tile, const Shape&) { f(tiles[static_cast<std::size_t>(tile)]); });
    }
}

}  // namespace

void Foresight::add(const Record& record) {
    const std::lock_guard lock(mutex_);
    for_each_use(record, [&](Uses& uses) { uses.add(record.seq); });
}

void Foresight::remove(const Record& record) {
    const std::lock_guard lock(mutex_);
    for_each_use(record, [&](Uses& uses) { uses.remove(record.seq); });
}

std::uint64_t Foresight::next(BufferCore& buffer, const Box& tiles) const {
    const std::lock_guard lock(mutex_);
    if (buffer.next_uses == nullptr) return kNever;
    std::uint64_t next = kNever;
    const graph::Region region{{}, tiles, {}, 0};
    buffer.for_each_tile(&region, [&](std::int64_t tile, const Shape&) {
        next = std::min(next, tiles_of(buffer)[static_cast<std::size_t>(tile)].next());
    });
    return next;
}

void Foresight::forget(BufferCore& buffer) { delete static_cast<Tiles*>(buffer.next_uses); }

}  // namespace heddle::memory
