#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/graph/record.hpp"
#include "host/memory/device_memory.hpp"
#include "host/memory/foresight.hpp"
#include "host/memory/host_memory.hpp"
#include "host/memory/journal.hpp"
#include "host/memory/replica.hpp"
#include "host/memory/staging.hpp"
#include "host/memory/streams.hpp"
#include "host/memory/tiles.hpp"

namespace heddle::memory {

// Tiles that were copied, and bytes.
struct CopyCounts {
    std::uint64_t to_device = 0, to_host = 0, on_device = 0, peer = 0;
    std::uint64_t bytes_to_device = 0, bytes_to_host = 0;
    std::uint64_t evicted = 0;  // blocks
};

// Where the values of each tile are, and the copies that bring them where a task needs them: a write makes all other
// copies invalid, and only what is missing is copied (MSI, with points of streams in place of waiting). The graph's
// order means that nobody uses a task's tiles meanwhile in a way that conflicts. Not thread-safe.
class Coherence {
public:
    // limit: bytes that blocks may take on each device; 0: nine tenths of it.
    Coherence(Streams& streams, HostMemory& host, std::size_t limit);
    ~Coherence();

    using Blocks = std::vector<Block*>;  // of a task on a device, one per access; null: the access is empty
    enum class Fit : std::uint8_t { yes, later, held, never };

    // The buffer's values, of which there were none so far, are in memory of the user's on that device once `from` is
    // reached: its tasks there use that memory.
    void adopt(graph::BufferCore& buffer, int device, std::byte* data, Point from);

    // Finds or makes the task's blocks, evicting others for them, once `first` is reached. `later`: when `busy` is
    // reached; `held`: when another task has let go of its blocks; `never`: the device is too small for the task alone.
    Fit reserve(int device, const graph::Record& record, Point first, Blocks& blocks, Points& busy);
    // Has `stream` wait for what the task must not run before, and brings the values that it reads. False: to be called
    // again when `busy` is reached.
    bool bring(int device, device::Stream stream, const graph::Record& record, const Blocks& blocks, Points& busy);
    // The task waits for values on their way into its blocks, which stay until it lets go of them. Gives the device on
    // which it held some, or -1.
    void hold(int device, const graph::Record& record, const Blocks& blocks, const Points& until);
    int let_go(const graph::Record& record);
    // The task, of which `end` is the end, is in its stream. `uses`: the versions of tiles that it reads and makes.
    void used(const graph::Record& record, const Blocks& blocks, Point end, std::vector<TileUse>& uses);
    // Brings the values that the task reads to the host. True: they are there, and nothing uses what it changes; then
    // what it changes is noted, and it must run. False: to be called again when `needs` is reached.
    bool bring_to_host(const graph::Record& record, Points& needs);

    // Bytes that would have to be copied for the task to run on the device; -1: on the host.
    double missing_bytes(int device, const graph::Record& record) const;
    // The stream whose last work the task waits for anyway, or -1.
    device::Stream follows(int device, const graph::Record& record) const;

    // Begins to bring the tile's values to the host where they are not; false: nobody has them.
    bool bring_tile(graph::BufferCore& buffer, std::int64_t tile, const Shape& index, Points& needs);

