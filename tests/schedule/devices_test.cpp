// Tasks on simulated devices: what is copied, what memory is taken, and how well copies and work overlap.

#include <gtest/gtest.h>

#include <algorithm>
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

constexpr PlacementOptions kOnDevices{.policy = PlacementOptions::Policy::gpu};

schedule::Devices& devices_of(const Engine& engine) { return *engine.core()->devices(); }

TEST(Devices, ValuesTravelOnceAndStayUntilTheyChange) {
    Engine engine({.threads = 2, .device = "sim", .placement = kOnDevices});
    Buffer<int> a(engine, Shape{100}), b(engine, Shape{100});
    Scope scope(engine);
    const auto copy = [](View<const int> in, View<int> out) { std::copy(in.begin(), in.end(), out.begin()); };
    scope.submit(
        {.name = "set", .place = Place::cpu}, [](View<int> v) { std::fill(v.begin(), v.end(), 3); }, write(a));
    for (int i = 0; i < 10; ++i) scope.submit("copy", copy, read(a), write(b));
    scope.wait();
    EXPECT_EQ(devices_of(engine).copies().to_device, 1u);
    EXPECT_EQ(devices_of(engine).copies().to_host, 0u);
    EXPECT_EQ(b.host_view()[99], 3);
    EXPECT_EQ(b.host_view()[0], 3);
    EXPECT_EQ(devices_of(engine).copies().to_host, 1u);
    EXPECT_EQ(devices_of(engine).usage(0).tasks, 10u);
    a.host_view_for_update()[5] = 9;
    scope.submit("copy", copy, read(a), write(b));
    EXPECT_EQ(b.host_view()[5], 9);
    EXPECT_EQ(devices_of(engine).copies().to_device, 2u);
}

// Which copies a graph needs when each task runs where it is pinned: none but of a tile that is read, or changed in
// part, where it is not valid.
struct Oracle {
    std::vector<std::vector<bool>> valid;  // by place (host, device), then tile
    std::uint64_t to_device = 0, to_host = 0;

    explicit Oracle(std::size_t tiles) : valid{std::vector<bool>(tiles, true), std::vector<bool>(tiles, false)} {}
    void touch(std::size_t place, std::size_t tile, Mode mode, bool whole) {
        if (!(mode == Mode::write && whole) && !valid[place][tile]) {
            ++(place == 0 ? to_host : to_device);
            valid[place][tile] = true;
        }
        if (mode == Mode::read) return;
        valid[0][tile] = valid[1][tile] = false;
        valid[place][tile] = true;
    }
};

TEST(Devices, CopiesAreExactlyThoseThatCoherenceNeeds) {
    constexpr std::int64_t kTiles = 7, kExtent = 5;
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        Engine engine({.threads = 2, .device = kOneSim});
        Buffer<int> a(engine, Shape{kTiles * kExtent}, {.tile = Shape{kExtent}});
        std::vector<int> expected(static_cast<std::size_t>(kTiles * kExtent), 0);
        Oracle oracle(static_cast<std::size_t>(kTiles));
        Scope scope(engine);
        scope.submit(
            {.name = "zero", .place = Place::cpu}, [](View<int> v) { std::fill(v.begin(), v.end(), 0); }, write(a));
        for (int task = 0; task < 40; ++task) {
            const auto lo = static_cast<std::int64_t>(random() % (kTiles * kExtent));
            const auto hi = lo + 1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(kTiles * kExtent - lo));
            const auto mode = static_cast<Mode>(random() % 3);
            const std::size_t place = random() % 2;
            const TaskOptions options{.name = "task", .place = place == 0 ? Place::cpu : Place::gpu};
            const Box box{{lo}, {hi}};
            if (mode == Mode::read)
                scope.submit(
                    options, [](View<const int>) {}, read(a, box));
            else if (mode == Mode::write)
                scope.submit(
                    options,
                    [task](View<int> v) {
                        for (std::int64_t i = 0; i < v.size(); ++i) v(i) = task;
                    },
                    write(a, box));
            else
                scope.submit(
                    options,
                    [task](View<int> v) {
                        for (std::int64_t i = 0; i < v.size(); ++i) v(i) = v(i) * 3 + task;
                    },
                    update(a, box));
            for (std::int64_t i = lo; i < hi && mode != Mode::read; ++i) {
                int& value = expected[static_cast<std::size_t>(i)];
                value = mode == Mode::write ? task : value * 3 + task;
            }
            for (std::int64_t tile = lo / kExtent; tile <= (hi - 1) / kExtent; ++tile)
                oracle.touch(place, static_cast<std::size_t>(tile), mode,
                             lo <= tile * kExtent && (tile + 1) * kExtent <= hi);
        }
        scope.wait();
        EXPECT_EQ(devices_of(engine).copies().to_device, oracle.to_device) << "seed " << seed;
        EXPECT_EQ(devices_of(engine).copies().to_host, oracle.to_host) << "seed " << seed;
        const auto view = a.host_view();
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), view.begin())) << "seed " << seed;
    }
}

