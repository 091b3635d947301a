#include "host/memory/journal.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "host/memory/tiles.hpp"

namespace heddle::memory {

namespace {

using Wanted = std::set<std::pair<const TileReplicas*, std::uint64_t>>;

SavedTile* find_saved(TileReplicas& where, std::uint64_t version) {
    for (SavedTile& saved : where.saved)
        if (saved.version == version) return &saved;
    return nullptr;
}

}  // namespace

const std::byte* saved_bytes(const TileReplicas& where, std::uint64_t version) {
    for (const SavedTile& saved : where.saved)
        if (saved.version == version) return saved.bytes.get();
    return nullptr;
}

void Journal::add(std::unique_ptr<JournalEntry> entry) {
    for (const TileUse& use : entry->uses)
        if (use.read != 0 && use.read == use.where->host_version) ++use.where->host_readers;
    entries_.push_back(std::move(entry));
}

// Also while values that will replace these are under way to staging memory.
bool Journal::on_host(const TileReplicas& where, std::uint64_t version) const {
    return where.host_version == version && (where.draining || streams_.reached(where.host_written));
}

// Backwards: a version's readers are put into streams behind its maker, and before the maker of the next.
void Journal::prune() {
    if (held_) return;
    for (const auto& entry : entries_)
        for (const TileUse& use : entry->uses) {
            TileReplicas& where = *use.where;
            where.host_readers = 0;
            where.wanted.clear();
            for (SavedTile& saved : where.saved) saved.readers = 0;
        }
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        JournalEntry& e = **entry;
        e.needed = e.in_flight || std::any_of(e.uses.begin(), e.uses.end(), [&](const TileUse& use) {
                       if (use.written == 0 || e.over) return false;
                       const TileReplicas& where = *use.where;
                       // Those that were made later are in front of it.
                       const auto at = std::find_if(where.wanted.rbegin(), where.wanted.rend(),
                                                    [&](std::uint64_t version) { return version >= use.written; });
                       if (at != where.wanted.rend() && *at == use.written) return true;
                       return use.written == where.version && !on_host(where, use.written) &&
                              !replicas_of(*use.buffer)->released;
                   });
        if (!e.needed) continue;
        for (const TileUse& use : e.uses) {
            if (use.read == 0) continue;
            TileReplicas& where = *use.where;
            if (on_host(where, use.read))
                ++where.host_readers;
            else if (SavedTile* saved = find_saved(where, use.read))
                ++saved->readers;
            else if (where.wanted.empty() || where.wanted.back() != use.read)
                where.wanted.push_back(use.read);
        }
    }
    for (const auto& entry : entries_)
        for (const TileUse& use : entry->uses)
            if (!use.where->saved.empty())
                std::erase_if(use.where->saved, [](const SavedTile& saved) { return saved.readers == 0; });
    drop();
}

void Journal::drop() {
    for (auto& entry : entries_)
        if (!entry->needed) dropped_.push_back(std::move(entry));
    std::erase(entries_, nullptr);
    pruned_to_ = entries_.size();
}

bool Journal::mentions(const graph::BufferCore& buffer) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
        return std::any_of(entry->uses.begin(), entry->uses.end(),
                           [&](const TileUse& use) { return use.buffer == &buffer; });
    });
}

void Journal::before_host_changes(graph::BufferCore& buffer, std::int64_t tile, const Shape& index) {
    TileReplicas& where = replicas_of(buffer)->at(tile);
    if (where.host_readers == 0 || !on_host(where, where.host_version)) return;
    SavedTile& saved = where.saved.emplace_back();
    saved.version = where.host_version;
    saved.readers = std::exchange(where.host_readers, 0);
    saved.bytes = std::make_unique<std::byte[]>(tile_bytes(buffer, index));
    copy_from_host(buffer, index, saved.bytes.get());
}

std::vector<TileUse> Journal::results() const {
    std::vector<TileUse> results;
    for (const auto& entry : entries_)
        for (const TileUse& use : entry->uses) {
            const TileReplicas& where = *use.where;
            if (use.written != 0 && use.written == where.version && !where.host_valid &&
                !replicas_of(*use.buffer)->released)
                results.push_back(use);
        }
    return results;
}

bool Journal::arriving(const TileReplicas& where, Points& points) const {
    Points found;
    for (const auto& entry : entries_) {
        const bool reads = std::any_of(entry->uses.begin(), entry->uses.end(), [&](const TileUse& use) {
            return use.where == &where && use.read == where.host_version;
        });
        if (!reads) continue;
        for (const TileUse& use : entry->uses) {
            const TileReplicas& result = *use.where;
            if (use.written == 0) continue;
            if (use.written != result.version || !result.host_valid) return false;
            if (!streams_.reached(result.host_written)) found.add(result.host_written);
        }
    }
    points.add(found);
    return !found.empty();
}

std::vector<JournalEntry*> Journal::plan(const Tiles& lost, const std::vector<JournalEntry*>& again,
                                         std::vector<TileUse>& missing) {
    Wanted wanted;
    std::vector<TileUse> reads;
    for (const auto& [buffer, tile] : lost)
        wanted.insert({&replicas_of(*buffer)->at(tile), replicas_of(*buffer)->at(tile).version});
    std::vector<JournalEntry*> needed;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        JournalEntry& e = **entry;
        bool runs = std::find(again.begin(), again.end(), &e) != again.end();
        // What is in flight on another device is not lost, and its values need not be made.
        for (const TileUse& use : e.uses)
            runs = runs || (use.written != 0 && wanted.count({use.where, use.written}) != 0);
        if (!runs) continue;
        needed.push_back(&e);
        for (const TileUse& use : e.uses) {
            if (use.written != 0) wanted.erase({use.where, use.written});
            if (use.read == 0 || on_host(*use.where, use.read) || find_saved(*use.where, use.read) != nullptr) continue;
            // Another device may have it, but only the latest.
            bool elsewhere = false;
            for (Block* block : use.where->blocks)
                elsewhere = elsewhere || (use.read == use.where->version && block->copy(use.index).valid);
            if (elsewhere) {
                missing.push_back(use);
            } else {
                wanted.insert({use.where, use.read});
                reads.push_back(use);
            }
        }
    }
    for (const TileUse& use : reads)
        if (wanted.count({use.where, use.read}) != 0) missing.push_back(use);
    std::reverse(needed.begin(), needed.end());
    return needed;
}

}  // namespace heddle::memory