    // The buffer ends: its device memory goes. Its host memory may go when `needs` is reached; false: only when the
    // journal does not mention it any more.
    bool release(graph::BufferCore& buffer, Points& needs);
    // The mark of kToHost is reached. Gives what arrived in staging memory and must be copied to its buffers, which
    // needs no lock; afterwards drained() is told.
    std::vector<Drain> arrived(int device, device::Mark mark);
    void drained(const std::vector<Drain>& drains);
    // The fills of staging memory that begin now: copies from host memory, which need no lock; afterwards filled() is
    // told. See Fills::begin().
    std::vector<Fill*> begin_fills(const std::function<bool(int device)>& leaving,
                                   const std::function<void(Fill& fill)>& refused, Points& busy) {
        return fills_.begin(leaving, refused, busy);
    }
    enum class Filled : std::uint8_t { wanted, unwanted };
    // Puts the copy from a slot that is full into its stream, if it is wanted; what is thrown there is thrown by
    // bring() where a task waits for it. Gives what Fills::end() gives.
    Point filled(Fill& fill, Filled state);
    // The device's blocks are gone. Gives the tiles whose only values were there.
    Journal::Tiles forget(int device);
    // Memory of the device for what is no buffer's, within the limit, evicting blocks for it; null: to be called again
    // when `busy` is reached, or never where that is empty.
    DeviceMemory::Piece borrow(int device, std::size_t bytes, Points& busy);
    void give_back(int device, std::byte* data, std::size_t bytes, const Points& uses) {
        memory_[static_cast<std::size_t>(device)]->give_back(data, bytes, uses);
    }
    // The host has the tile's current values again.
    void restored(graph::BufferCore& buffer, std::int64_t tile);

    // Is told of the tasks that will use tiles on devices.
    Foresight& foresight() { return foresight_; }
    Journal& journal() { return journal_; }
    const Journal& journal() const { return journal_; }
    // Begins to bring to the host what the journal is kept for, so that it gets short again.
    void checkpoint();
    const CopyCounts& counts() const { return counts_; }
    const DeviceMemory& memory(int device) const { return *memory_[static_cast<std::size_t>(device)]; }

private:
    void add_unreached(const Points& points, Points& needs) const;
    Block* find(graph::BufferCore& buffer, int device, const Box& tiles) const;
    Block* make(graph::BufferCore& buffer, int device, const Box& tiles, DeviceMemory::Piece piece);
    bool let_go_of_ripe(int device, Points& busy);
    bool make_room(int device, std::size_t bytes, Point first, Points& busy);
    Block* find_victim(int device) const;
    void drop(Block& block);
    bool evict(Block& block, Points& busy);
    bool fetch(Block& block, TileCopy& copy, const Shape& index, std::int64_t tile, device::Stream stream,
               Points& busy);
    void wait_to_change(int device, device::Stream stream, const Block& block, const TileCopy& copy);
    bool settled(TileCopy& copy, Points& busy) const;
    bool comes_from_host(const Block& block, TileReplicas& where, const Shape& index, bool& arriving) const;
    bool stage(const graph::Record& record, const Blocks& blocks, Points& busy);
    void send(const Fill& fill);
    void count_to_device(const Block& block, const Shape& index, int copies);
    bool fetch_from_host(Block& block, TileCopy& copy, const Shape& index, TileReplicas& tile, Points& busy);
    bool fetch_to_host(Block& block, std::int64_t tile, const Shape& index, Points& busy);
    bool host_may_change(graph::BufferCore& buffer, std::int64_t tile, Points& needs);

    Streams& streams_;
    HostMemory& host_;
    std::vector<std::unique_ptr<DeviceMemory>> memory_;
    std::vector<std::vector<std::unique_ptr<Block>>> blocks_;  // by device
    std::vector<std::deque<Drain>> drains_;                    // by device, in the order of their points
    struct Fetch {
        Point end;
        graph::BufferCore* buffer;
        std::int64_t tile;
        Shape index;
    };
    std::vector<std::deque<Fetch>> on_way_;  // to the host; likewise
    Fills fills_;
    Staging staging_;  // of what comes back
    struct Hold {
        int device;
        Blocks blocks;
        Points until;
    };
    std::unordered_map<const graph::Record*, Hold> holds_;
    bool returns_ = false;  // the task that let_go() was called for last held blocks
    Journal journal_;
    struct Use {  // the last task that reserved blocks there
        std::uint64_t number = 0, seq = 0;
    };
    std::vector<Use> uses_;  // by device
    Foresight foresight_;
    CopyCounts counts_;
};

}  // namespace heddle::memory
