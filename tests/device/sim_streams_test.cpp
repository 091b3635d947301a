#include <chrono>
#include <future>
#include <span>

#include "tests/device/sim_support.hpp"

namespace heddle::device {
namespace {

TEST(SimStreams, DescribeThemselves) {
    const Sim sim({.memory = 1 << 20, .compute_streams = 3, .to_device = 1e9, .flops = 1e12}, 7);
    EXPECT_EQ(sim->description().name, "sim:7");
    EXPECT_EQ(sim->description().memory, std::size_t{1} << 20);
    EXPECT_EQ(sim->description().streams(), 5);
    EXPECT_EQ(sim->description().to_device, 1e9);
    EXPECT_EQ(sim->description().flops, 1e12);
}

TEST(SimStreams, RunInOrder) {
    const Sim sim;
    std::vector<int> seen;
    std::vector<std::function<void(const detail::Operand*)>> work;
    for (int i = 0; i < 100; ++i) work.emplace_back([&seen, i](const detail::Operand*) { seen.push_back(i); });
    for (auto& w : work) sim->launch(kCompute, call(w));
    sim.finish(kCompute);
    ASSERT_EQ(seen.size(), 100u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

// To the device, through a kernel there, and back: each stream waits for the one before.
TEST(SimStreams, WaitForEachOther) {
    const Sim sim;
    constexpr int kCount = 1000;
    int *in = sim.numbers(kCount, 1), *out = sim.numbers(kCount, 0);
    std::byte* block = sim->allocate(kCount * sizeof(int), kToDevice);
    ASSERT_NE(block, nullptr);
    const detail::Layout layout = row(kCount);
    const detail::Operand operand{block, &layout};
    auto twice = [](const detail::Operand* o) {
        for (int i = 0; i < kCount; ++i) static_cast<int*>(o->data)[i] *= 2;
    };
    sim->copy(kToDevice, block, in, {.bytes = kCount * sizeof(int)});
    sim->wait(kCompute, *sim, kToDevice, sim->mark(kToDevice));
    sim->launch(kCompute, call(twice, {&operand, 1}));
    sim->wait(kToHost, *sim, kCompute, sim->mark(kCompute));
    sim->copy(kToHost, out, block, {.bytes = kCount * sizeof(int)});
    sim.finish(kToHost);
    for (int i = 0; i < kCount; ++i) ASSERT_EQ(out[i], 2 * (i + 1));
}

// A kernel that runs until it is let go, so that what a test says of meanwhile is so.
struct Gate {
    void operator()(const detail::Operand*) {
        entered.set_value();
        opened.wait();
    }
    std::promise<void> entered, open;
    std::shared_future<void> opened = open.get_future().share();
};

TEST(SimStreams, WaitAcrossDevices) {
    const Sim first({}, 0), second({}, 1);
    Gate gate;
    bool done = false, seen = false;
    auto set = [&](const detail::Operand*) { done = true; };
    auto look = [&](const detail::Operand*) { seen = done; };
    first->launch(kCompute, call(gate));
    first->launch(kCompute, call(set));
    const Mark mark = first->mark(kCompute);
    second->wait(kCompute, *first, kCompute, mark);
    second->launch(kCompute, call(look));
    const Mark end = second->mark(kCompute);
    second.finish(kCompute + 1);  // the other streams go on
    EXPECT_FALSE(second->reached(kCompute, end));
    gate.open.set_value();
    second->await(kCompute, end);
    EXPECT_TRUE(seen);
}

TEST(SimStreams, RefuseWaitsForMarksThatAreNotMade) {
    const Sim sim, virtual_one({.clock = std::make_shared<Clock>()}, 1);
    const Mark mark = sim->mark(kCompute);
    sim->wait(kToDevice, *sim, kCompute, mark);
    EXPECT_TRUE(device_error([&] { sim->wait(kToDevice, *sim, kCompute, mark + 1); }).usable());
    EXPECT_TRUE(device_error([&] { sim->wait(kToDevice, *sim, 99, 0); }).usable());
    EXPECT_TRUE(device_error([&] { virtual_one->wait(kToDevice, *sim, kCompute, mark); }).usable());
    sim.finish(kToDevice);
}

// No call but await() waits for the work.
TEST(SimStreams, CallsReturnWhileWorkRuns) {
    const Sim sim;
    Gate gate;
    sim->launch(kCompute, call(gate));
    gate.entered.get_future().wait();
    std::byte *block = sim->allocate(8, kCompute), *host = sim->allocate_pinned(8);
    sim->copy(kCompute, block, block, {.bytes = 4});
    sim->free(block, kCompute);
    sim->free_pinned(host);
    const Mark mark = sim->mark(kCompute);
    sim->wait(kToHost, *sim, kCompute, mark);
    sim->trim();
    EXPECT_FALSE(sim->reached(kCompute, mark));
    gate.open.set_value();
    sim->await(kCompute, mark);
    EXPECT_TRUE(sim->reached(kCompute, mark));
    sim.finish(kToHost);
}

TEST(SimStreams, TellOfTheirMarksInOrder) {
    Sim sim({.compute_streams = 2}, 5);
    for (int i = 0; i < 50; ++i)
        for (Stream s = 0; s < 4; ++s) EXPECT_EQ(sim->mark(s), static_cast<Mark>(i) + 1);
    sim.observer.await_reached(200);
    std::vector<Mark> last(4);
    for (const auto& [device, stream, mark] : sim.observer.all()) {
        EXPECT_EQ(device, 5);
        EXPECT_EQ(mark, ++last[static_cast<std::size_t>(stream)]);
    }
}

// The observer may call back: no lock is held.
TEST(SimStreams, LetTheObserverCall) {
    Sim sim;
    std::promise<bool> seen;
    sim.observer.on_reached = [&](int, Stream stream, Mark mark) { seen.set_value(sim->reached(stream, mark)); };
    sim->mark(kToHost);
    EXPECT_TRUE(seen.get_future().get());
}

TEST(SimStreams, TakeAsLongAsTheModelSays) {
    const Sim sim({.to_device = 1e5, .flops = 1e3, .launch = 0.002, .copy = 0.001});
    auto nothing = [](const detail::Operand*) {};
    std::byte *block = sim->allocate(1000, kToDevice), *host = sim->allocate_pinned(1000);
    auto start = std::chrono::steady_clock::now();
    const auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
    sim->copy(kToDevice, block, host, {.bytes = 1000});
    sim.finish(kToDevice);
    EXPECT_GE(passed(), 0.011);
    start = std::chrono::steady_clock::now();
    sim->launch(kCompute, call(nothing, {}, 10));
    sim->launch(kCompute + 1, call(nothing, {}, 10));
    sim.finish(kCompute);
    sim.finish(kCompute + 1);
    EXPECT_GE(passed(), 0.022) << "streams share the rate";
}

// Whatever streams are doing or waiting for, the device goes without waiting for it: these would take for ever.
TEST(SimStreams, EndWithTheirDevice) {
    auto first = std::make_unique<Sim>(SimOptions{.launch = 1e9}, 0);
    auto second = std::make_unique<Sim>(SimOptions{}, 1);
    auto nothing = [](const detail::Operand*) {};
    (*first)->launch(kCompute, call(nothing));
    const Mark mark = (*first)->mark(kCompute);
    (*first)->wait(kToHost, **first, kCompute, mark);
    (*second)->wait(kCompute, **first, kCompute, mark);
    (*second)->wait(kToHost, **first, kCompute, mark);
    const Mark behind = (*second)->mark(kCompute);
    EXPECT_FALSE((*second)->reached(kCompute, behind));
    first.reset();
    (*second)->await(kCompute, behind);  // nobody is left to wait for
    second.reset();
}

TEST(SimStreams, EndWhileTheyWaitForAnotherDevice) {
    auto first = std::make_unique<Sim>(SimOptions{.launch = 1e9}, 0);
    auto second = std::make_unique<Sim>(SimOptions{}, 1);
    auto nothing = [](const detail::Operand*) {};
    (*first)->launch(kCompute, call(nothing));
    (*second)->wait(kCompute, **first, kCompute, (*first)->mark(kCompute));
    second.reset();
    EXPECT_EQ((*first)->description().name, "sim:0");
    first.reset();
}

}  // namespace
}  // namespace heddle::device
