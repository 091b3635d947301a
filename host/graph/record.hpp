#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heddle/shape.hpp"
#include "heddle/task.hpp"

namespace heddle::schedule {
class ScopeCore;
}

namespace heddle::graph {

class BufferCore;
struct Record;
struct Tile;

// One dependency: an entry of the list of the task that is waited for. It lies in the task that waits, or in a chunk
// that names it, so its address tells whose it is.
struct Edge {
    Edge* next;
};

// A record's address and the low bits of its task's number: equal to Record::self while the record is that task.
// A number that comes round again after 2^22 reuses only costs a needless edge to an older task.
using Ref = std::uint64_t;
inline constexpr int kRefAddressBits = 42;  // user addresses have 48 bits, records are 64-byte aligned

inline Record* record_of(Ref ref) { return reinterpret_cast<Record*>((ref & ((Ref{1} << kRefAddressBits) - 1)) << 6); }
inline Ref make_ref(const Record* record, std::uint64_t seq) {
    return (reinterpret_cast<std::uintptr_t>(record) >> 6) | (seq << kRefAddressBits);
}

// A buffer, its mode and, unless all of it is meant, a region of Extra::regions, in one word: buffers are 64-byte
// aligned and addresses have 48 bits.
class TaskAccess {
public:
    static constexpr std::size_t kMostRegions = 0xFFFF;

    TaskAccess() = default;
    TaskAccess(BufferCore* buffer, Mode mode)
        : bits_(reinterpret_cast<std::uintptr_t>(buffer) | static_cast<std::uintptr_t>(mode)) {}
    TaskAccess(BufferCore* buffer, Mode mode, std::size_t region) : TaskAccess(buffer, mode) {
        bits_ |= (region + 1) << 48;
    }
    BufferCore& buffer() const { return *reinterpret_cast<BufferCore*>(bits_ & 0xFFFF'FFFF'FFC0); }
    Mode mode() const { return static_cast<Mode>(bits_ & 3); }
    bool whole() const { return bits_ >> 48 == 0; }
    std::size_t region() const { return (bits_ >> 48) - 1; }

private:
    std::uintptr_t bits_ = 0;
};

// A box of a buffer, the tiles that it touches, and how its elements lie.
struct Region {
    Box box, tiles;
    detail::Layout layout;
    std::int64_t offset = 0;  // elements from the buffer's start
};

inline constexpr std::size_t kInlineBody = 48;
inline constexpr std::size_t kInlineAccesses = 6, kInlineEdges = 6;  // bench_tasks: the patterns' five inputs fit

// Edges beyond those in the record. They lie behind the offsets that edges have in a record, see owner_of().
struct alignas(256) EdgeChunk {
    static constexpr std::size_t kEdges = 26;
    Record* owner;
    alignas(16) std::byte unused[32];
    Edge edges[kEdges];
};
static_assert(sizeof(EdgeChunk) == 256 && offsetof(EdgeChunk, edges) == kInlineEdges * sizeof(Edge));

// What few tasks need; pooled with its capacity.
struct Extra {
    std::vector<std::unique_ptr<EdgeChunk>> edge_chunks;
    std::vector<TaskAccess> accesses;
    std::vector<Region> regions;
    std::string name;

    // Parts of a body: the tiles that their hazards are kept in, by access, and the numbers of the tasks that they are
    // part of, outermost first, then their own.
    std::vector<Tile*> tiles;
    std::vector<std::uint64_t> path;

    // Tasks of several pieces.
    std::int64_t pieces = 1;
    std::atomic<std::int64_t> next_piece{0};
    std::atomic<std::int32_t> tickets{0};  // threads that still hold the task
    bool opened = false;
    double began = 0;  // when it was opened, on engines that measure
    std::atomic<bool> failed{false};
    std::exception_ptr error;
    std::int64_t error_piece = 0;

