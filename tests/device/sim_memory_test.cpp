#include <sys/wait.h>

#include <cmath>
#include <csignal>
#include <span>

#include "tests/device/sim_support.hpp"

namespace heddle::device {
namespace {

constexpr std::size_t kMiB = 1 << 20;

// A sanitizer catches the signal and exits.
bool touched_nothing(int status) {
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGSEGV : WIFEXITED(status) && WEXITSTATUS(status) != 0;
}

TEST(SimMemory, DiesWhereTheHostTouchesIt) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const Sim sim;
    volatile std::byte* block = sim->allocate(64, kToDevice);
    sim.finish(kToDevice);
    EXPECT_EXIT(static_cast<void>(block[0]), touched_nothing, "");
    EXPECT_EXIT(block[63] = std::byte{1}, touched_nothing, "");
}

TEST(SimMemory, ReadsAsNaNBeforeItIsWritten) {
    const Sim sim({.memory = kMiB});
    const detail::Layout layout = row(100);
    std::vector<double> seen(100);
    auto look = [&](const detail::Operand* o) { std::memcpy(seen.data(), o->data, 100 * sizeof(double)); };
    auto write = [&](const detail::Operand* o) { std::fill_n(static_cast<double*>(o->data), 100, 1.0); };
    std::byte* first = nullptr;
    for (int round = 0; round < 2; ++round) {
        std::byte* block = sim->allocate(100 * sizeof(double), kCompute);
        if (round == 0) first = block;
        EXPECT_EQ(block, first) << "not the block that was written";
        const detail::Operand operand{block, &layout};
        sim->launch(kCompute, call(look, {&operand, 1}));
        sim->launch(kCompute, call(write, {&operand, 1}));
        sim->free(block, kCompute);
        sim.finish(kCompute);
        for (const double value : seen) EXPECT_TRUE(std::isnan(value));
    }
}

TEST(SimMemory, IsAsMuchAsAskedFor) {
    const Sim sim({.memory = kMiB});
    EXPECT_EQ(sim->allocate(kMiB + 1, kCompute), nullptr);
    std::byte* all = sim->allocate(kMiB, kCompute);
    EXPECT_NE(all, nullptr);
    EXPECT_EQ(sim->allocate(1, kCompute), nullptr);
    sim->free(all, kCompute);
    sim.finish(kCompute);
    for (int i = 0; i < 4; ++i) EXPECT_NE(sim->allocate(kMiB / 4, kCompute), nullptr) << i;
    EXPECT_EQ(sim->allocate(1, kCompute), nullptr);
}

TEST(SimMemory, BreaksIntoPieces) {
    constexpr std::size_t kPiece = 4 * kMiB;
    const Sim sim({.memory = 8 * kPiece});
    std::vector<std::byte*> blocks;
    for (int i = 0; i < 8; ++i) blocks.push_back(sim->allocate(kPiece, kCompute));
    for (std::size_t i = 0; i < 8; i += 2) sim->free(blocks[i], kCompute);
    sim.finish(kCompute);
    EXPECT_EQ(sim->allocate(2 * kPiece, kCompute), nullptr) << "half is free, but no two pieces side by side";
    for (std::size_t i = 1; i < 8; i += 2) sim->free(blocks[i], kCompute);
    sim.finish(kCompute);
    EXPECT_NE(sim->allocate(8 * kPiece, kCompute), nullptr);
}

TEST(SimMemory, IsFreedBehindWhatIsInTheStream) {
    const auto clock = std::make_shared<Clock>();
    const Sim sim({.memory = kMiB, .launch = 1, .clock = clock});
    auto nothing = [](const detail::Operand*) {};
    std::byte* block = sim->allocate(kMiB, kCompute);
    sim->launch(kCompute, call(nothing));
    sim->free(block, kCompute);
    const Mark mark = sim->mark(kCompute);
    EXPECT_EQ(sim->allocate(kMiB, kToDevice), nullptr);
    while (clock->step() && clock->now() < 1) EXPECT_EQ(sim->allocate(1, kToDevice), nullptr);
    sim->await(kCompute, mark);
    EXPECT_NE(sim->allocate(kMiB, kToDevice), nullptr);
}

class SimIllegalAddress : public ::testing::Test {
protected:
    // The device is lost, once, for this reason.
    void expect_lost(const std::string& part) {
        const DeviceError error = sim.observer.await_failure();
        EXPECT_EQ(error.code(), 700);
        EXPECT_EQ(error.name(), "simIllegalAddress");
        EXPECT_FALSE(error.usable());
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        EXPECT_FALSE(device_error([&] { sim->mark(kCompute); }).usable());
    }
    std::byte* block(std::size_t bytes) { return sim->allocate(bytes, kCompute); }

