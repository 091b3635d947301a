#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "host/memory/replica.hpp"
#include "host/memory/streams.hpp"

namespace heddle::memory {

// What a task did with a tile: the version that it read and the one that it made; 0: neither.
struct TileUse {
    graph::BufferCore* buffer = nullptr;
    std::int64_t tile = 0;
    Shape index;
    std::uint64_t read = 0, written = 0;
    TileReplicas* where = nullptr;  // of that tile
};

// A task that ran, or runs, on a device.
struct JournalEntry {
    virtual ~JournalEntry() = default;
    std::vector<TileUse> uses;
    bool in_flight = true;
    bool over = false;   // it cannot run again
    bool needed = true;  // as prune() found last
};

// The tasks without which values that lie on devices alone could not be made again, in the order in which they were
// put into streams. Each reads versions of tiles that the host still has, or that an earlier entry makes: host bytes
// that an entry needs are put aside before they change. Not thread-safe.
class Journal {
public:
    explicit Journal(const Streams& streams) : streams_(streams) {}

    void add(std::unique_ptr<JournalEntry> entry);
    // Drops what is not needed any more, and what of the host was put aside for it.
    void prune();
    // Drops the entries that are not in flight and that match().
    template <class Match>
    void drop_if(Match&& match) {
        for (auto& entry : entries_) entry->over = entry->over || (!entry->in_flight && match(*entry));
        prune();
    }
    // While a plan is carried out, prune() does nothing.
    void hold(bool held) { held_ = held; }
    // What was dropped, to be destroyed without locks: it holds what users put into their tasks.
    void take_dropped(std::vector<std::unique_ptr<JournalEntry>>& to) {
        for (auto& entry : dropped_) to.push_back(std::move(entry));
        dropped_.clear();
    }
    // Whether an entry uses the buffer.
    bool mentions(const graph::BufferCore& buffer) const;

    // The entries that must run again, in order: those of `again`, and what the lost tiles and their own inputs are
    // made by. `missing`: what they read that is on another device only, or nowhere.
    using Tiles = std::vector<std::pair<graph::BufferCore*, std::int64_t>>;
    std::vector<JournalEntry*> plan(const Tiles& lost, const std::vector<JournalEntry*>& again,
                                    std::vector<TileUse>& missing);

    // The tile's host bytes are about to change: puts them aside if entries need them.
    void before_host_changes(graph::BufferCore& buffer, std::int64_t tile, const Shape& index);
    // Whether all results of the needed entries that read the tile's host bytes are on their way to the host; then
    // `points` gets when they arrive.
    bool arriving(const TileReplicas& where, Points& points) const;
    // The tiles whose latest values an entry made and the host does not have, each once.
    std::vector<TileUse> results() const;
    std::size_t size() const { return entries_.size(); }
    // Grown enough since the last time that prune() pays.
    bool is_long() const { return entries_.size() > 2 * pruned_to_ + 64; }

    // Whether the host's bytes are of that version.
    bool on_host(const TileReplicas& where, std::uint64_t version) const;

private:
    void drop();

    const Streams& streams_;
    std::deque<std::unique_ptr<JournalEntry>> entries_;
    std::vector<std::unique_ptr<JournalEntry>> dropped_;
    std::size_t pruned_to_ = 0;
    bool held_ = false;
};

// The tile's bytes of one version, dense; null when nothing was put aside.
const std::byte* saved_bytes(const TileReplicas& where, std::uint64_t version);

}  // namespace heddle::memory
