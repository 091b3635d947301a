// A placed task becomes work in a stream.

#include "host/schedule/devices.hpp"

#include <utility>

#include "heddle/error.hpp"
#include "host/memory/tiles.hpp"
#include "host/schedule/engine_core.hpp"

namespace heddle::schedule {

using graph::Record;

void Devices::set_operands(Flight& flight) {
    Record& record = *flight.record;
    flight.worker = engine_.threads() + 1;
    for (int device = 0; device < flight.device; ++device) flight.worker += streams_.description(device).streams();
    flight.worker += flight.stream;
    flight.layouts.resize(record.access_count);
    flight.operands.resize(record.access_count);
    flight.bytes = 0;
    for (std::size_t i = 0; i < record.access_count; ++i) {
        const auto& access = record.accesses()[i];
        const auto* region = record.region(access);
        const auto& whole = access.buffer().layout;
        const memory::Block* block = flight.blocks[i];
        detail::Layout& layout = flight.layouts[i];
        layout = region == nullptr ? whole : region->layout;
        flight.operands[i] = {nullptr, &layout};
        if (block == nullptr) continue;
        layout.strides = block->strides;
        layout.dense = true;
        std::int64_t dense = 1;
        for (int a = layout.shape.rank() - 1; a >= 0; --a) {
            if (layout.shape[a] > 1 && layout.strides[a] != dense) layout.dense = false;
            dense *= layout.shape[a];
        }
        const auto width = static_cast<std::int64_t>(size_of(access.buffer().dtype));
        const Shape lo = region == nullptr ? Shape::filled(layout.shape.rank(), 0) : region->box.lo;
        flight.operands[i].data = block->data + block->offset_of(lo) * width;
        flight.bytes += static_cast<double>(layout.count * width) * (access.mode() == Mode::update ? 2 : 1);
    }
}

bool Devices::is_prepared(const Flight& flight) const {
    const detail::GpuOps* gpu = flight.record->ops->gpu;
    if (!gpu_bodies_ || gpu->prepared == nullptr) return true;
    return gpu->prepared(flight.record->body_address(), streams_.description(flight.device).architecture,
                         flight.operands.data());
}

void Devices::launch(Flight& flight, Work& work) {
    Record& record = *flight.record;
    flight.launched = engine_.now();
    flight.needs.clear();
    streams_.add_waits(flight.device, flight.stream, flight.needs);
    launch_body(flight);
    const memory::Point end = streams_.mark(flight.device, flight.stream);
    std::vector<memory::TileUse> uses;
    coherence_.used(record, flight.blocks, end, uses);
    begun(record);
    Ends& ends = ends_[static_cast<std::size_t>(flight.device)];
    ends.points[ends.next] = end;
    ends.next = (ends.next + 1) % Ends::kAhead;
    flight.entry = nullptr;
    if (on_failure_ == OnDeviceFailure::fall_back) {
        auto entry = std::make_unique<PastTask>();
        entry->uses = std::move(uses);
        entry->record = &record;
        entry->end = end;
        entry->scope = record.scope;
        flight.entry = entry.get();
        coherence_.journal().add(std::move(entry));
    }
    add_entry(flight.device, flight.stream, {end.mark, &flight, nullptr});
    ++usage_[static_cast<std::size_t>(flight.device)].tasks;
    release(record, work);
}

void Devices::launch_body(Flight& flight) {
    const Record& record = *flight.record;
    try {
        flight.in_stream = true;
        streams_[flight.device].launch(flight.stream, {record.name_view(), &Devices::run_body, &flight, flight.operands,
                                                       record.flops, flight.bytes});
    } catch (const DeviceError& error) {
        // CUDA tells of a launch that it refuses when the body has ended, which may have made others before.
        if (error.usable() && gpu_bodies_) leave_behind(flight);
        flight.in_stream = false;
        throw;
    } catch (...) {
        leave_behind(flight);
        flight.in_stream = false;
        throw;
    }
}

// A body that failed may have put work into the stream: its memory, and what the body owns, are used until then.
void Devices::leave_behind(const Flight& flight) {
    left_behind_ = streams_.mark(flight.device, flight.stream);
    for (memory::Block* block : flight.blocks)
        if (block != nullptr) block->earlier.add(left_behind_);
}

void Devices::run_body(void* context, void* native_stream, const detail::Operand* operands) {
    Flight& flight = *static_cast<Flight*>(context);
    Record& record = *flight.record;
    if (native_stream != nullptr)
        return record.ops->gpu->enqueue(record.body_address(), {native_stream, flight.ordinal, flight.architecture},
                                        operands);
    const std::int64_t pieces = record.has(graph::kWide) ? record.extra->pieces : 1;
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        record.ops->invoke(record.body_address(), operands, {piece, pieces, flight.worker});
}

Devices::Flight& Devices::take_flight() {
    if (free_flights_.empty()) return flights_.emplace_back();
    Flight& flight = *free_flights_.back();
    free_flights_.pop_back();
    return flight;
}

// From when the last task of the device was done, of whichever stream, since what runs beside each other shares the
// device's units. So one that ran beside a long one seems short, the latency of a launch that lies behind other work is
// missed, and so is the time from the end to its report. Of tasks that are reported at once each gets its share.
void Devices::measure(const Flight& flight, double now, double share) {
    double began = std::max(flight.launched, last_done_[static_cast<std::size_t>(flight.device)]);
    for (const memory::Point& point : flight.needs) {
        const double reached = streams_.when_reached(point);
        if (reached < 0) began = now + 1;  // another stream's report is late: nobody knows
        began = std::max(began, reached);
    }
    const double seconds = began > now ? -1 : (now - began) * share;
    placement_.ended(*flight.record, *flight.kind, flight.device, seconds);
}

}  // namespace heddle::schedule
