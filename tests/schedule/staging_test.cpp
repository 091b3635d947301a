// Host memory that is not page-locked, on its way to devices and back: its copies run beside everything else.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "heddle/scope.hpp"
#include "host/memory/tiles.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"
#include "tests/schedule/support.hpp"

namespace heddle::test {
namespace {

using namespace std::chrono_literals;
using Bytes = std::uint8_t;

constexpr PlacementOptions kOnDevices{.policy = PlacementOptions::Policy::gpu};

schedule::Devices& devices_of(const Engine& engine) { return *engine.core()->devices(); }

// Memory with a page that holds up whoever touches it first, until it is let go of.
class HeldMemory {
public:
    explicit HeldMemory(std::size_t bytes) : bytes_(bytes) {
        data_ = static_cast<Bytes*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        std::iota(data_, data_ + bytes, Bytes{0});
        page_ = data_ + bytes / 2 / kPage * kPage;
        EXPECT_EQ(pipe(touched_) + pipe(go_), 0);
        current = this;
        struct sigaction action {};
        action.sa_sigaction = &HeldMemory::hold;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigaction(SIGSEGV, &action, &before_);
        mprotect(page_, kPage, PROT_NONE);
    }
    HeldMemory(const HeldMemory&) = delete;
    HeldMemory& operator=(const HeldMemory&) = delete;
    ~HeldMemory() {
        sigaction(SIGSEGV, &before_, nullptr);
        munmap(data_, bytes_);
        for (const int end : {touched_[0], touched_[1], go_[0], go_[1]}) close(end);
    }
    Bytes* data() const { return data_; }
    // Blocks until somebody touches the page; the signal handler wakes it.
    void await_touch() const {
        char c = 0;
        EXPECT_EQ(::read(touched_[0], &c, 1), 1);
    }
    void let_go() const { EXPECT_EQ(::write(go_[1], "", 1), 1); }

private:
    static constexpr std::size_t kPage = 4096;
    static inline HeldMemory* current = nullptr;

    static void hold(int, siginfo_t* info, void*) {
        const auto* at = static_cast<const Bytes*>(info->si_addr);
        if (at < current->page_ || at >= current->page_ + kPage) _exit(1);
        char c = 0;
        if (::write(current->touched_[1], "", 1) != 1 || ::read(current->go_[0], &c, 1) != 1) _exit(1);
        mprotect(current->page_, kPage, PROT_READ | PROT_WRITE);
    }