    const detail::Layout layout = row(1);
    Sim sim;
};

TEST_F(SimIllegalAddress, UseAfterFree) {
    auto nothing = [](const detail::Operand*) {};
    const detail::Operand operand{block(64), &layout};
    sim->launch(kCompute, call(nothing, {&operand, 1}));
    sim->free(static_cast<std::byte*>(operand.data), kCompute);
    sim->launch(kCompute, call(nothing, {&operand, 1}));
    expect_lost("launch of 'test'");
}

TEST_F(SimIllegalAddress, DoubleFree) {
    std::byte* once = block(64);
    sim->free(once, kCompute);
    sim->free(once, kCompute);
    expect_lost("is freed, where no block");
}

TEST_F(SimIllegalAddress, HostMemoryAsOperand) {
    bool ran = false;
    auto work = [&](const detail::Operand*) { ran = true; };
    const detail::Operand operand{sim->allocate_pinned(64), &layout};
    sim->launch(kCompute, call(work, {&operand, 1}));
    expect_lost("lies in no block");
    EXPECT_FALSE(ran);
}

TEST_F(SimIllegalAddress, CopyBeyondABlock) {
    std::byte *to = block(100), *from = block(200);
    sim->copy(kCompute, to, from, {.bytes = 100});
    sim.finish(kCompute);
    sim->copy(kCompute, to + 1, from, {.bytes = 100});
    expect_lost("reach 1 bytes beyond");
}

TEST_F(SimIllegalAddress, RowsBeyondABlock) {
    std::byte *to = block(300), *from = block(300);
    sim->copy(kCompute, to, from, {.bytes = 50, .rows = 3, .to_pitch = 125, .from_pitch = 50});
    sim.finish(kCompute);
    sim->copy(kCompute, to, from, {.bytes = 50, .rows = 3, .to_pitch = 126, .from_pitch = 50});
    expect_lost("reach 2 bytes beyond");
}

TEST_F(SimIllegalAddress, WriteBehindABlock) {
    auto write = [](const detail::Operand* o) { static_cast<char*>(o->data)[70] = 0; };
    const detail::Operand operand{block(70), &layout};
    sim->launch(kCompute, call(write, {&operand, 1}));
    expect_lost("written 1 bytes beyond the block of 70 bytes");
}

TEST_F(SimIllegalAddress, WriteBeforeABlock) {
    auto write = [](const detail::Operand* o) { static_cast<char*>(o->data)[-2] = 0; };
    const detail::Operand operand{block(70), &layout};
    sim->launch(kCompute, call(write, {&operand, 1}));
    expect_lost("written 2 bytes before the block");
}

// Beside a block that the launch does not name it shows when that is freed.
TEST_F(SimIllegalAddress, WriteBehindAnotherBlock) {
    std::byte *mine = block(64), *other = block(64);
    auto write = [at = other - mine + 64](const detail::Operand* o) { static_cast<char*>(o->data)[at] = 0; };
    const detail::Operand operand{mine, &layout};
    sim->launch(kCompute, call(write, {&operand, 1}));
    sim.finish(kCompute);
    EXPECT_EQ(sim.observer.failures(), 0u);
    sim->free(other, kCompute);
    expect_lost("in a release of memory");
}

// Memory that another stream allocates is usable behind a mark of it, not before.
TEST(SimMemory, IsOfUseWhenItsStreamGetsThere) {
    for (const bool waits : {true, false}) {
        const auto clock = std::make_shared<Clock>();
        Sim sim({.launch = 1, .clock = clock});
        const detail::Layout layout = row(1);
        auto nothing = [](const detail::Operand*) {};
        sim->launch(kCompute, call(nothing));
        sim->launch(kCompute, call(nothing));
        const detail::Operand operand{sim->allocate(64, kCompute), &layout};
        if (waits) sim->wait(kCompute + 1, *sim, kCompute, sim->mark(kCompute));
        sim->launch(kCompute + 1, call(nothing, {&operand, 1}));
        while (clock->step()) continue;
        EXPECT_EQ(sim.observer.failures(), waits ? 0u : 1u);
    }
}

}  // namespace
}  // namespace heddle::device
