#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "host/device/accelerator.hpp"
#include "host/graph/record.hpp"
#include "host/memory/coherence.hpp"
#include "host/memory/streams.hpp"
#include "host/schedule/chores.hpp"
#include "host/schedule/past_task.hpp"
#include "host/schedule/placement.hpp"

namespace heddle::schedule {

class EngineCore;
class ScopeCore;

// Drives the devices that have memory and queues of their own. A ready task that one could run, or that touches values
// which lie on one, comes here: it is placed, its values are brought, and it is put into a stream, which releases its
// successors at once; or it is handed to the CPU lane when its values have arrived. Any thread may call; `mutex_`
// guards everything. Nothing here waits: the devices' own threads call reached(), and those that copied to or from
// staging memory, which happens without the mutex, copied().
class Devices final : public device::Observer {
public:
    Devices(EngineCore& engine, std::vector<std::unique_ptr<device::Accelerator>> devices, const EngineOptions& options,
            HostRates host);
    ~Devices() override;

    // The task was submitted; before it is linked, with the graph's mutex.
    void expect(const graph::Record& record) noexcept;
    // Whether a ready task must come here: a device could run it, or its values may lie on one.
    bool concerns(const graph::Record& record) const;
    // Whether tasks that have a GPU body only can run.
    bool run_gpu_bodies() const { return gpu_bodies_; }
    // Whether they may run what the placement may choose for.
    bool may_choose_gpu() const { return gpu_bodies_ && policy_ != PlacementOptions::Policy::cpu; }
    // What code must be compiled for: each once; none of simulated devices.
    std::vector<int> architectures() const;
    // The new buffer's values are in that memory; ArgumentError where the engine has no such device.
    void adopt(graph::BufferCore& buffer, const AdoptedMemory& memory);
    // No lock is held.
    void ready(graph::Record& record);
    // The buffer's last task is done: calls destroy(), now, or when copies of its host memory are over and nothing that
    // may have to run again reads it.
    void release(graph::BufferCore& buffer, std::function<void()> destroy);
    // The scope's tasks are done and what they refer to may go: none of them can run again. Values of theirs that only
    // a device holds are lost with it from now on. Blocks while lost work runs again; the thread that does so wakes it.
    // No thread of a device may call it: that work may wait for what such a thread is to report.
    void end(const ScopeCore& scope);
    // The engine ends, all tasks are done. Blocks until no thread of a device will destroy a buffer, which could be the
    // last to hold the engine; the threads that destroy them wake it.
    void close();
    // Whether lost work is being run again.
    bool recovering() const;
    // In virtual time, when nothing happens any more: gives up on the devices that have work; whether there are any.
    bool retire_busy();

    // Different indices of threads that run bodies for the devices.
    int workers() const { return workers_; }
    std::size_t memory() const;  // bytes that buffers may take on the smallest device
    memory::CopyCounts copies() const;
    std::size_t journal_size() const;
    struct Usage {
        std::uint64_t tasks = 0, run_again = 0;
        std::size_t memory_peak = 0;
        bool usable = true;
    };
    Usage usage(int device) const;
    // A task's body ran on the CPU, for so many seconds; negative: it was skipped.
    void ran_on_host(const graph::Record& record, double seconds);
    std::vector<PlacementReport> placements() const;
    Fallbacks fallbacks() const;

    void reached(int device, device::Stream stream, device::Mark mark) override;
    void failed(int device, std::exception_ptr error) override;

private:
    // A task in a stream; lives until its mark is reached.
    struct Flight {
        graph::Record* record = nullptr;
        PastTask* entry = nullptr;  // of the journal, where work that is lost is run again
        int device = 0, ordinal = -1, architecture = 0, worker = 0;
        device::Stream stream = 0;
        bool in_stream = false;
        History::Kind* kind = nullptr;
        double launched = 0;   // seconds
        memory::Points needs;  // of other streams, that its stream waits for
        std::vector<detail::Operand> operands;
        std::vector<detail::Layout> layouts;
        double bytes = 0;  // that the operands take
        memory::Coherence::Blocks blocks;
    };
    // Something that waits for points: a record that goes on, lost work, or a buffer's end.
    struct Waiter {
        int left = 0;
        graph::Record* record = nullptr;
        graph::Record* ended = nullptr;  // its successors are released
        bool recovery = false, slots = false;
        std::function<void()> destroy;
    };
    // A mark of kToHost that was reached, while what came up to it is copied out of staging memory.
    struct Landing {
        device::Mark mark;
        std::size_t left;  // copies
        std::vector<memory::Drain> drains;
    };
    // A tile on its way between host memory and staging memory, in pieces.
    struct HostCopy final : Chore {
        Devices* devices = nullptr;
        int device = 0;
        const graph::BufferCore* buffer = nullptr;
        Shape index;
        std::byte* slot = nullptr;
        memory::Fill* fill = nullptr;  // or what its end brings
        Landing* landing = nullptr;
        bool here = false;  // there is no CPU lane any more

