#include "host/device/sim.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <utility>

#include "host/device/sim_device.hpp"
#include "host/device/sim_faults.hpp"
#include "host/device/sim_pinned.hpp"
#include "host/device/sim_work.hpp"

namespace heddle::device {
namespace {

double seconds(double amount, double rate) { return rate > 0 ? amount / rate : 0; }

Fate fate_of(SimFaults::Outcome outcome) {
    if (outcome == SimFaults::Outcome::later) return Fate::fails;
    return outcome == SimFaults::Outcome::hang ? Fate::hangs : Fate::well;
}

// What one device allocated. Goes after the device's threads, which may still copy.
struct PinnedBlocks {
    ~PinnedBlocks() {
        for (std::byte* block : blocks) free_pinned_memory(block);
    }
    std::set<std::byte*> blocks;
};

class Sim final : public Accelerator {
public:
    Sim(const SimOptions& options, int ordinal);

    const Description& description() const override { return description_; }
    void start(Observer& observer, int index) override { device_.start(observer, index); }

    std::byte* allocate(std::size_t bytes, Stream stream) override;
    void free(std::byte* block, Stream stream) noexcept override;
    void trim() noexcept override {}  // nothing is kept
    std::byte* allocate_pinned(std::size_t bytes) override;
    void free_pinned(std::byte* block) noexcept override;

    void copy(Stream stream, void* to, const void* from, const CopyShape& shape) override;
    void copy_from_peer(Stream stream, void* to, Accelerator& source, const void* from, std::size_t bytes) override;
    void follow(Stream, void*) override {}  // no other library has streams here
    void launch(Stream stream, const Launch& launch) override;
    void wait(Stream stream, Accelerator& other, Stream other_stream, Mark mark) override;
    Mark mark(Stream stream) override;
    bool reached(Stream stream, Mark mark) const override;
    void await(Stream stream, Mark mark) override;
    void check() const override { device_.check(); }
    void retire() noexcept override;

private:
    using Outcome = SimFaults::Outcome;
    // What becomes of the call: refused or not (later and hang say when its turn comes). Throws when the device is
    // lost.
    Outcome count(Fault::Call call);
    // As count(), throwing where the call is refused too.
    Fate admit(Fault::Call call);
    void put(Stream stream, Operation operation) { device_.stream(stream).put(std::move(operation)); }
    Cost stretched(Stream stream, Cost cost) const;
    void check_stream(Stream stream) const;
    [[noreturn]] void refuse(const std::string& problem, const std::string& reason, const std::string& remedy,
                             SimCode code = kInvalidValue) const;

