// What makes room on a device whose memory is too small: tiles that are needed latest, by the tasks that are known.
// In virtual time, so exact.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "heddle/scope.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"

namespace heddle::test {
namespace {

constexpr std::int64_t kTile = 1 << 20;  // bytes

schedule::Devices& devices_of(const Engine& engine) { return *engine.core()->devices(); }

// Room for so many tiles, of which one is copied in so many milliseconds and worked on in one.
EngineOptions room_for(int tiles, double copy) {
    const std::string rate = std::to_string(1e3 * kTile / copy);
    return {.threads = 1,
            .device = "sim:clock=virtual,memory=1G,to_device=" + rate + ",to_host=" + rate + ",flops=1G",
            .device_memory = static_cast<std::size_t>(tiles) * (kTile + 4096),
            .placement = {.policy = PlacementOptions::Policy::gpu}};
}

// Misses of a cache that drops what is needed latest (Belady 1966), of tiles used in this order.
std::uint64_t fewest_copies(const std::vector<int>& uses, std::size_t room) {
    std::vector<int> held;
    std::uint64_t misses = 0;
    for (std::size_t i = 0; i < uses.size(); ++i) {
        if (std::find(held.begin(), held.end(), uses[i]) != held.end()) continue;
        ++misses;
        const auto next = [&](int tile) {
            return std::find(uses.begin() + static_cast<std::ptrdiff_t>(i), uses.end(), tile) - uses.begin();
        };
        if (held.size() == room)
            held.erase(std::max_element(held.begin(), held.end(), [&](int a, int b) { return next(a) < next(b); }));
        held.push_back(uses[i]);
    }
    return misses;
}

struct Result {
    std::uint64_t copies;
    double milliseconds;
};

// Tasks that use the tiles in this order.
Result run(Engine& engine, const std::vector<int>& uses, int tiles, Mode mode) {
    Buffer<std::uint8_t> a(engine, Shape{tiles * kTile}, {.tile = Shape{kTile}});
    Scope scope(engine);
    scope.submit(
        {.name = "set", .place = Place::cpu}, [](View<std::uint8_t> v) { v[0] = 1; }, write(a));
    scope.wait();
    const double began = engine.core()->now();
    for (const int tile : uses) {
        const Box box{{tile * kTile}, {(tile + 1) * kTile}};
        if (mode == Mode::read)
            scope.submit(
                {.name = "read", .flops = 1e6}, [](View<const std::uint8_t>) {}, read(a, box));
        else
            scope.submit(
                {.name = "update", .flops = 1e6}, [](View<std::uint8_t> v) { ++v[0]; }, update(a, box));
    }
    scope.wait();
    return {devices_of(engine).copies().to_device, 1e3 * (engine.core()->now() - began)};
}

std::vector<int> cycle(int tiles, int passes) {
    std::vector<int> uses;
    for (int i = 0; i < tiles * passes; ++i) uses.push_back(i % tiles);
    return uses;
}

// Where what was used longest ago went, each of the 200 tasks needed a copy: 201 ms, or 601 ms with slow copies.
TEST(Eviction, CyclesKeepWhatIsNeededSoonest) {
    const auto uses = cycle(20, 10);
    const std::uint64_t fewest = fewest_copies(uses, 10);
    EXPECT_EQ(fewest, 110u);
    for (const Mode mode : {Mode::read, Mode::update})
        for (const double copy : {1., 3.}) {
            Engine engine(room_for(10, copy));
            const Result result = run(engine, uses, 20, mode);
            EXPECT_LE(result.copies, 125u) << "copies of " << copy << " ms";
            EXPECT_LE(result.milliseconds, copy == 1 ? 202 : 420) << "copies of " << copy << " ms";
        }
}

TEST(Eviction, AnyOrderNeedsFewMoreCopiesThanItMust) {
    for (unsigned seed = 0; seed < 5; ++seed) {
        std::mt19937 random(seed);
        std::vector<int> uses;
        for (int i = 0; i < 300; ++i) uses.push_back(static_cast<int>(random() % 20));
        Engine engine(room_for(10, 1));
        const Result result = run(engine, uses, 20, seed % 2 == 0 ? Mode::read : Mode::update);
        const auto fewest = static_cast<double>(fewest_copies(uses, 10));
        EXPECT_LE(static_cast<double>(result.copies), 1.3 * fewest) << "of " << fewest << ", seed " << seed;
    }
}

// All values are right after tiles came and went.
TEST(Eviction, ValuesComeBack) {
    Engine engine(room_for(3, 0.1));
    Buffer<std::int64_t> a(engine, Shape{12 * kTile / 8}, {.tile = Shape{kTile / 8}});
    Scope scope(engine);
    for (int pass = 0; pass < 5; ++pass)
        for (std::int64_t t = 0; t < 12; ++t) {
            const Box box{{t * kTile / 8}, {(t + 1) * kTile / 8}};
            if (pass == 0)
                scope.submit(
                    "set", [t](View<std::int64_t> v) { std::fill(v.begin(), v.end(), t); }, write(a, box));
            else
                scope.submit(
                    "add", [](View<std::int64_t> v) { v[7] = v[7] * 2 + 1; }, update(a, box));
        }
    scope.wait();
    const auto view = a.host_view();
    for (std::int64_t t = 0; t < 12; ++t) {
        EXPECT_EQ(view[t * kTile / 8 + 7], t * 16 + 15);
        EXPECT_EQ(view[t * kTile / 8 + 6], t);
    }
    EXPECT_GT(devices_of(engine).copies().evicted, 20u);
}

}  // namespace
}  // namespace heddle::test