        void prepare(Devices& owner, int of, const graph::BufferCore& tiles, const Shape& tile, std::byte* memory);
        void run(std::int64_t piece) noexcept override;
        void done() override { devices->copied(*this); }
    };
    struct Entry {  // of a stream's list: what happens at the mark
        device::Mark mark;
        Flight* flight;
        Waiter* waiter;
    };
    // What is left to do without the lock.
    struct Work {
        struct Done {
            graph::Record* record;
            bool kept;  // its body is the journal's
        };
        struct Preparation {
            graph::Record* record;
            int device;
        };
        std::vector<HostCopy*> copies;
        std::vector<graph::Record*> ready, run;
        std::vector<Preparation> prepare;
        std::vector<Done> done;
        std::vector<std::function<void()>> destroy;
        std::vector<std::unique_ptr<memory::JournalEntry>> dropped;
        bool recover = false, fed = false;
    };
    struct Recovery;

    void proceed(Work& work);
    void place(graph::Record& record, Work& work);
    int usable_after(int device) const;
    bool has_device_form(const graph::Record& record) const;
    void prepare(const Work::Preparation& preparation, Work& work);
    void prepare_later(const Work::Preparation& preparation);
    void prepare_all();
    void place_at(graph::Record& record, Work& work);
    void to_host(graph::Record& record, const Placement::Choice& choice, Work& work);
    void too_large(graph::Record& record, int device, Work& work);
    bool to_device(graph::Record& record, const Placement::Choice& choice, Work& work);
    void set_operands(Flight& flight);
    bool is_prepared(const Flight& flight) const;
    void launch(Flight& flight, Work& work);
    void launch_body(Flight& flight);
    void leave_behind(const Flight& flight);
    bool is_known_lost(const std::string& name) const;
    void warn_once(std::string text);
    void fail_now(graph::Record& record, std::exception_ptr error, Work& work);
    void fail_behind(graph::Record& record, std::exception_ptr error, Work& work);
    void finish(graph::Record& record, Work& work);
    void release(graph::Record& record, Work& work);
    void park(graph::Record& record, const memory::Points& points);
    void wait_for(Waiter& waiter, const memory::Points& points);
    void add_entry(int device, int stream, Entry entry);
    void begun(const graph::Record& record);
    void fed(int device, Work& work);
    graph::Record* next_behind();
    memory::Point ahead(int device) const;
    void not_hungry(const graph::Record& record, int but_for, Work& work);
    void settle(Waiter& waiter, Work& work);
    void lose(int device, const std::exception_ptr& error, Work& work);
    void spoil(int device, const std::exception_ptr& error, Work& work);
    void recover(Work& work);
    bool prepare(Recovery& recovery, Work& work);
    bool run_elsewhere(Recovery& recovery, PastTask& task);
    bool send(Recovery& recovery, PastTask& task, int device, memory::Points& busy);
    void enqueue(Recovery& recovery, PastTask& task);
    void abandon(Recovery& recovery);
    void land(Recovery& recovery, PastTask& task);
    void finish(Recovery& recovery, Work& work);
    void tidy(Work& work);
    void report(int device, device::Stream stream, device::Mark mark);
    void land(int device, device::Stream stream, device::Mark mark, Work& work);
    void land_drained(int device, Work& work);
    void begin_drains(int device, device::Mark mark, Work& work);
    void begin_fills(Work& work);
    HostCopy& begin_copy(int device, Work& work);
    void copied(HostCopy& copy);
    void measure(const Flight& flight, double now, double share);
    bool enter();
    void leave();
    void watch(std::chrono::nanoseconds limit);
    bool is_busy(int device) const;
    device::Stream stream_for(int device, const graph::Record& record);
    std::deque<Entry>& entries(int device, int stream) {
        return entries_[static_cast<std::size_t>(device)][static_cast<std::size_t>(stream)];
    }
    Flight& take_flight();
    Waiter& take_waiter();
    void fed_by_let_go(int device, Work& work);
    static void run_body(void* flight, void* native_stream, const detail::Operand* operands);