    // Guarded copies that the body works on, in checking mode.
    std::vector<detail::Operand> operands;
    std::vector<std::unique_ptr<std::byte[]>> guarded;
    std::vector<detail::Layout> layouts;
};

enum Flag : std::uint8_t {
    kWide = 1,       // several pieces
    kHeapBody = 2,   // the body is behind a pointer
    kAlways = 4,     // runs whatever became of its inputs and its scope
    kInline = 8,     // runs on the thread that finds it ready
    kPart = 16,      // submitted by a body to a scope of its own
    kDetached = 32,  // resumes a coroutine: no part of the order of submission
    kPinHost = 64,   // runs on the CPU
    kPinDevice = 128,
};

// A task. Memory of records is never given back while the engine lives, and records are reused only under the graph's
// mutex, so a stale Ref is always safe to look at there. A cache line each for the tasks that it waits for, for those
// that wait for it, and two to run it.
struct alignas(256) Record {
    Edge edges[kInlineEdges];
    std::atomic<std::int32_t> pending{0};  // tasks that this one still waits for
    std::uint16_t access_count = 0;
    Lane lane = Lane::cpu;
    std::uint8_t flags = 0;
    Record* next = nullptr;  // in a queue, or among the free

    alignas(64) std::atomic<Edge*> successors{nullptr};  // kDone once complete
    Ref self = 0;                                        // graph mutex
    std::uint64_t seq = 0;                               // place in the order of submission
    std::uint64_t mark = 0;                              // the last task that got an edge from this one; graph mutex
    const detail::BodyOps* ops = nullptr;
    schedule::ScopeCore* scope = nullptr;
    Extra* extra = nullptr;
    std::int64_t bytes = 0;

    alignas(64) std::byte body[kInlineBody];
    TaskAccess inline_accesses[kInlineAccesses];
    const char* name = "";
    const char* file = "";
    std::uint32_t name_size = 0, line = 0;
    double flops = 0;

    bool has(Flag flag) const { return (flags & flag) != 0; }
    std::string_view name_view() const { return {name, name_size}; }
    const TaskAccess* accesses() const {
        return access_count <= kInlineAccesses ? inline_accesses : extra->accesses.data();
    }
    void* body_address() { return has(kHeapBody) ? *reinterpret_cast<void**>(body) : body; }
    const Region* region(const TaskAccess& access) const {
        return access.whole() ? nullptr : &extra->regions[access.region()];
    }
    std::span<const std::uint64_t> path() const {
        return has(kPart) ? std::span<const std::uint64_t>(extra->path) : std::span(&seq, 1);
    }
};
static_assert(sizeof(Record) == 256 && offsetof(Record, edges) == 0);

// The task that waits through this edge.
inline Record* owner_of(Edge* edge) {
    const auto address = reinterpret_cast<std::uintptr_t>(edge);
    const auto block = address & ~std::uintptr_t{255};
    return address - block < sizeof(Record::edges) ? reinterpret_cast<Record*>(block)
                                                   : reinterpret_cast<EdgeChunk*>(block)->owner;
}

// Whether the first task of these paths ends before the second starts when everything runs in order of submission.
bool precedes(std::span<const std::uint64_t> first, std::span<const std::uint64_t> second);
// Whether the first is part of the second.
bool is_part(std::span<const std::uint64_t> first, std::span<const std::uint64_t> second);

// Marks the successor list of a task that is done: no edge can be added any more.
inline Edge* const kDone = reinterpret_cast<Edge*>(std::uintptr_t{1});

inline bool is_done(const Record& record) { return record.successors.load(std::memory_order_acquire) == kDone; }

// The list holds the latest task first.
inline Edge* earliest_first(Edge* edge) {
    Edge* reversed = nullptr;
    while (edge != nullptr) {
        Edge* next = edge->next;
        if (next != nullptr) __builtin_prefetch(next, 1);
        edge->next = reversed;
        reversed = edge;
        edge = next;
    }
    return reversed;
}

// Closes the task and hands every task that only waited for it to `ready`, in the order of submission: a body that
// waits may run what comes before its own task, so the other order would let each that comes up run above the one
// before.
template <class Ready>
void release_successors(Record& record, Ready&& ready) {
    Edge* edge = earliest_first(record.successors.exchange(kDone, std::memory_order_acq_rel));
    while (edge != nullptr) {
        Record* owner = owner_of(edge);
        Edge* next = edge->next;  // the owner may run and be reused as soon as it is counted down
        if (next != nullptr) __builtin_prefetch(next, 1);
        if (owner->pending.fetch_sub(1, std::memory_order_acq_rel) == 1) ready(owner);
        edge = next;
    }
}

}  // namespace heddle::graph
