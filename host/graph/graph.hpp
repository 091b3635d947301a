#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "heddle/access.hpp"
#include "host/graph/buffer_core.hpp"
#include "host/graph/record.hpp"

namespace heddle::graph {

enum class AtCap : std::uint8_t { wait, exceed };

// The tasks in flight and the analysis of their accesses. Submission takes `mutex`; completion does not.
class Graph {
public:
    // max_bytes 0: no limit.
    Graph(std::size_t max_tasks, std::size_t max_bytes)
        : least_(max_tasks - 1), most_(max_tasks + max_tasks / 16), max_bytes_(static_cast<std::int64_t>(max_bytes)) {}
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    std::mutex mutex;

    // Those who complete tasks hold up to so many records back before give_back(). Before the first task.
    void set_held_back(std::size_t records) { least_ += records, most_ += records; }

    // A record with a fresh number, in no list. With AtCap::wait blocks at the caps, never with fewer than max_tasks
    // tasks unfinished; give_back() by the threads that complete tasks wakes it.
    Record& allocate(std::unique_lock<std::mutex>& lock, AtCap at_cap, std::int64_t bytes);
    // Fills the record's accesses. Boxes must have been checked.
    void set_accesses(Record& record, std::span<const detail::AccessSpec> specs);
    Extra& extra(Record& record);
    // The number that the next record gets. `mutex` is held.
    std::uint64_t next_seq() const { return next_seq_; }
    // Adds the record to the tiles that it accesses (of a part, to Extra::tiles); true when it has nothing to wait for.
    // `mutex` is held.
    bool link(Record& record);
    // Whether no task in flight writes (uses) the buffer. `mutex` is held.
    static bool idle(BufferCore& buffer, Mode mode);

    // Takes back a chain of `count` completed records, linked by `next`. Any thread.
    void give_back(Record* first, Record* last, std::size_t count);
    void give_back_bytes(std::int64_t bytes);
    // Blocks until no task is in flight; give_back() wakes it.
    void wait_idle();

private:
    Record* take_free(std::unique_lock<std::mutex>& lock, AtCap at_cap);
    Record* make_record();
    std::uint64_t records_out() const { return next_seq_ - 1 - returned_total_.load(); }
    void wait_returned(std::unique_lock<std::mutex>& lock, std::uint64_t target);
    void wait_bytes(std::unique_lock<std::mutex>& lock, std::int64_t bytes);
    void add_edge(Record& record, Ref predecessor, std::size_t& edges);
    Edge& edge_slot(Record& record, std::size_t index);

    static constexpr std::uint64_t kNobody = ~std::uint64_t{0};

    // Records out: at most_ a submitter waits until they are least_. The span between keeps it from sleeping and waking
    // for each task; that it lies above the cap, and what is held back too, keeps a body that waits for a submitter
    // with fewer tasks than the cap from waiting forever.
    std::size_t least_, most_;
    const std::int64_t max_bytes_;
    std::uint64_t next_seq_ = 1;  // tasks 1 to next_seq_ - 1 were handed out
    Record* free_ = nullptr;
    std::vector<std::unique_ptr<Record[]>> slabs_;
    Record* unused_ = nullptr;  // the rest of the last slab
    std::size_t unused_count_ = 0, made_ = 0;
    std::vector<std::unique_ptr<Extra>> extras_;
    std::vector<Extra*> free_extras_;
    std::condition_variable room_;

    alignas(64) std::atomic<Record*> returned_{nullptr};
    std::atomic<std::uint64_t> returned_total_{0};
    std::atomic<std::uint64_t> wake_at_{kNobody};  // the returned_total_ that wakes the waiters
    alignas(64) std::atomic<std::int64_t> bytes_{0};
    std::atomic<int> byte_waiters_{0};
};

}  // namespace heddle::graph
