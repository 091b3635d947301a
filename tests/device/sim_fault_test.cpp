#include <span>
#include <stdexcept>

#include "tests/device/sim_support.hpp"

namespace heddle::device {
namespace {

using Call = Fault::Call;
using Kind = Fault::Kind;
enum class Time : std::uint8_t { real, simulated };

constexpr Call kCalls[] = {Call::allocate, Call::allocate_pinned, Call::copy, Call::launch, Call::mark, Call::wait};

const char* text(Call call) {
    constexpr const char* kTexts[] = {"allocate", "allocate_pinned", "copy", "launch", "mark", "wait"};
    return kTexts[static_cast<int>(call)];
}

// A device with a fault, and what each kind of call does, in compute stream kCompute.
struct Faulty {
    Faulty(Time time, std::vector<Fault> faults)
        : clock(time == Time::real ? nullptr : std::make_shared<Clock>()),
          sim({.clock = clock, .faults = std::move(faults)}) {}

    // What an allocation gave; not null for the other calls.
    const void* call_once(Call call) {
        switch (call) {
            case Call::allocate:
                return sim->allocate(64, kCompute);
            case Call::allocate_pinned:
                return host = sim->allocate_pinned(64);
            case Call::copy:
                sim->copy(kCompute, block, block, {.bytes = 64});
                break;
            case Call::launch:
                sim->launch(kCompute, device::call(count));
                break;
            case Call::mark:
                mark = sim->mark(kCompute);
                break;
            case Call::wait:
                sim->wait(kCompute, *sim, kToHost, 0);
                break;
        }
        return this;
    }
    void settle() const {
        while (clock && clock->step()) continue;
    }
    // Of each kind one more: a fault strikes once.
    void expect_works() {
        for (const Call call : kCalls) EXPECT_NE(call_once(call), nullptr) << text(call);
        sim.finish(kCompute);
        EXPECT_EQ(sim.observer.failures(), 0u);
    }
    void expect_lost() {
        const Mark none = mark + 1000;
        for (const Call call : kCalls) EXPECT_FALSE(device_error([&] { call_once(call); }).usable()) << text(call);
        EXPECT_FALSE(device_error([&] { sim->await(kCompute, none); }).usable());
        EXPECT_FALSE(device_error([&] { static_cast<void>(sim->reached(kCompute, none)); }).usable());
        EXPECT_FALSE(device_error([&] { sim->copy_from_peer(kCompute, block, *sim, block, 1); }).usable());
        sim->free(block, kCompute);
        sim->free_pinned(host);
        sim->retire();
        settle();
        EXPECT_FALSE(sim.observer.await_failure().usable());
        const DeviceError again = device_error([&] { sim->mark(kCompute); });
        EXPECT_STREQ(again.what(), sim.observer.error().what());
    }

