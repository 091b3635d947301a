#include <algorithm>
#include <span>

#include "tests/device/sim_support.hpp"

namespace heddle::device {
namespace {

TEST(Clock, GoesThroughItsEventsInOrder) {
    Clock clock;
    std::string seen;
    const auto note = [&](char c) { return [&seen, c] { seen += c; }; };
    clock.at(2, note('d'));
    clock.at(1, note('b'));
    clock.at(1, [&] {
        seen += 'c';
        clock.at(0.5, [&] {  // no sooner than now
            seen += 'C';
            EXPECT_EQ(clock.now(), 1);
        });
        EXPECT_EQ(clock.now(), 1);
    });
    clock.at(0, note('a'));
    clock.at(2, note('e'));
    while (clock.step()) continue;
    EXPECT_EQ(seen, "abcCde");
    EXPECT_EQ(clock.now(), 2);
    EXPECT_FALSE(clock.step());
}

// When each mark was reached, in the order in which they were.
struct Times {
    explicit Times(SimOptions options) : sim((options.clock = clock, options)) {
        sim.observer.on_reached = [this](int, Stream stream, Mark mark) {
            streams.push_back(stream);
            marks.push_back(mark);
            times.push_back(clock->now());
        };
    }
    void finish() const {
        while (clock->step()) continue;
    }