// Pageable memory of the caller's, in rows of several tiles: read through staging memory, changed on the CPU only.
TEST(Devices, BorrowedMemoryIsReadOnDevicesAndChangedOnTheHost) {
    Engine engine({.threads = 2, .device = kThreeSims, .placement = kOnDevices});
    std::vector<float> values(60 * 50);
    std::iota(values.begin(), values.end(), 0.f);
    Buffer<float> a(engine, Shape{60, 50}, values.data(), {.tile = Shape{16, 12}});
    Buffer<float> b(engine, Shape{60, 50}, {.tile = Shape{16, 12}});
    Scope scope(engine);
    for (std::int64_t r = 0; r < 60; r += 16)
        for (std::int64_t c = 0; c < 50; c += 12) {
            const Box box{{r, c}, {std::min<std::int64_t>(r + 16, 60), std::min<std::int64_t>(c + 12, 50)}};
            scope.submit(
                "twice",
                [](View<const float> from, View<float> to) {
                    for (std::int64_t i = 0; i < to.extent(0); ++i)
                        for (std::int64_t j = 0; j < to.extent(1); ++j) to(i, j) = 2 * from(i, j);
                },
                read(a, box), write(b, box));
            scope.submit(
                "add",
                [](View<const float> from, View<float> to) {
                    for (std::int64_t i = 0; i < to.extent(0); ++i)
                        for (std::int64_t j = 0; j < to.extent(1); ++j) to(i, j) += from(i, j);
                },
                read(b, box), update(a, box));
        }
    scope.wait();
    std::uint64_t on_devices = 0;
    for (int device = 0; device < 3; ++device) on_devices += devices_of(engine).usage(device).tasks;
    EXPECT_EQ(on_devices, 20u);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], 3.f * static_cast<float>(i));
    EXPECT_EQ(b.host_view()(59, 49), 2.f * 2999);
}

TEST(Devices, TenTimesTheMemoryOfADeviceIsEnough) {
    constexpr std::int64_t kTile = 4096, kTiles = 100;  // of int64: 32 KiB each, and 320 KiB on the device
    Engine engine({.threads = 2, .device = "sim:memory=400K,streams=3", .placement = kOnDevices});
    Buffer<std::int64_t> a(engine, Shape{kTile * kTiles}, {.tile = Shape{kTile}});
    Scope scope(engine);
    for (int step = 0; step < 3; ++step)
        for (std::int64_t t = 0; t < kTiles; ++t) {
            const Box box{{t * kTile}, {(t + 1) * kTile}};
            if (step == 0)
                scope.submit(
                    "set", [t](View<std::int64_t> v) { std::fill(v.begin(), v.end(), t); }, write(a, box));
            else
                scope.submit(
                    "add",
                    [](View<std::int64_t> v) {
                        for (auto& x : v) x = x * 2 + 1;
                    },
                    update(a, box));
        }
    scope.wait();
    const auto view = a.host_view();
    for (std::int64_t t = 0; t < kTiles; ++t) ASSERT_EQ(view[t * kTile], (t * 2 + 1) * 2 + 1);
    EXPECT_EQ(devices_of(engine).usage(0).tasks, 300u);
    EXPECT_LE(devices_of(engine).usage(0).memory_peak, 400u * 1024);
    EXPECT_GT(devices_of(engine).copies().evicted, 200u);
}