    const SimOptions options_;
    Description description_;
    SimFaults faults_;
    std::mutex pinned_mutex_;  // guards pinned_ and the count of its faults: memory is pinned by any thread
    PinnedBlocks pinned_;
    SimDevice device_;
};

Sim::Sim(const SimOptions& options, int ordinal)
    : options_(options), faults_(options.faults, ordinal), device_(options, ordinal) {
    description_ = {.name = device_.name(),
                    .model = "simulated",
                    .memory = options.memory,
                    .compute_streams = options.compute_streams,
                    .to_device = options.to_device,
                    .to_host = options.to_host,
                    .on_device = options.on_device,
                    .flops = options.flops,
                    .launch = options.launch};
}

// Memory is found at once, but is of use only when the stream gets there: another stream that does not wait for that
// has an illegal address.
std::byte* Sim::allocate(std::size_t bytes, Stream stream) {
    check_stream(stream);
    const Outcome outcome = count(Fault::Call::allocate);
    if (outcome == Outcome::refused) return nullptr;
    std::byte* block = device_.memory().reserve(bytes);
    if (!block) return nullptr;
    put(stream, {.kind = Operation::Kind::instant,
                 .fate = fate_of(outcome),
                 .name = "an allocation",
                 .work = [&memory = device_.memory(), block] { memory.open(block); }});
    return block;
}

void Sim::free(std::byte* block, Stream stream) noexcept {
    if (!block || device_.ended()) return;
    put(stream, {.kind = Operation::Kind::instant,
                 .name = "a release of memory",
                 .work = [&memory = device_.memory(), block] { memory.release(block); }});
}

std::byte* Sim::allocate_pinned(std::size_t bytes) {
    device_.check();
    const std::lock_guard lock(pinned_mutex_);
    const Outcome outcome = count(Fault::Call::allocate_pinned);
    if (outcome == Outcome::refused || outcome == Outcome::hang) return nullptr;  // it has no turn that could hang
    std::byte* block =
        allocate_pinned_memory(bytes, outcome == Outcome::later ? PinnedState::broken : PinnedState::sound);
    if (block) pinned_.blocks.insert(block);
    return block;
}

void Sim::free_pinned(std::byte* block) noexcept {
    const std::lock_guard lock(pinned_mutex_);
    if (!device_.ended() && pinned_.blocks.erase(block) != 0) free_pinned_memory(block);
}

void Sim::copy(Stream stream, void* to, const void* from, const CopyShape& shape) {
    check_stream(stream);
    if (const std::string reason = wrong_copy(stream, to, from, shape); !reason.empty())
        refuse(fmt::format("device {} refuses a copy in stream {}", device_.name(), stream), reason,
               "copy between device memory and memory from allocate_pinned()");
    const auto bytes = static_cast<double>(shape.rows * shape.bytes);
    Cost cost{.latency = options_.copy};
    if (stream == kToDevice)
        cost.own = seconds(bytes, options_.to_device);
    else if (stream == kToHost)
        cost.own = seconds(bytes, options_.to_host);
    else
        cost.shared = seconds(bytes, options_.on_device);
    const Fate fate = admit(Fault::Call::copy);
    put(stream, {.fate = fate,
                 .name = "a copy",
                 .work = copy_work(device_.memory(), stream, to, from, shape),
                 .cost = stretched(stream, cost)});
}

void Sim::copy_from_peer(Stream stream, void* to, Accelerator& source, const void* from, std::size_t bytes) {
    check_stream(stream);
    auto* const peer = dynamic_cast<Sim*>(&source);
    if (!peer || stream == kToHost)
        refuse(fmt::format("device {} refuses a copy from another device", device_.name()),
               peer ? "kToHost is for copies to the host" : "the other is not simulated", "copy through the host");
    const Cost cost{.latency = options_.copy, .own = seconds(static_cast<double>(bytes), options_.to_device)};
    const Fate fate = admit(Fault::Call::copy);
    put(stream, {.fate = fate,
                 .name = "a copy from " + peer->device_.name(),
                 .work = peer_copy_work(device_.memory(), to, peer->device_.shared_memory(), from, bytes),
                 .cost = stretched(stream, cost)});
}

void Sim::launch(Stream stream, const Launch& launch) {
    check_stream(stream);
    if (stream < kCompute)
        refuse(fmt::format("device {} refuses to launch '{}' in stream {}", device_.name(), launch.name, stream),
               "that stream is for copies", "use a compute stream");
    const double shared =
        options_.slowdown * std::max(seconds(launch.flops, options_.flops), seconds(launch.bytes, options_.on_device));
    const Fate fate = admit(Fault::Call::launch);
    put(stream, {.fate = fate,
                 .name = fmt::format("the launch of '{}'", launch.name),
                 .work = launch_work(device_.memory(), launch),
                 .cost = stretched(stream, {.latency = options_.launch, .shared = shared})});
}

void Sim::wait(Stream stream, Accelerator& other, Stream other_stream, Mark mark) {
    check_stream(stream);
    auto* const peer = dynamic_cast<Sim*>(&other);
    if (!peer || peer->options_.clock != options_.clock)
        refuse(fmt::format("device {} cannot wait for another device", device_.name()),
               peer ? "they do not share one time" : "the other is not simulated", "wait on the host");
    if (other_stream < 0 || other_stream >= peer->description_.streams() ||
        mark > peer->device_.stream(other_stream).progress()->marked())
        refuse(fmt::format("device {} cannot wait for mark {} of stream {} of {}", device_.name(), mark, other_stream,
                           peer->device_.name()),
               "there is no such mark", "wait for marks that mark() has returned");
    const Fate fate = admit(Fault::Call::wait);
    put(stream, {.kind = Operation::Kind::wait,
                 .fate = fate,
                 .name = "a wait",
                 .other = peer->device_.stream(other_stream).progress(),
                 .mark = mark});
}

Mark Sim::mark(Stream stream) {
    check_stream(stream);
    const Fate fate = admit(Fault::Call::mark);
    const Mark mark = device_.stream(stream).progress()->next();
    put(stream, {.kind = Operation::Kind::mark, .fate = fate, .name = "a mark", .mark = mark});
    return mark;
}

// What was reached before the device was lost stays so.
bool Sim::reached(Stream stream, Mark mark) const {
    if (stream >= 0 && stream < description_.streams() && device_.stream(stream).progress()->reached() >= mark)
        return true;
    check_stream(stream);
    return false;
}

void Sim::await(Stream stream, Mark mark) {
    if (reached(stream, mark)) return;
    if (!options_.clock) {
        device_.stream(stream).progress()->await(mark);
        reached(stream, mark);  // throws if it was not
        return;
    }
    while (!reached(stream, mark))
        if (!options_.clock->step())
            throw DeviceError(fmt::format("device {} hangs", device_.name()),
                              fmt::format("nothing is left to happen before mark {} of stream {}", mark, stream),
                              "retire the device", device_.name(), kTimeout.code, kTimeout.name,
                              DeviceError::State::lost);
}

void Sim::retire() noexcept { device_.fail("device " + device_.name() + " was retired", "it was given up", kTimeout); }

SimFaults::Outcome Sim::count(Fault::Call call) {
    const Outcome outcome = faults_.next(call);
    if (outcome == Outcome::lost) {
        device_.fail(fmt::format("device {} failed at {}", device_.name(), name(call)), "a fault was asked for",
                     kFailure);
        device_.check();
    }
    return outcome;
}

Fate Sim::admit(Fault::Call call) {
    const Outcome outcome = count(call);
    if (outcome == Outcome::refused)
        refuse(fmt::format("device {} refuses {}", device_.name(), name(call)), "a fault was asked for", "try again",
               kNoMemory);
    return fate_of(outcome);
}

Cost Sim::stretched(Stream stream, Cost cost) const {
    const double by = device_.stream(stream).stretch();
    return {.latency = cost.latency * by, .own = cost.own * by, .shared = cost.shared * by};
}

void Sim::check_stream(Stream stream) const {
    device_.check();
    if (stream >= 0 && stream < description_.streams()) return;
    refuse(fmt::format("device {} has no stream {}", device_.name(), stream),
           fmt::format("it has {}, counted from 0", description_.streams()), "use one of them");
}

void Sim::refuse(const std::string& problem, const std::string& reason, const std::string& remedy, SimCode code) const {
    throw DeviceError(problem, reason, remedy, device_.name(), code.code, code.name, DeviceError::State::usable);
}

}  // namespace

std::unique_ptr<Accelerator> make_sim(const SimOptions& options, int ordinal) {
    return std::make_unique<Sim>(options, ordinal);
}

}  // namespace heddle::device
