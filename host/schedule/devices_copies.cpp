// Copies between host memory that is not page-locked and staging memory: pieces of the CPU lane do them without the
// devices' mutex.

#include <algorithm>
#include <utility>

#include "host/memory/tiles.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"

namespace heddle::schedule {

using memory::Points;

void Devices::HostCopy::prepare(Devices& owner, int of, const graph::BufferCore& tiles, const Shape& tile,
                                std::byte* memory) {
    devices = &owner;
    device = of;
    buffer = &tiles;
    index = tile;
    slot = memory;
    constexpr std::size_t kPiece = std::size_t{1} << 20;  // long beside the handing out of a piece
    const std::size_t bytes = memory::tile_bytes(tiles, tile);
    const std::size_t count = std::max<std::size_t>((bytes + kPiece - 1) / kPiece, 1);
    set_pieces(static_cast<std::int64_t>(count), 2 * static_cast<double>(bytes) / static_cast<double>(count));
}

void Devices::HostCopy::run(std::int64_t piece) noexcept {
    if (fill != nullptr)
        memory::copy_from_host(*buffer, index, slot, {piece, pieces()});
    else
        memory::copy_to_host(*buffer, index, slot, {piece, pieces()});
}

// A loss of the device waits for it: it would have what is copied made again, and its buffers go.
Devices::HostCopy& Devices::begin_copy(int device, Work& work) {
    if (free_host_copies_.empty()) free_host_copies_.push_back(&host_copies_.emplace_back());
    HostCopy& copy = *free_host_copies_.back();
    free_host_copies_.pop_back();
    copy.here = no_lane_;
    ++copying_[static_cast<std::size_t>(device)];
    work.copies.push_back(&copy);
    return copy;
}

// Those that find no slot are woken by the points of the slots that are in use: the ends of other copies.
void Devices::begin_fills(Work& work) {
    Points busy;
    const auto leaving = [this](int device) { return late_loss_[static_cast<std::size_t>(device)] != nullptr; };
    const auto refused = [&](memory::Fill& fill) {
        if (const auto point = coherence_.filled(fill, memory::Coherence::Filled::unwanted))
            land(point.device, point.stream, point.mark, work);
    };
    for (memory::Fill* fill : coherence_.begin_fills(leaving, refused, busy)) {
        const memory::Block& block = *fill->block;
        HostCopy& copy = begin_copy(block.device, work);
        copy.fill = fill;
        copy.prepare(*this, block.device, *block.buffer, fill->index, fill->slot);
    }
    if (busy.empty() || std::exchange(slots_awaited_, true)) return;
    Waiter& waiter = take_waiter();
    waiter.slots = true;
    wait_for(waiter, busy);
}

// The mark of kToHost counts as reached when all that came up to it has been copied to where it belongs.
void Devices::begin_drains(int device, device::Mark mark, Work& work) {
    auto& landings = landings_[static_cast<std::size_t>(device)];
    auto drains = coherence_.arrived(device, mark);
    if (drains.empty() && landings.empty()) return land(device, device::kToHost, mark, work);
    Landing& landing = landings.emplace_back(Landing{mark, drains.size(), std::move(drains)});
    for (const memory::Drain& drain : landing.drains) {
        HostCopy& copy = begin_copy(device, work);
        copy.fill = nullptr;
        copy.landing = &landing;
        copy.prepare(*this, device, *drain.buffer, drain.index, drain.from);
    }
}

void Devices::land_drained(int device, Work& work) {
    auto& landings = landings_[static_cast<std::size_t>(device)];
    while (!landings.empty() && landings.front().left == 0) {
        const Landing landing = std::move(landings.front());
        landings.pop_front();
        coherence_.drained(landing.drains);
        land(device, device::kToHost, landing.mark, work);
    }
}

// The last piece calls it.
void Devices::copied(HostCopy& copy) {
    if (!enter()) return;
    Work work;
    {
        const std::lock_guard lock(mutex_);
        const int device = copy.device;
        const auto at = static_cast<std::size_t>(device);
        if (copy.fill != nullptr) {
            using Filled = memory::Coherence::Filled;
            const auto state = late_loss_[at] != nullptr ? Filled::unwanted : Filled::wanted;
            if (const auto point = coherence_.filled(*copy.fill, state)) land(device, point.stream, point.mark, work);
        } else {
            --copy.landing->left;
            land_drained(device, work);
        }
        free_host_copies_.push_back(&copy);
        if (--copying_[at] == 0 && late_loss_[at] != nullptr)
            lose(device, std::exchange(late_loss_[at], nullptr), work);
        tidy(work);
    }
    proceed(work);
    leave();
}

}  // namespace heddle::schedule
