// What becomes of the work on a device that is lost.

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "heddle/error.hpp"
#include "host/memory/tiles.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/failure.hpp"
#include "host/schedule/recovery.hpp"

namespace heddle::schedule {

using graph::FailurePtr;
using graph::Record;
using memory::Points;
using memory::TileUse;

namespace {

memory::TileReplicas& at(const graph::BufferCore& buffer, std::int64_t tile) {
    return memory::replicas_of(buffer)->at(tile);
}

// A tile that is spoiled already stays as it is: tasks that are skipped because of it look at it without a lock.
void spoil_tile(graph::BufferCore& buffer, std::int64_t tile, const FailurePtr& failure) {
    if (buffer.poison_of(tile) == nullptr) buffer.set_poison(tile, failure);
}

}  // namespace

void Devices::failed(int device, std::exception_ptr error) {
    if (!enter()) return;
    Work work;
    {
        const std::lock_guard lock(mutex_);
        if (copying_[static_cast<std::size_t>(device)] != 0)
            late_loss_[static_cast<std::size_t>(device)] = error;  // copied() goes on with it
        else
            lose(device, error, work);
        tidy(work);
    }
    proceed(work);
    leave();
}

// Nothing runs on the device any more. Whoever waits for it looks again.
void Devices::lose(int device, const std::exception_ptr& error, Work& work) {
    if (!streams_.usable(device)) return;
    usage_[static_cast<std::size_t>(device)].usable = false;
    if (on_failure_ == OnDeviceFailure::fail) return spoil(device, error, work);
    ++losses_;
    if (recovery_ == RecoveryState::none || recovery_ == RecoveryState::waits_for_loss) {
        recovery_ = RecoveryState::begun;
        work.recover = true;
    }
    streams_.retire(device);
    const auto lost = coherence_.forget(device);
    lost_.insert(lost_.end(), lost.begin(), lost.end());
    for (auto& list : entries_[static_cast<std::size_t>(device)]) {
        for (const Entry& entry : list) {
            if (entry.waiter != nullptr) {
                settle(*entry.waiter, work);
                continue;
            }
            grounded_.push_back(entry.flight->entry);
            const Record& record = *entry.flight->record;
            placement_.ended(record, *entry.flight->kind, device, -1);
            placement_.ledger().placed(record.name_view(), 0, "runs again, its device was lost", {});
            entry.flight->record = nullptr;
            free_flights_.push_back(entry.flight);
        }
        list.clear();
    }
    fed_by_let_go(device, work);
    fed(device, work);
    loss_ = error;
    halted_ = true;
    tell(fmt::format("{} is lost, its work goes on elsewhere: {}", streams_.description(device).name, what_of(error)));
}

// What was in flight has failed, and tiles whose only values were there are spoiled.
void Devices::spoil(int device, const std::exception_ptr& error, Work& work) {
    streams_.retire(device);
    const auto lost = coherence_.forget(device);
    std::vector<Record*> flown;
    for (auto& list : entries_[static_cast<std::size_t>(device)]) {
        for (const Entry& entry : list) {
            if (entry.waiter != nullptr) {
                settle(*entry.waiter, work);
            } else {
                placement_.ended(*entry.flight->record, *entry.flight->kind, device, -1);
                flown.push_back(std::exchange(entry.flight->record, nullptr));
                free_flights_.push_back(entry.flight);
            }
        }
        list.clear();
    }
    fed_by_let_go(device, work);
    fed(device, work);
    for (const auto& [record, thrown] : std::exchange(doomed_, {})) fail_now(*record, thrown, work);
    std::sort(flown.begin(), flown.end(), [](const Record* a, const Record* b) { return a->seq < b->seq; });
    FailurePtr failure;
    for (Record* record : flown) {
        failure = make_failure(engine_, *record, error);
        (record->scope != nullptr ? *record->scope : engine_.own_scope()).add_failure(failure);
        work.done.push_back({record, false});
    }
    if (failure == nullptr) {
        failure = std::make_shared<graph::Failure>();
        failure->error = error;
    }
    for (const auto& [buffer, tile] : lost) spoil_tile(*buffer, tile, failure);
    engine_.set_failed();
}

// Everything else stands still meanwhile, but for what the host runs already and for the other devices' streams. Comes
// here again, on any device's thread, each time that what it waits for is reached; one thread at a time.
void Devices::recover(Work& work) {
    {
        const std::lock_guard lock(mutex_);
        if (plan_ != nullptr && plan_->losses != losses_) {
            abandon(*plan_);
            plan_.reset();
        }
        if (plan_ == nullptr) {
            plan_ = std::make_shared<Recovery>();
            if (!prepare(*plan_, work)) return plan_.reset();
        }
    }
    Recovery& recovery = *plan_;
    const int worker = engine_.threads() + 1;  // the first device thread's; recoveries come one at a time
    for (; recovery.next < recovery.entries.size(); ++recovery.next) {
        auto& task = static_cast<PastTask&>(*recovery.entries[recovery.next]);
        try {
            if (!task.has_inputs(recovery.versions)) {
                recovery.errors[&task] = nullptr;
            } else if (task.ops().cpu) {
                task.run_again(recovery.versions, worker);
                ++recovery.ran;
            } else if (!run_elsewhere(recovery, task)) {
                return;
            }
        } catch (...) {
            recovery.errors[&task] = std::current_exception();
        }
    }
    const std::lock_guard lock(mutex_);
    if (losses_ != recovery.losses)
        work.recover = true;  // another device was lost meanwhile, perhaps with values that were counted on
    else
        finish(recovery, work);
    plan_.reset();
    tidy(work);
}

// Gathers what is to run again and the values that it reads. False: to be called again when values have come from other
// devices, or tasks there have ended.
bool Devices::prepare(Recovery& recovery, Work&) {
    memory::Journal& journal = coherence_.journal();
    std::vector<TileUse> missing;
    journal.hold(true);
    recovery.entries = journal.plan(lost_, {grounded_.begin(), grounded_.end()}, missing);
    Points points;
    for (const TileUse& use : missing)
        if (at(*use.buffer, use.tile).version == use.read) {
            try {
                coherence_.bring_tile(*use.buffer, use.tile, use.index, points);
            } catch (const DeviceError& error) {
                if (error.usable()) continue;               // it stays missing
                recovery_ = RecoveryState::waits_for_loss;  // of that device, which failed() will tell
                return false;
            } catch (const OutOfMemory&) {
            }
        }
    // What is made again goes to the host's bytes, which copies to other devices may still read, and copies of earlier
    // values from them may still change.
    for (const auto& [buffer, tile] : lost_) {
        const memory::TileReplicas& where = at(*buffer, tile);
        if (!streams_.reached(where.host_written)) points.add(where.host_written);
        for (const memory::Point& point : where.host_read)
            if (!streams_.reached(point)) points.add(point);
    }
    for (memory::JournalEntry* entry : recovery.entries) {
        const auto& task = static_cast<PastTask&>(*entry);
        if (task.in_flight && !streams_.reached(task.end)) points.add(task.end);
    }
    recovery.losses = losses_;
    if (!points.empty()) {
        Waiter& waiter = take_waiter();
        waiter.recovery = true;
        wait_for(waiter, points);
        return false;
    }
    for (memory::JournalEntry* entry : recovery.entries)
        for (const TileUse& use : entry->uses) {
            memory::TileReplicas& where = at(*use.buffer, use.tile);
            if (use.read == 0 || recovery.versions.count({&where, use.read}) != 0) continue;
            const std::byte* saved = memory::saved_bytes(where, use.read);
            if (saved == nullptr && !journal.on_host(where, use.read)) continue;
            const std::size_t size = memory::tile_bytes(*use.buffer, use.index);
            auto& bytes = recovery.versions[{&where, use.read}];
            bytes.resize(size);
            if (saved != nullptr) {
                bytes.assign(saved, saved + size);
            } else {
                engine_.memory.ensure(*use.buffer);
                memory::copy_from_host(*use.buffer, use.index, bytes.data());
            }
        }
    return true;
}

void Devices::finish(Recovery& recovery, Work& work) {
    // Tiles that could not be made again, by the task that should have.
    std::map<std::pair<graph::BufferCore*, std::int64_t>, FailurePtr> failures;
    for (PastTask* task : grounded_) {
        if (task->record == nullptr) continue;
        const auto error = recovery.errors.find(task);
        if (error != recovery.errors.end()) {
            const auto failure = make_failure(engine_, *task->record, error->second != nullptr ? error->second : loss_);
            (task->scope != nullptr ? *task->scope : engine_.own_scope()).add_failure(failure);
            engine_.set_failed();
            for (const TileUse& use : task->uses)
                if (use.written != 0) failures[{use.buffer, use.tile}] = failure;
        }
    }
    for (const auto& [buffer, tile] : lost_) {
        memory::TileReplicas& where = at(*buffer, tile);
        const auto made = recovery.versions.find({&where, where.version});
        if (made != recovery.versions.end()) {
            Shape index = Shape::filled(buffer->grid.rank(), 0);
            std::int64_t rest = tile;
            for (int a = 0; a < index.rank(); ++a) {
                index[a] = rest / buffer->grid_strides[a];
                rest %= buffer->grid_strides[a];
            }
            engine_.memory.ensure(*buffer);
            coherence_.journal().before_host_changes(*buffer, tile, index);
            memory::copy_to_host(*buffer, index, made->second.data());
            coherence_.restored(*buffer, tile);
            continue;
        }
        FailurePtr& failure = failures[{buffer, tile}];
        if (failure == nullptr) {
            failure = std::make_shared<graph::Failure>();
            failure->error = loss_;
        }
        spoil_tile(*buffer, tile, failure);
        engine_.set_failed();
        coherence_.restored(*buffer, tile);  // to nothing that anybody may read
    }
    for (PastTask* task : grounded_) {
        // It may be needed once more, should the device be lost that has its results now.
        if (Record* record = task->record; record != nullptr) {
            task->keep();
            work.done.push_back({record, true});
        }
    }
    usage_[0].run_again += recovery.ran;
    placement_.ledger().rerun(recovery.ran);
    lost_.clear();
    grounded_.clear();
    halted_ = false;
    recovery_ = RecoveryState::none;
    resumed_.notify_all();
    work.ready.insert(work.ready.end(), held_.begin(), held_.end());
    held_.clear();
    coherence_.journal().hold(false);
    coherence_.journal().prune();
}

}  // namespace heddle::schedule