TEST(Devices, WhatNeverFitsRunsOnTheHost) {
    Engine engine({.threads = 2, .device = "sim:memory=64K", .placement = kOnDevices});
    Buffer<double> a(engine, Shape{100'000});
    Scope scope(engine);
    scope.submit(
        "set", [](View<double> v) { std::fill(v.begin(), v.end(), 4.); }, write(a));
    EXPECT_EQ(a.host_view()[99'999], 4.);
    EXPECT_EQ(devices_of(engine).usage(0).tasks, 0u);
}

TEST(Devices, PoliciesAndPins) {
    const auto on_device = [](PlacementOptions placement, Place place) {
        Engine engine({.threads = 1, .device = "sim", .placement = placement});
        std::vector<Buffer<int>> cells;
        for (int i = 0; i < 100; ++i) cells.emplace_back(engine, Shape{10});
        Scope scope(engine);
        for (auto& cell : cells)
            scope.submit(
                {.name = "set", .place = place}, [](View<int> v) { v[0] = 1; }, write(cell));
        scope.wait();
        return devices_of(engine).usage(0).tasks;
    };
    using Policy = PlacementOptions::Policy;
    EXPECT_EQ(on_device({Policy::cpu}, Place::automatic), 0u);
    EXPECT_EQ(on_device({Policy::gpu}, Place::automatic), 100u);
    EXPECT_EQ(on_device({Policy::cpu}, Place::gpu), 100u);
    EXPECT_EQ(on_device({Policy::gpu}, Place::cpu), 0u);
    EXPECT_EQ(on_device({Policy::fixed, 0.3}, Place::automatic), 30u);
    EXPECT_EQ(on_device({Policy::fixed, 0.0}, Place::automatic), 0u);
    EXPECT_EQ(on_device({Policy::fixed, 1.0}, Place::automatic), 100u);
}

TEST(Devices, BytesThatWerePutAsideGoWithTheTasksThatReadThem) {
    Engine engine({.threads = 2, .device = "sim", .placement = kOnDevices});
    Buffer<int> x(engine, Shape{100}), y(engine, Shape{100});
    for (int i = 0; i < 20; ++i) {
        engine.submit(
            {.name = "set", .place = Place::cpu}, [i](View<int> v) { std::fill(v.begin(), v.end(), i); }, write(x));
        engine.submit(
            "copy", [](View<const int> in, View<int> out) { std::copy(in.begin(), in.end(), out.begin()); }, read(x),
            write(y));
        engine.wait();
        EXPECT_EQ(y.host_view()[99], i);
        EXPECT_LE(memory::replicas_of(*x.core())->at(0).saved.size(), 1u) << i;
    }
}

TEST(Devices, StateThatStaysOnADeviceDoesNotMakeTheJournalLong) {
    Engine engine({.threads = 2, .device = "sim", .max_tasks = 500, .placement = kOnDevices});
    Buffer<std::uint64_t> a(engine, Shape{8}), b(engine, Shape{8});
    Scope scope(engine);
    scope.submit(
        "set", [](View<std::uint64_t> v) { std::fill(v.begin(), v.end(), 1); }, write(a));
    scope.submit(
        "set", [](View<std::uint64_t> v) { std::fill(v.begin(), v.end(), 2); }, write(b));
    std::size_t longest = 0;
    for (int i = 0; i < 20'000; ++i) {
        scope.submit(
            "step", [](View<const std::uint64_t> from, View<std::uint64_t> to) { to[7] = to[7] * 3 + from[7]; },
            read(i % 2 == 0 ? a : b), update(i % 2 == 0 ? b : a));
        longest = std::max(longest, devices_of(engine).journal_size());
    }
    scope.wait();
    EXPECT_EQ(devices_of(engine).journal_size(), 0u);
    EXPECT_LT(longest, 6'000u);
    std::uint64_t x[] = {1, 2};
    for (int i = 0; i < 20'000; ++i) x[1 - i % 2] = x[1 - i % 2] * 3 + x[i % 2];
    EXPECT_EQ(a.host_view()[7], x[0]);
    EXPECT_EQ(b.host_view()[7], x[1]);
}

struct Proportions {
    double in, work, out;  // milliseconds per tile
};

// Tiles that come from the host, are worked on and go back, in virtual time; the share of the ideal, in which the
// slowest of the three never waits once its first tile is there.
double overlap(const Proportions& p, int tiles, const std::string& more = "") {
    constexpr std::int64_t kBytes = 1 << 20;
    const auto rate = [](double milliseconds) { return std::to_string(1e3 * kBytes / milliseconds); };
    Engine engine({.threads = 2,
                   .device = "sim:clock=virtual,to_device=" + rate(p.in) + ",to_host=" + rate(p.out) +
                             ",flops=" + rate(p.work) + more,
                   .placement = kOnDevices});
    std::vector<Buffer<std::uint8_t>> in, out;
    Scope scope(engine);
    for (int i = 0; i < tiles; ++i) {
        in.emplace_back(engine, Shape{kBytes});
        out.emplace_back(engine, Shape{kBytes});
        scope.submit(
            {.name = "read", .place = Place::cpu}, [](View<std::uint8_t> v) { v[0] = 1; }, write(in.back()));
    }
    scope.wait();
    const double began = engine.core()->now();
    for (int i = 0; i < tiles; ++i) {
        const auto at = static_cast<std::size_t>(i);
        scope.submit(
            {.name = "work", .flops = static_cast<double>(kBytes)},
            [](View<const std::uint8_t> from, View<std::uint8_t> to) { to[0] = from[0]; }, read(in[at]),
            write(out[at]));
        scope.submit(
            {.name = "write", .place = Place::cpu}, [](View<const std::uint8_t> v) { (void)v; }, read(out[at]));
    }
    scope.wait();
    const double slowest = std::max({p.in, p.work, p.out});
    const double ideal = 1e-3 * (p.in + p.work + p.out + (tiles - 1) * slowest);
    return ideal / (engine.core()->now() - began);
}

TEST(Devices, CopiesAndWorkOverlap) {
    EXPECT_GE(overlap({1, 1, 1}, 50), 0.95);
    for (const Proportions& p :
         {Proportions{1, 2, 3}, {3, 2, 1}, {1, 5, 1}, {5, 1, 1}, {1, 1, 5}, {2, 2, 1}, {0.1, 1, 0.3}})
        EXPECT_GE(overlap(p, 50), 0.9) << p.in << " " << p.work << " " << p.out;
    // With room for some of the tiles only.
    EXPECT_GE(overlap({1, 1, 1}, 50, ",memory=16M"), 0.9);
}

TEST(Devices, VirtualTimeIsTheSameEachTime) {
    const auto once = [] {
        Engine engine({.threads = 3,
                       .device = "sim:devices=2,clock=virtual,to_device=1G,to_host=2G,on_device=10G,launch=5e-6,"
                                 "host_bytes=3G,jitter=0.5,seed=7"});
        std::vector<Buffer<float>> cells;
        for (int i = 0; i < 8; ++i) cells.emplace_back(engine, Shape{10'000});
        std::mt19937 random(3);
        Scope scope(engine);
        for (int i = 0; i < 200; ++i)
            scope.submit(
                "mix", [](View<const float> from, View<float> to) { to[0] += from[0]; }, read(cells[random() % 4]),
                update(cells[4 + random() % 4]));
        scope.wait();
        return std::pair(engine.core()->now(), devices_of(engine).usage(1).tasks);
    };
    const auto first = once();
    EXPECT_GT(first.first, 0.0);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(once(), first);
}

}  // namespace
}  // namespace heddle::test
