#include <atomic>
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

}  // namespace
}  // namespace heddle::device