    std::shared_ptr<Clock> clock;
    int ran = 0;
    std::function<void(const detail::Operand*)> count = [this](const detail::Operand*) { ++ran; };
    std::byte *block = nullptr, *host = nullptr;
    Mark mark = 0;
    Sim sim;
};

class SimFaults : public ::testing::TestWithParam<std::tuple<Time, Call>> {
protected:
    // A device whose second call of the kind goes wrong so, after the first.
    std::unique_ptr<Faulty> faulty(Kind kind) const {
        const std::uint64_t at = call() == Call::allocate ? 3 : 2;
        auto made = std::make_unique<Faulty>(time(), std::vector<Fault>{{.call = call(), .kind = kind, .at = at}});
        made->block = made->sim->allocate(64, kCompute);
        EXPECT_NE(made->call_once(call()), nullptr);
        return made;
    }
    static Time time() { return std::get<0>(GetParam()); }
    static Call call() { return std::get<1>(GetParam()); }
};

TEST_P(SimFaults, RefusedLeavesTheDeviceUsable) {
    const auto f = faulty(Kind::refused);
    if (call() == Call::allocate || call() == Call::allocate_pinned) {
        EXPECT_EQ(f->call_once(call()), nullptr);
    } else {
        const DeviceError error = device_error([&] { f->call_once(call()); });
        EXPECT_TRUE(error.usable());
        EXPECT_EQ(error.device(), "sim:0");
        EXPECT_EQ(error.code(), 2);
    }
    f->expect_works();
}

TEST_P(SimFaults, LostIsSaidAtOnce) {
    const auto f = faulty(Kind::lost);
    const DeviceError error = device_error([&] { f->call_once(call()); });
    EXPECT_FALSE(error.usable());
    EXPECT_EQ(error.name(), "simLaunchFailure");
    f->expect_lost();
    EXPECT_EQ(f->sim.observer.failures(), 1u);
}

TEST_P(SimFaults, LaterIsSaidWhenItsTurnHasCome) {
    const auto f = faulty(Kind::later);
    EXPECT_NE(f->call_once(call()), nullptr);
    if (call() == Call::allocate_pinned) {
        f->sim->wait(kToHost, *f->sim, kCompute, f->sim->mark(kCompute));
        f->sim->copy(kToHost, f->host, f->block, {.bytes = 8});
    }
    if (f->clock) {
        EXPECT_EQ(f->sim.observer.failures(), 0u);
    }
    f->settle();
    f->sim.observer.await_failure();
    f->expect_lost();
    EXPECT_EQ(f->sim.observer.failures(), 1u);
}

// The stream stops there, the others go on; only giving up on the device ends it.
TEST_P(SimFaults, HangStopsTheStream) {
    const auto f = faulty(Kind::hang);
    if (call() != Call::mark) f->sim.finish(kCompute);
    const void* made = f->call_once(call());
    if (call() == Call::allocate_pinned) {  // has no turn in a stream, and so is refused
        EXPECT_EQ(made, nullptr);
        return f->expect_works();
    }
    EXPECT_NE(made, nullptr);
    f->sim->launch(kCompute, device::call(f->count));
    const Mark behind = f->sim->mark(kCompute);
    f->sim.finish(kCompute + 1);
    f->settle();
    EXPECT_FALSE(f->sim->reached(kCompute, behind));
    f->sim->retire();
    f->settle();
    EXPECT_EQ(f->sim.observer.await_failure().name(), "simLaunchTimeout");
    EXPECT_EQ(f->ran, call() == Call::launch ? 1 : 0) << "only what came before";
    f->expect_lost();
    EXPECT_EQ(f->sim.observer.failures(), 1u);
}

TEST_P(SimFaults, HangLetsTheDeviceGo) {
    const auto f = faulty(Kind::hang);
    EXPECT_EQ(f->call_once(call()) == nullptr, call() == Call::allocate_pinned);
    f->sim->wait(kToHost, *f->sim, kCompute, f->sim->mark(kCompute));
}

TEST(SimFault, IsOfOneDevice) {
    Faulty f(Time::real, {{.call = Call::launch, .kind = Kind::refused, .device = 1}});
    f.block = f.sim->allocate(64, kCompute);
    f.expect_works();
}

// A kernel that traps.
TEST(SimFault, WhatAKernelThrowsIsTheReason) {
    for (const Time time : {Time::real, Time::simulated}) {
        Faulty f(time, {});
        f.block = f.sim->allocate(64, kCompute);
        f.count = [](const detail::Operand*) { throw std::runtime_error("divided by nothing"); };
        f.call_once(Call::launch);
        f.settle();
        const DeviceError error = f.sim.observer.await_failure();
        EXPECT_EQ(error.code(), 719);
        EXPECT_NE(error.problem().find("launch of 'test'"), std::string::npos);
        EXPECT_NE(error.reason().find("divided by nothing"), std::string::npos);
        f.expect_lost();
        EXPECT_EQ(f.sim.observer.failures(), 1u);
    }
}

// What was reached stays reached, and what others wait for is not waited for any more.
TEST(SimFault, OtherDevicesGoOn) {
    for (const Time time : {Time::real, Time::simulated}) {
        Faulty f(time, {{.call = Call::launch, .kind = Kind::hang}});
        Sim other({.clock = f.clock}, 1);
        std::byte *theirs = f.sim->allocate(8, kCompute), *mine = other->allocate(8, kToDevice);
        const Mark before = f.sim->mark(kCompute);
        f.sim->await(kCompute, before);
        f.call_once(Call::launch);
        other->wait(kToDevice, *f.sim, kCompute, f.sim->mark(kCompute));
        const Mark behind = other->mark(kToDevice);
        f.settle();
        EXPECT_FALSE(other->reached(kToDevice, behind));
        f.sim->retire();
        f.settle();
        f.sim.observer.await_failure();
        other->copy_from_peer(kToDevice, mine, *f.sim, theirs + 1000, 8);  // not even looked at
        other.finish(kToDevice);
        EXPECT_EQ(other.observer.failures(), 0u);
        f.sim->await(kCompute, before);
        EXPECT_TRUE(f.sim->reached(kCompute, before));
    }
}

TEST(SimFault, RetiredWhileWorkRunsItHasNoEffect) {
    const auto clock = std::make_shared<Clock>();
    Sim sim({.launch = 2, .clock = clock});
    bool ran = false;
    auto work = [&](const detail::Operand*) { ran = true; };
    sim->launch(kCompute, call(work));
    clock->at(1, [&] { sim->retire(); });
    while (clock->step()) continue;
    EXPECT_FALSE(ran);
    EXPECT_EQ(sim.observer.failures(), 1u);
}

// No stream runs anything any more when the observer is told, and nothing is reached after that.
TEST(SimFault, IsToldOfWhenNothingRuns) {
    Sim sim({.compute_streams = 4, .faults = {{.call = Fault::Call::mark, .kind = Fault::Kind::later, .at = 20}}});
    std::vector<int> ran(100);
    std::vector<std::function<void(const detail::Operand*)>> work;
    for (int& r : ran) work.emplace_back([&r](const detail::Operand*) { r = 1; });
    try {
        for (int i = 0; i < 100; ++i) {
            sim->launch(kCompute + i % 4, call(work[static_cast<std::size_t>(i)]));
            sim->mark(kCompute + i % 4);
        }
    } catch (const DeviceError&) {  // the device may be lost by now
    }
    sim.observer.await_failure();
    std::fill(ran.begin(), ran.end(), 2);
    const std::size_t reached = sim.observer.all().size();
    sim.device.reset();
    EXPECT_EQ(sim.observer.all().size(), reached);
    EXPECT_EQ(ran, std::vector<int>(100, 2));
}

INSTANTIATE_TEST_SUITE_P(All, SimFaults,
                         ::testing::Combine(::testing::Values(Time::real, Time::simulated),
                                            ::testing::ValuesIn(kCalls)),
                         [](const auto& info) {
                             return std::string(std::get<0>(info.param) == Time::real ? "real_" : "virtual_") +
                                    text(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace heddle::device