    EngineCore& engine_;
    const OnDeviceFailure on_failure_;
    const PlacementOptions::Policy policy_;
    bool gpu_bodies_ = false;
    mutable std::mutex mutex_;
    // Before `streams_`, whose end waits for the devices' threads, which look at these until then.
    bool stop_ = false;
    int inside_ = 0;                   // threads of devices in reached() or failed()
    int ending_ = 0;                   // buffers that have been released and still exist
    bool closed_ = false;              // the engine is gone but for its buffers
    std::condition_variable stopped_;  // of any of them
    memory::Streams streams_;
    memory::Coherence coherence_;
    Placement placement_;
    std::vector<std::vector<std::deque<Entry>>> entries_;  // by device, stream; in the order of their marks
    std::vector<int> next_stream_;                         // by device
    std::vector<double> last_done_;                        // by device, when a task there was done last; seconds
    std::vector<Flight*> landed_;                          // scratch
    std::filesystem::path history_file_;                   // empty: none
    // By device, the task that waits for its memory, and those behind it: together they would take it from each other.
    std::vector<graph::Record*> hungry_;
    struct Later {
        bool operator()(const graph::Record* a, const graph::Record* b) const { return a->seq > b->seq; }
    };
    std::vector<std::priority_queue<graph::Record*, std::vector<graph::Record*>, Later>> behind_;
    graph::Record* turn_ = nullptr;  // the one that was behind and is placed now
    std::vector<char> starved_;      // by device: that task waits for another's blocks; see Coherence::let_go()
    int held_on_ = -1;               // the device on which the task that is placed now held blocks
    // By device, the ends of the last tasks that were put into its streams, the next to be overwritten.
    struct Ends {
        static constexpr std::size_t kAhead = 8;
        memory::Point points[kAhead];
        std::size_t next = 0;
    };
    std::vector<Ends> ends_;

    // While a device's work is run again, ready tasks are held back.
    bool halted_ = false;
    enum class RecoveryState : std::uint8_t { none, begun, waits_for_loss };
    RecoveryState recovery_ = RecoveryState::none;
    std::shared_ptr<Recovery> plan_;  // while a part of it is carried out
    std::uint64_t losses_ = 0;
    std::condition_variable resumed_;
    std::atomic<int> awaiting_end_{0};  // threads in end(): who adds copies wakes them
    std::vector<graph::Record*> held_;
    std::vector<std::pair<graph::Record*, std::exception_ptr>> doomed_;  // of OnDeviceFailure::fail
    memory::Journal::Tiles lost_;
    std::vector<PastTask*> grounded_;  // what was in flight there
    std::exception_ptr loss_;
    struct Ended {
        graph::BufferCore* buffer;
        std::function<void()> destroy;
    };
    std::vector<Ended> ended_;  // buffers that the journal still mentions

    std::set<std::string> warned_;
    memory::Point left_behind_;  // while a task is placed: the end of what its body put into a stream before it failed
    // By device: copies to and from staging memory that go on, and a loss that waits for them.
    std::vector<int> copying_;
    std::vector<std::exception_ptr> late_loss_;
    std::vector<std::deque<Landing>> landings_;  // by device, in order
    bool slots_awaited_ = false;                 // a waiter tells when a fill may find a slot
    bool no_lane_ = false;
    std::deque<HostCopy> host_copies_;
    std::vector<HostCopy*> free_host_copies_;
    std::vector<std::uint64_t> marks_reached_;  // by device: reports
    std::vector<char> given_up_;
    std::thread watchdog_;
    std::deque<Work::Preparation> to_prepare_;  // by the thread for it, which begins with the first
    std::condition_variable prepares_;
    std::thread preparer_;
    std::vector<Usage> usage_;
    int workers_ = 0;
    std::deque<Flight> flights_;
    std::vector<Flight*> free_flights_;
    std::deque<Waiter> waiters_;
    std::vector<Waiter*> free_waiters_;
};

}  // namespace heddle::schedule
