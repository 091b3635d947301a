#include "host/graph/graph.hpp"

#include <algorithm>

namespace heddle::graph {

Record& Graph::allocate(std::unique_lock<std::mutex>& lock, AtCap at_cap, std::int64_t bytes) {
    if (bytes != 0) {
        if (at_cap == AtCap::wait && max_bytes_ != 0) wait_bytes(lock, bytes);
        bytes_.fetch_add(bytes, std::memory_order_relaxed);
    }
    Record* record = take_free(lock, at_cap);
    if (record->extra != nullptr) {
        free_extras_.push_back(record->extra);
        record->extra = nullptr;
    }
    record->seq = next_seq_++;
    record->self = make_ref(record, record->seq);
    record->mark = 0;
    record->bytes = bytes;
    record->successors.store(nullptr, std::memory_order_relaxed);
    return *record;
}

Record* Graph::take_free(std::unique_lock<std::mutex>& lock, AtCap at_cap) {
    // With more records than most_, once bodies have submitted past it, a free one does not mean room.
    if (at_cap == AtCap::wait && (free_ == nullptr || made_ > most_) && records_out() >= most_) {
        do wait_returned(lock, next_seq_ - 1 - least_);
        while (records_out() > least_);  // bodies and other threads may have submitted more
    }
    if (free_ == nullptr) free_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (free_ == nullptr) return make_record();
    Record* record = free_;
    free_ = record->next;
    // The next submission's lines: by now another core's, or out of the caches.
    if (free_ != nullptr)
        for (std::size_t line = 0; line < sizeof(Record); line += 64)
            __builtin_prefetch(reinterpret_cast<std::byte*>(free_) + line, 1);
    return record;
}

Record* Graph::make_record() {
    if (unused_count_ == 0) {
        unused_count_ = std::clamp<std::size_t>(made_, 64, 2048);
        slabs_.push_back(std::make_unique<Record[]>(unused_count_));
        unused_ = slabs_.back().get();
    }
    --unused_count_;
    ++made_;
    return unused_++;
}

Extra& Graph::extra(Record& record) {
    if (record.extra == nullptr) {
        if (free_extras_.empty()) {
            extras_.push_back(std::make_unique<Extra>());
            free_extras_.reserve(extras_.size());
            free_extras_.push_back(extras_.back().get());
        }
        record.extra = free_extras_.back();
        free_extras_.pop_back();
        record.extra->accesses.clear();
        record.extra->regions.clear();
        record.extra->pieces = 1;
    }
    return *record.extra;
}

void Graph::set_accesses(Record& record, std::span<const detail::AccessSpec> specs) {
    record.access_count = static_cast<std::uint16_t>(specs.size());
    TaskAccess* accesses = record.inline_accesses;
    if (specs.size() > kInlineAccesses) {
        extra(record).accesses.resize(specs.size());
        accesses = record.extra->accesses.data();
    }
    for (const auto& spec : specs) {
        if (spec.box == nullptr) {
            *accesses++ = {spec.buffer, spec.mode};
            continue;
        }
        auto& regions = extra(record).regions;
        *accesses++ = {spec.buffer, spec.mode, regions.size()};
        regions.push_back(spec.buffer->region(*spec.box));
    }
}

Edge& Graph::edge_slot(Record& record, std::size_t index) {
    if (index < kInlineEdges) return record.edges[index];
    index -= kInlineEdges;
    auto& chunks = extra(record).edge_chunks;
    if (index / EdgeChunk::kEdges == chunks.size()) chunks.push_back(std::make_unique<EdgeChunk>());
    EdgeChunk& chunk = *chunks[index / EdgeChunk::kEdges];
    if (index % EdgeChunk::kEdges == 0) chunk.owner = &record;  // later its edges are in use already
    return chunk.edges[index % EdgeChunk::kEdges];
}

namespace {

// More than any task can have predecessors: keeps `pending` above zero while edges are still being added.
constexpr std::int32_t kLinking = 1 << 30;

}  // namespace

inline void Graph::add_edge(Record& record, Ref ref, std::size_t& edges) {
    Record* predecessor = record_of(ref);
    if (predecessor == nullptr || predecessor->self != ref || predecessor->mark == record.seq) return;
    if (predecessor == &record) return;  // the task itself, through another of its accesses
    predecessor->mark = record.seq;
    Edge* head = predecessor->successors.load(std::memory_order_acquire);
    if (head == kDone) return;
    Edge& edge = edge_slot(record, edges);
    do {
        if (head == kDone) return;
        edge.next = head;
    } while (!predecessor->successors.compare_exchange_weak(head, &edge, std::memory_order_release,
                                                            std::memory_order_acquire));
    ++edges;
}

bool Graph::link(Record& record) {
    record.pending.store(kLinking, std::memory_order_relaxed);
    std::size_t edges = 0;
    const TaskAccess* accesses = record.accesses();
    for (std::size_t i = 0; i < record.access_count; ++i) {
        const TaskAccess access = accesses[i];
        BufferCore& buffer = access.buffer();
        const Mode mode = access.mode();
        Tile* tiles = record.has(kPart) ? record.extra->tiles[i] : buffer.tiles();
        const auto visit = [&](std::int64_t index) {
            Tile& tile = tiles[index];
            Ref* readers = tile.readers();
            if (mode == Mode::read) {
                if (tile.writer == record.self) return;
                add_edge(record, tile.writer, edges);
                if (tile.reader_count == 0 || readers[tile.reader_count - 1] != record.self)
                    tile.add_reader(record.self);
                return;
            }
            // Readers since the last writer waited for it already.
            if (tile.reader_count == 0) add_edge(record, tile.writer, edges);
            for (std::uint32_t r = 0; r < tile.reader_count; ++r) add_edge(record, readers[r], edges);
            tile.reader_count = 0;
            tile.writer = record.self;
        };
        if (buffer.tile_count == 1 && access.whole())
            visit(0);
        else
            buffer.for_each_tile(record.region(access), [&](std::int64_t index, const Shape&) { visit(index); });
    }
    if (edges == 0) {
        record.pending.store(0, std::memory_order_relaxed);
        return true;
    }
    const std::int32_t found = static_cast<std::int32_t>(edges);
    return record.pending.fetch_sub(kLinking - found, std::memory_order_acq_rel) == kLinking - found;
}

bool precedes(std::span<const std::uint64_t> first, std::span<const std::uint64_t> second) {
    const auto [a, b] = std::mismatch(first.begin(), first.end(), second.begin(), second.end());
    return a != first.end() && b != second.end() && *a < *b;
}

bool is_part(std::span<const std::uint64_t> first, std::span<const std::uint64_t> second) {
    return first.size() > second.size() && std::equal(second.begin(), second.end(), first.begin());
}

bool Graph::idle(BufferCore& buffer, Mode mode) {
    const auto busy = [](Ref ref) {
        const Record* record = record_of(ref);
        return record != nullptr && record->self == ref && !is_done(*record);
    };
    Tile* tiles = buffer.tiles();
    for (std::int64_t i = 0; i < buffer.tile_count; ++i) {
        if (busy(tiles[i].writer)) return false;
        if (mode == Mode::read) continue;
        const Ref* readers = tiles[i].readers();
        if (std::any_of(readers, readers + tiles[i].reader_count, busy)) return false;
    }
    return true;
}

void Graph::give_back(Record* first, Record* last, std::size_t count) {
    Record* head = returned_.load(std::memory_order_relaxed);
    do last->next = head;
    while (!returned_.compare_exchange_weak(head, first, std::memory_order_release, std::memory_order_relaxed));
    const std::uint64_t total = returned_total_.fetch_add(count) + count;
    if (total < wake_at_.load()) return;
    const std::lock_guard lock(mutex);
    wake_at_.store(kNobody);
    room_.notify_all();
}

void Graph::give_back_bytes(std::int64_t bytes) {
    bytes_.fetch_sub(bytes);
    if (byte_waiters_.load() == 0) return;
    const std::lock_guard lock(mutex);
    room_.notify_all();
}

// Woken by the give_back() that brings returned_total_ to the target: it adds before it looks at wake_at_, and this
// sets wake_at_ before it looks at the total.
void Graph::wait_returned(std::unique_lock<std::mutex>& lock, std::uint64_t target) {
    for (;;) {
        wake_at_.store(std::min(wake_at_.load(), target));
        if (returned_total_.load() >= target) return;
        room_.wait(lock);
    }
}

// Woken by every give_back_bytes() while byte_waiters_ is set. A task that alone is over the cap waits until nothing
// else is in flight.
void Graph::wait_bytes(std::unique_lock<std::mutex>& lock, std::int64_t bytes) {
    byte_waiters_.fetch_add(1);
    room_.wait(lock, [&] {
        const std::int64_t used = bytes_.load();
        return used == 0 || used + bytes <= max_bytes_;
    });
    byte_waiters_.fetch_sub(1);
}

// Bodies may submit more meanwhile, so the target is looked at again.
void Graph::wait_idle() {
    std::unique_lock lock(mutex);
    do wait_returned(lock, next_seq_ - 1);
    while (returned_total_.load() != next_seq_ - 1);
}

}  // namespace heddle::graph