    std::shared_ptr<Clock> clock = std::make_shared<Clock>();
    Sim sim;
    std::vector<Stream> streams;
    std::vector<Mark> marks;
    std::vector<double> times;
};

// N tiles through three streams, each of which takes c for a tile: the last is back after (N + 2) c.
TEST(SimVirtualTime, OverlapsCopiesAndWork) {
    constexpr int kTiles = 10, kCount = 256;
    constexpr std::size_t kBytes = kCount * sizeof(int);
    constexpr double kTime = 0.25;
    const Times t({.to_device = kBytes / kTime, .to_host = kBytes / kTime, .flops = kCount / kTime});
    const Sim& sim = t.sim;
    int *in = sim.numbers(kTiles * kCount, 1), *out = sim.numbers(kTiles * kCount, 0);
    const detail::Layout layout = row(kCount);
    auto twice = [](const detail::Operand* o) {
        for (int i = 0; i < kCount; ++i) static_cast<int*>(o->data)[i] *= 2;
    };
    for (int tile = 0; tile < kTiles; ++tile) {
        const detail::Operand operand{sim->allocate(kBytes, kToDevice), &layout};
        sim->copy(kToDevice, operand.data, in + tile * kCount, {.bytes = kBytes});
        sim->wait(kCompute, *sim, kToDevice, sim->mark(kToDevice));
        sim->launch(kCompute, call(twice, {&operand, 1}, kCount));
        sim->wait(kToHost, *sim, kCompute, sim->mark(kCompute));
        sim->copy(kToHost, out + tile * kCount, operand.data, {.bytes = kBytes});
    }
    sim->await(kToHost, sim->mark(kToHost));
    EXPECT_EQ(t.clock->now(), (kTiles + 2) * kTime);
    for (int i = 0; i < kTiles * kCount; ++i) ASSERT_EQ(out[i], 2 * (i + 1));
}

TEST(SimVirtualTime, IsMadeOfLatencyAndRate) {
    Times t({.to_device = 1000, .to_host = 500, .on_device = 4000, .flops = 100, .launch = 0.5, .copy = 0.25});
    const Sim& sim = t.sim;
    auto nothing = [](const detail::Operand*) {};
    std::byte *block = sim->allocate(1000, kToDevice), *host = sim->allocate_pinned(1000);
    const auto time = [&](Stream stream) {
        const double start = t.clock->now();
        sim.finish(stream);
        return t.clock->now() - start;
    };
    sim->copy(kToDevice, block, host, {.bytes = 250, .rows = 4, .to_pitch = 250, .from_pitch = 250});
    EXPECT_EQ(time(kToDevice), 1.25);
    sim->copy(kToHost, host, block, {.bytes = 1000});
    EXPECT_EQ(time(kToHost), 2.25);
    sim->copy(kCompute, block, block, {.bytes = 1000});
    EXPECT_EQ(time(kCompute), 0.5);
    sim->launch(kCompute, call(nothing, {}, 200, 4000));
    EXPECT_EQ(time(kCompute), 2.5);
    sim->launch(kCompute, call(nothing, {}, 100, 8000));
    EXPECT_EQ(time(kCompute), 2.5);
    EXPECT_EQ(time(kCompute), 0) << "a mark alone";
}

// Latencies overlap, the compute units serve one stream after another.
TEST(SimVirtualTime, StreamsShareTheComputeUnits) {
    Times t({.compute_streams = 3, .flops = 100, .launch = 0.5});
    auto nothing = [](const detail::Operand*) {};
    for (Stream s = kCompute; s < kCompute + 3; ++s) {
        t.sim->launch(s, call(nothing, {}, 100));
        t.sim->mark(s);
    }
    t.finish();
    EXPECT_EQ(t.times, (std::vector<double>{1.5, 2.5, 3.5}));
}

// An effect shows when the operation is done; what is enqueued later starts no sooner than that.
TEST(SimVirtualTime, EffectsShowAtTheirTime) {
    const Times t({.launch = 1});
    double first = -1, second = -1;
    auto note_first = [&](const detail::Operand*) { first = t.clock->now(); };
    auto note_second = [&](const detail::Operand*) { second = t.clock->now(); };
    t.sim->launch(kCompute, call(note_first));
    EXPECT_EQ(first, -1) << "nothing happens within a call";
    t.sim.finish(kCompute);
    EXPECT_EQ(first, 1);
    t.clock->at(5, [] {});
    t.finish();
    t.sim->launch(kCompute, call(note_second));
    t.finish();
    EXPECT_EQ(second, 6);
}

struct Course {
    std::vector<Stream> streams;
    std::vector<double> times;
    bool operator==(const Course&) const = default;
};

Course course_with(std::uint64_t seed, int ordinal = 0) {
    const auto clock = std::make_shared<Clock>();
    Sim sim({.compute_streams = 3, .launch = 1, .seed = seed, .jitter = 0.5, .clock = clock}, ordinal);
    Course course;
    sim.observer.on_reached = [&](int, Stream stream, Mark) {
        course.streams.push_back(stream);
        course.times.push_back(clock->now());
    };
    auto nothing = [](const detail::Operand*) {};
    for (int i = 0; i < 20; ++i)
        for (Stream s = kCompute; s < kCompute + 3; ++s) {
            sim->launch(s, call(nothing));
            sim->mark(s);
        }
    while (clock->step()) continue;
    return course;
}

TEST(SimVirtualTime, JitterIsReproducible) {
    const Course even = course_with(0), first = course_with(1), again = course_with(1), second = course_with(2);
    ASSERT_EQ(even.streams.size(), 60u);
    ASSERT_EQ(first.streams.size(), 60u);
    for (std::size_t i = 0; i < 60; ++i) {
        EXPECT_EQ(even.streams[i], kCompute + static_cast<int>(i % 3)) << "without a seed in the order of the calls";
        EXPECT_EQ(even.times[i], static_cast<double>(i / 3) + 1);
    }
    EXPECT_EQ(first, again);
    EXPECT_NE(first, second);
    EXPECT_NE(first, course_with(1, 1)) << "each device has a sequence of its own";
    EXPECT_NE(first.streams, even.streams) << "nothing came out of order";
    EXPECT_GT(first.times.back(), 20);
    EXPECT_LE(first.times.back(), 30);
}

TEST(SimVirtualTime, WaitsAcrossDevices) {
    const auto clock = std::make_shared<Clock>();
    const Sim first({.launch = 3, .clock = clock}, 0), second({.launch = 1, .clock = clock}, 1);
    auto nothing = [](const detail::Operand*) {};
    first->launch(kCompute, call(nothing));
    second->wait(kCompute, *first, kCompute, first->mark(kCompute));
    second->launch(kCompute, call(nothing));
    second->launch(kCompute + 1, call(nothing));
    second.finish(kCompute + 1);
    EXPECT_EQ(clock->now(), 1);
    second.finish(kCompute);
    EXPECT_EQ(clock->now(), 4);
}

TEST(SimVirtualTime, CopiesBetweenDevicesTakeTheReceiversTime) {
    const auto clock = std::make_shared<Clock>();
    const Sim first({.clock = clock}, 0), second({.to_device = 100, .copy = 0.5, .clock = clock}, 1);
    std::byte *from = first->allocate(100, kCompute), *to = second->allocate(100, kCompute);
    first.finish(kCompute);
    second->copy_from_peer(kCompute, to, *first, from, 100);
    second.finish(kCompute);
    EXPECT_EQ(clock->now(), 1.5);
}

TEST(SimVirtualTime, EventsOfADeviceThatIsGoneDoNothing) {
    const auto clock = std::make_shared<Clock>();
    bool ran = false;
    auto work = [&](const detail::Operand*) { ran = true; };
    auto sim = std::make_unique<Sim>(SimOptions{.launch = 1, .clock = clock}, 0);
    const Sim other({.clock = clock}, 1);
    (*sim)->launch(kCompute, call(work));
    other->wait(kCompute, **sim, kCompute, (*sim)->mark(kCompute));
    clock->step();
    sim.reset();
    other.finish(kCompute);
    while (clock->step()) continue;
    EXPECT_FALSE(ran);
}

TEST(SimVirtualTime, AwaitShowsThatNothingIsLeftToHappen) {
    const auto clock = std::make_shared<Clock>();
    const Sim sim({.clock = clock, .faults = {{.call = Fault::Call::launch, .kind = Fault::Kind::hang}}});
    auto nothing = [](const detail::Operand*) {};
    sim->launch(kCompute, call(nothing));
    const Mark mark = sim->mark(kCompute);
    const DeviceError error = device_error([&] { sim->await(kCompute, mark); });
    EXPECT_EQ(error.name(), "simLaunchTimeout");
    EXPECT_FALSE(error.usable());
    sim.finish(kCompute + 1);
}

}  // namespace
}  // namespace heddle::device