    std::size_t bytes_;
    Bytes* data_ = nullptr;
    Bytes* page_ = nullptr;
    int touched_[2]{}, go_[2]{};
    struct sigaction before_ {};
};

constexpr std::int64_t kMany = 5 << 20;  // bytes: a copy of several pieces

std::int64_t sum(View<const Bytes> v) { return std::accumulate(v.begin(), v.end(), std::int64_t{0}); }
std::int64_t sum_of_iota(std::int64_t bytes) { return bytes / 256 * (255 * 128); }

// Tasks that need nothing of the held memory, one with pageable memory of its own; they end while that is held.
void run_others(Engine& engine, Buffer<std::int64_t>& out) {
    std::vector<Bytes> mine(kMany, 3);
    Buffer<Bytes> in(engine, Shape{kMany}, mine.data());
    Scope scope(engine);
    scope.submit(
        "set", [](View<std::int64_t> to) { to[0] = to[1] = 1; }, write(out));
    scope.submit(
        "other", [](View<const Bytes> from, View<std::int64_t> to) { to[1] += sum(from); }, read(in), update(out));
    scope.wait();
}

TEST(Staging, TasksArePlacedAndRunWhileASlotIsFilled) {
    HeldMemory memory(kMany);
    Engine engine({.threads = 2, .device = kOneSim, .placement = kOnDevices});
    Buffer<Bytes> in(engine, Shape{kMany}, memory.data());
    Buffer<std::int64_t> out(engine, Shape{1});
    Scope scope(engine);
    scope.submit(
        "held", [](View<const Bytes> from, View<std::int64_t> to) { to[0] = sum(from); }, read(in), write(out));
    memory.await_touch();
    Buffer<std::int64_t> others(engine, Shape{2});
    run_others(engine, others);
    EXPECT_EQ(others.host_view()[1], 1 + 3 * kMany);
    EXPECT_EQ(devices_of(engine).usage(0).tasks, 2u);
    memory.let_go();
    EXPECT_EQ(out.host_view()[0], sum_of_iota(kMany));
    EXPECT_EQ(devices_of(engine).usage(0).tasks, 3u);
    EXPECT_EQ(devices_of(engine).copies().to_device, 2u);
}

TEST(Staging, TasksArePlacedAndRunWhileASlotIsDrained) {
    HeldMemory memory(kMany);
    Engine engine({.threads = 2, .device = kOneSim, .placement = kOnDevices});
    Buffer<Bytes> out(engine, Shape{kMany}, memory.data());
    out.core()->returns = true;
    std::int64_t result = 0;
    Scope scope(engine);
    scope.submit(
        "held", [](View<Bytes> to) { std::fill(to.begin(), to.end(), 7); }, write(out));
    scope.submit(
        {.name = "read", .place = Place::cpu}, [&](View<const Bytes> from) { result = sum(from); }, read(out));
    memory.await_touch();
    Buffer<std::int64_t> others(engine, Shape{2});
    run_others(engine, others);
    EXPECT_EQ(devices_of(engine).usage(0).tasks, 3u);
    EXPECT_EQ(result, 0);
    memory.let_go();
    scope.wait();
    EXPECT_EQ(result, 7 * kMany);
    EXPECT_EQ(others.host_view()[1], 1 + 3 * kMany);
    EXPECT_EQ(std::count(memory.data(), memory.data() + kMany, 7), kMany);
}

// The loss is told while the fill goes on, or just after it.
TEST(Staging, ADeviceMayBeLostWhileASlotIsFilled) {
    for (const char* kind : {"lost", "later"})
        for (const auto on_failure : {OnDeviceFailure::fall_back, OnDeviceFailure::fail}) {
            HeldMemory memory(kMany);
            Engine engine({.threads = 2,
                           .device = std::string("sim:devices=2,fault=launch/") + kind + "/1/1",
                           .placement = kOnDevices,
                           .on_device_failure = on_failure});
            Buffer<Bytes> in(engine, Shape{kMany}, memory.data());
            Buffer<std::int64_t> out(engine, Shape{1}), other(engine, Shape{1});
            Scope scope(engine), loser(engine);
            scope.submit(
                "held", [](View<const Bytes> from, View<std::int64_t> to) { to[0] = sum(from); }, read(in), write(out));
            memory.await_touch();
            loser.submit(
                "set", [](View<std::int64_t> to) { to[0] = 4; }, write(other));
            memory.let_go();
            try {
                EXPECT_EQ(out.host_view()[0], sum_of_iota(kMany));
                EXPECT_EQ(other.host_view()[0], 4);
            } catch (const DeviceError& error) {
                EXPECT_EQ(on_failure, OnDeviceFailure::fail) << error.what();
            }
            try {
                loser.wait();
                EXPECT_EQ(on_failure, OnDeviceFailure::fall_back);
            } catch (const DeviceError& error) {
                EXPECT_EQ(error.device(), "sim:1");
            }
            try {
                scope.wait();
            } catch (const DeviceError& error) {
                EXPECT_EQ(on_failure, OnDeviceFailure::fail) << error.what();
            }
            EXPECT_FALSE(devices_of(engine).usage(1).usable);
        }
}

// Sums of tiles of the caller's memory, on devices.
std::vector<std::int64_t> sums_of_tiles(Engine& engine, std::vector<Bytes>& memory, std::int64_t tile) {
    const auto bytes = static_cast<std::int64_t>(memory.size());
    Buffer<Bytes> in(engine, Shape{bytes}, memory.data(), {.tile = Shape{tile}});
    Buffer<std::int64_t> out(engine, Shape{bytes / tile}, {.tile = Shape{1}});
    std::vector<std::int64_t> sums;
    Scope scope(engine);
    for (std::int64_t t = 0; t < bytes / tile; ++t)
        scope.submit(
            "sum", [](View<const Bytes> from, View<std::int64_t> to) { to[0] = sum(from); },
            read(in, Box{{t * tile}, {(t + 1) * tile}}), write(out, Box{{t}, {t + 1}}));
    scope.submit(
        {.name = "read", .place = Place::cpu},
        [&](View<const std::int64_t> from) { sums.assign(from.begin(), from.end()); }, read(out));
    scope.wait();
    return sums;
}

// More than the ring of slots holds, and more than the device does.
TEST(Staging, FillsWaitForSlots) {
    constexpr std::int64_t kTile = 32 << 20, kTiles = 9;
    std::vector<Bytes> memory(static_cast<std::size_t>(kTile * kTiles), 1);
    Engine engine({.threads = 2, .device = "sim:memory=220M", .placement = kOnDevices});
    EXPECT_EQ(sums_of_tiles(engine, memory, kTile), std::vector<std::int64_t>(kTiles, kTile));
    EXPECT_EQ(devices_of(engine).usage(0).tasks, 9u);
    EXPECT_EQ(devices_of(engine).copies().to_device, 9u);
}

// A task whose values are on their way keeps its blocks: others would take them from it, and it from them, for ever.
TEST(Staging, TasksDoNotTakeEachOthersBlocks) {
    for (const char* clock : {"", ",clock=virtual,to_device=1G"})
        for (const char* memory_size : {"6K", "11K", "20K"}) {
            constexpr std::int64_t kTile = 4096, kTiles = 40;
            std::vector<Bytes> memory(static_cast<std::size_t>(kTile * kTiles), 2);
            Engine engine(
                {.threads = 2, .device = std::string("sim:memory=") + memory_size + clock, .placement = kOnDevices});
            EXPECT_EQ(sums_of_tiles(engine, memory, kTile), std::vector<std::int64_t>(kTiles, 2 * kTile));
            EXPECT_EQ(devices_of(engine).usage(0).tasks, 40u);
            EXPECT_EQ(devices_of(engine).copies().to_device, 40u);
        }
}

// What makes room leaves the device over staging memory, since a task that may run again reads the host's bytes. It is
// back there only when the CPU lane has copied it, after the device's part.
TEST(Staging, EvictedValuesComeBackWhenTheyAreOnTheHost) {
    constexpr std::int64_t kCount = 1 << 17;  // one buffer fills the device
    Engine engine({.threads = 1,
                   .device = "sim:clock=virtual,memory=1G,to_device=10G,to_host=10G,host_bytes=1M",
                   .device_memory = kCount * sizeof(std::int64_t) + 4096,
                   .placement = kOnDevices});
    Buffer<std::int64_t> a(engine, Shape{kCount}), b(engine, Shape{kCount});
    std::ranges::fill(a.host_view_for_update(), 1);
    std::int64_t result = 0;
    Scope scope(engine);
    const auto add = [](View<std::int64_t> v) {
        for (std::int64_t& x : v) x = 10 * x + 1;
    };
    scope.submit("first", add, update(a));
    scope.submit(
        "other", [](View<std::int64_t> v) { std::fill(v.begin(), v.end(), 5); }, write(b));
    scope.submit("second", add, update(a));
    scope.submit(
        {.name = "read", .place = Place::cpu},
        [&](View<const std::int64_t> v) { result = std::accumulate(v.begin(), v.end(), std::int64_t{0}); }, read(a));
    scope.wait();
    EXPECT_EQ(result, 111 * kCount);
    EXPECT_EQ(devices_of(engine).usage(0).tasks, 3u);
    EXPECT_EQ(devices_of(engine).copies().evicted, 2u);
}

TEST(Staging, EveryFaultIsSurvived) {
    constexpr std::int64_t kTile = 512, kTiles = 6;
    for (const char* call : {"allocate", "allocate_pinned", "copy", "launch", "mark", "wait"})
        for (const char* kind : {"refused", "lost", "later", "hang"})
            for (int at = 1; at <= 8; ++at)
                for (const char* devices : {"1", "2"}) {
                    const std::string device = std::string("sim:streams=2,memory=3K,devices=") + devices +
                                               ",fault=" + call + "/" + kind + "/0/" + std::to_string(at);
                    SCOPED_TRACE(device);
                    EngineOptions options{.threads = 2, .device = device, .placement = kOnDevices};
                    if (kind == std::string("hang")) options.device_timeout = 20ms;
                    std::vector<Bytes> memory(static_cast<std::size_t>(kTile * kTiles), 2);
                    Engine engine(options);
                    EXPECT_EQ(sums_of_tiles(engine, memory, kTile), std::vector<std::int64_t>(kTiles, 2 * kTile));
                }
}

TEST(Staging, WithoutPageLockedMemoryTasksRunOnTheHost) {
    std::string faults;  // the engine's own buffer asks for some, too
    for (int at = 1; at <= 200; ++at) faults += ",fault=allocate_pinned/refused/0/" + std::to_string(at);
    std::vector<Bytes> memory(4096, 2);
    Engine engine({.threads = 2, .device = "sim:seed=1" + faults, .placement = kOnDevices});
    EXPECT_EQ(sums_of_tiles(engine, memory, 1024), std::vector<std::int64_t>(4, 2048));
    EXPECT_EQ(devices_of(engine).usage(0).tasks, 0u);
}

// In virtual time fills are work of the CPU lane: the share of the ideal, in which the slowest of fills, copies and
// work never waits once its first tile is there.
std::pair<double, double> overlap(double fill, double copy, double work) {
    constexpr std::int64_t kTile = 1 << 18, kTiles = 50;
    const auto rate = [](double milliseconds) { return std::to_string(1e3 * kTile / milliseconds); };
    std::vector<Bytes> memory(static_cast<std::size_t>(kTile * kTiles), 1);
    Engine engine({.threads = 1,
                   .device = "sim:clock=virtual,to_device=" + rate(copy) + ",flops=" + rate(work) +
                             ",host_bytes=" + rate(fill / 2),
                   .placement = kOnDevices});
    Buffer<Bytes> in(engine, Shape{kTile * kTiles}, memory.data(), {.tile = Shape{kTile}});
    Scope scope(engine);
    for (std::int64_t t = 0; t < kTiles; ++t)
        scope.submit(
            {.name = "work", .flops = kTile}, [](View<const Bytes> v) { (void)v; },
            read(in, Box{{t * kTile}, {(t + 1) * kTile}}));
    scope.wait();
    const double ideal = 1e-3 * (fill + copy + work + (kTiles - 1) * std::max({fill, copy, work}));
    return {ideal / engine.core()->now(), engine.core()->now()};
}

TEST(Staging, FillsOverlapWithCopiesAndWork) {
    const double mixes[][3] = {{1, 1, 1}, {3, 1, 1}, {1, 3, 1}, {1, 1, 3}, {0.2, 1, 0.5}};
    for (const auto& [fill, copy, work] : mixes) {
        const auto first = overlap(fill, copy, work);
        EXPECT_GE(first.first, 0.95) << fill << " " << copy << " " << work;
        EXPECT_LE(first.first, 1.0001) << fill << " " << copy << " " << work;
        EXPECT_EQ(overlap(fill, copy, work), first);
    }
}

TEST(Staging, PartsOfATileAreTheWhole) {
    std::mt19937 random(1);
    Engine engine({.threads = 1, .device = "reference"});
    for (int round = 0; round < 200; ++round) {
        Shape shape, tile, index;
        for (int axis = static_cast<int>(random() % 4); axis-- >= 0;) {
            shape.push_back(1 + static_cast<std::int64_t>(random() % 20));
            tile.push_back(1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(shape[shape.rank() - 1])));
        }
        Buffer<int> buffer(engine, shape, {.tile = tile});
        const auto view = buffer.host_view_for_update();
        std::iota(view.begin(), view.end(), 1);
        const graph::BufferCore& core = *buffer.core();
        for (int a = 0; a < shape.rank(); ++a)
            index.push_back(static_cast<std::int64_t>(random() % static_cast<unsigned>(core.grid[a])));
        const std::size_t bytes = memory::tile_bytes(core, index);
        const std::int64_t parts = 1 + static_cast<std::int64_t>(random() % 30);
        std::vector<std::byte> whole(bytes), pieces(bytes), changed(bytes, std::byte{9}), back(bytes);
        memory::copy_from_host(core, index, whole.data());
        for (std::int64_t part = parts; part-- > 0;) {
            memory::copy_from_host(core, index, pieces.data(), {part, parts});
            memory::copy_to_host(core, index, changed.data(), {part, parts});
        }
        EXPECT_EQ(pieces, whole);
        memory::copy_from_host(core, index, back.data());
        EXPECT_EQ(back, changed);
        const std::int64_t others = std::count(view.begin(), view.end(), 0x09090909);
        EXPECT_EQ(others, static_cast<std::int64_t>(bytes / sizeof(int)));
    }
}

}  // namespace
}  // namespace heddle::test
