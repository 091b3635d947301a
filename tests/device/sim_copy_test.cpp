#include <span>

#include "tests/device/sim_support.hpp"

namespace heddle::device {
namespace {

std::string text(const std::byte* bytes, std::size_t count) { return {reinterpret_cast<const char*>(bytes), count}; }

class SimCopy : public ::testing::Test {
protected:
    std::byte* pinned(const std::string& value) {
        std::byte* block = sim->allocate_pinned(value.size());
        std::memcpy(block, value.data(), value.size());
        return block;
    }
    void expect_refused(Stream stream, void* to, const void* from, const CopyShape& shape, const std::string& part) {
        const DeviceError error = device_error([&] { sim->copy(stream, to, from, shape); });
        EXPECT_TRUE(error.usable());
        EXPECT_EQ(error.name(), "simInvalidValue");
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }

    Sim sim;
    std::byte* block = sim->allocate(64, kToDevice);
};

TEST_F(SimCopy, TakesRowsWithPitches) {
    std::byte *in = pinned("ab..cd..ef"), *out = pinned("----------------");
    sim->copy(kToDevice, block, in, {.bytes = 2, .rows = 3, .to_pitch = 5, .from_pitch = 4});
    sim->wait(kCompute, *sim, kToDevice, sim->mark(kToDevice));
    std::byte* packed = sim->allocate(6, kCompute);
    sim->copy(kCompute, packed, block, {.bytes = 2, .rows = 3, .to_pitch = 2, .from_pitch = 5});
    sim->wait(kToHost, *sim, kCompute, sim->mark(kCompute));
    sim->copy(kToHost, out + 1, packed, {.bytes = 2, .rows = 3, .to_pitch = 3, .from_pitch = 2});
    sim.finish(kToHost);
    EXPECT_EQ(text(out, 16), "-ab-cd-ef-------");
}

TEST_F(SimCopy, OfNothingIsFine) {
    sim->copy(kToDevice, nullptr, nullptr, {.bytes = 0});
    sim->copy(kToDevice, nullptr, nullptr, {.bytes = 5, .rows = 0});
    sim.finish(kToDevice);
    EXPECT_EQ(sim.observer.failures(), 0u);
}

TEST_F(SimCopy, WantsPinnedHostMemory) {
    std::byte* host = pinned("0123456789");
    std::byte pageable[10] = {};
    expect_refused(kToDevice, block, pageable, {.bytes = 10}, "pinned");
    expect_refused(kToHost, pageable, block, {.bytes = 10}, "pinned");
    expect_refused(kToDevice, block, host + 1, {.bytes = 10}, "pinned");
    expect_refused(kToHost, host, block, {.bytes = 2, .rows = 4, .to_pitch = 3, .from_pitch = 2}, "pinned");
    sim->wait(kToHost, *sim, kToDevice, sim->mark(kToDevice));
    sim->copy(kToHost, host, block, {.bytes = 1, .rows = 4, .to_pitch = 3, .from_pitch = 2});
    sim.finish(kToHost);
    sim->free_pinned(host);
    expect_refused(kToDevice, block, host, {.bytes = 1}, "pinned");
}

TEST_F(SimCopy, RefusesShortPitches) {
    std::byte* host = pinned("0123456789");
    expect_refused(kToDevice, block, host, {.bytes = 4, .rows = 2, .to_pitch = 3, .from_pitch = 4}, "pitch");
    expect_refused(kToDevice, block, host, {.bytes = 4, .rows = 2, .to_pitch = 4, .from_pitch = -4}, "pitch");
    sim->copy(kToDevice, block, host, {.bytes = 4, .rows = 1, .to_pitch = 0, .from_pitch = 0});
    sim.finish(kToDevice);
    EXPECT_EQ(sim.observer.failures(), 0u);
}

TEST_F(SimCopy, RefusesStreamsThatAreNotForIt) {
    auto nothing = [](const detail::Operand*) {};
    EXPECT_TRUE(device_error([&] { sim->launch(kToHost, call(nothing)); }).usable());
    EXPECT_TRUE(device_error([&] { sim->mark(6); }).usable());
    EXPECT_TRUE(device_error([&] { sim->mark(-1); }).usable());
    sim->mark(5);
}

TEST_F(SimCopy, FromPinnedMemoryOfAnotherDevice) {
    const Sim other({}, 1);
    std::byte *in = pinned("abc"), *out = other->allocate_pinned(3);
    std::byte* there = other->allocate(3, kToDevice);
    other->copy(kToDevice, there, in, {.bytes = 3});
    other->wait(kToHost, *other, kToDevice, other->mark(kToDevice));
    other->copy(kToHost, out, there, {.bytes = 3});
    other.finish(kToHost);
    EXPECT_EQ(text(out, 3), "abc");
}

TEST_F(SimCopy, FromAnotherDevice) {
    Sim other({}, 1);
    std::byte *in = pinned("abcdef"), *out = pinned("------");
    sim->copy(kToDevice, block, in, {.bytes = 6});
    const Mark filled = sim->mark(kToDevice);
    std::byte* there = other->allocate(5, kToDevice);
    other->wait(kToDevice, *sim, kToDevice, filled);
    other->copy_from_peer(kToDevice, there, *sim, block + 1, 5);
    other->wait(kToHost, *other, kToDevice, other->mark(kToDevice));
    other->copy(kToHost, out, there, {.bytes = 5});
    other.finish(kToHost);
    EXPECT_EQ(text(out, 6), "bcdef-");
    EXPECT_TRUE(device_error([&] { other->copy_from_peer(kToHost, there, *sim, block, 1); }).usable());
    other->copy_from_peer(kToDevice, there, *sim, block + 64, 1);
    EXPECT_EQ(other.observer.await_failure().code(), 700);
    EXPECT_EQ(sim.observer.failures(), 0u);
}

TEST(SimCopyInTime, FailsWhereItsHostMemoryIsFreedBeforeItsTurn) {
    const auto clock = std::make_shared<Clock>();
    Sim sim({.copy = 1, .clock = clock});
    std::byte *block = sim->allocate(8, kToDevice), *host = sim->allocate_pinned(8);
    sim->copy(kToDevice, block, host, {.bytes = 8});
    sim->free_pinned(host);
    while (clock->step()) continue;
    ASSERT_EQ(sim.observer.failures(), 1u);
    EXPECT_EQ(sim.observer.error().code(), 700);
}

}  // namespace
}  // namespace heddle::device
