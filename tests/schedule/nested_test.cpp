// Bodies that submit and wait.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>

#include "tests/schedule/support.hpp"

namespace heddle::test {
namespace {

using namespace std::chrono_literals;

class Nested : public testing::TestWithParam<Setup> {};
class NestedOnATeam : public testing::TestWithParam<Setup> {};  // what the reference device cannot show

TEST_P(Nested, PartsWorkOnWhatTheirTaskHolds) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{64}, {.tile = Shape{16}});
    Scope scope(engine);
    for (int round = 0; round < 20; ++round) {
        scope.submit(
            "outer",
            [&, round](View<int> v) {
                v[0] = 100;
                Scope inner(engine);
                for (std::int64_t t = 0; t < 4; ++t)
                    inner.submit(
                        "tile",
                        [round](View<int> part) {
                            for (std::int64_t i = 0; i < part.size(); ++i) part[i] = round;
                        },
                        write(a, Box{{t * 16}, {t * 16 + 16}}));
                for (std::int64_t t = 0; t < 4; ++t)
                    inner.submit(
                        "again",
                        [](View<int> part) {
                            for (std::int64_t i = 0; i < part.size(); ++i) ++part[i];
                        },
                        update(a, Box{{t * 16}, {t * 16 + 16}}));
                inner.wait();
                for (int x : v)
                    if (x != round + 1) throw x;
                v[63] = -1;
            },
            update(a));
        scope.submit(
            "check",
            [round](View<const int> v) {
                if (v[0] != round + 1 || v[63] != -1) throw 1;
            },
            read(a));
    }
    scope.wait();
}

TEST_P(Nested, AHostViewInABodySeesWhatItsPartsWrote) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{4});
    Scope scope(engine);
    int seen = 0;
    scope.submit(
        "outer",
        [&](View<int> v) {
            std::fill(v.begin(), v.end(), 0);
            Scope inner(engine);
            inner.submit(
                "part", [](View<int> part) { part[3] = 7; }, update(a));
            inner.wait();
            seen = a.host_view()[3];
        },
        write(a));
    scope.wait();
    EXPECT_EQ(seen, 7);
}

TEST_P(Nested, WhatABodySubmitsBesideItselfComesAfterIt) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{1}), seen(engine, Shape{3});
    auto lent = std::make_unique<Buffer<int>>(engine, Shape{1});
    const auto look = [&](std::int64_t i) {
        engine.submit(
            "inner", [](View<const int> from, View<int> to) { to[0] = from[0]; }, read(a),
            write(seen, Box{{i}, {i + 1}}));
    };
    engine.submit(
        "outer",
        [&](View<int> v, View<int> own) {
            v[0] = 1;
            look(0);
            engine.submit(
                "second",
                [&](View<int> w) {
                    w[0] = 43;
                    look(1);
                    w[0] = 44;
                },
                update(a));
            lent.reset();  // stays until the body has ended
            own[0] = 5;
            v[0] = 42 + own[0] - 5;
        },
        write(a), write(*lent));
    engine.wait();
    look(2);
    engine.wait();
    const auto view = seen.host_view();
    EXPECT_EQ(view[0], 42);
    EXPECT_EQ(view[1], 44);
    EXPECT_EQ(view[2], 44);
}

TEST_P(Nested, EveryThreadMayWaitAtOnceManyLevelsDeep) {
    Engine engine(GetParam().options());
    std::atomic<int> leaves{0};
    struct Fork {
        Engine& engine;
        std::atomic<int>& leaves;
        void operator()(int depth) const {
            if (depth == 0) {
                ++leaves;
                return;
            }
            Scope scope(engine);
            for (int i = 0; i < 3; ++i) scope.submit("fork", [*this, depth] { (*this)(depth - 1); });
            scope.wait();
        }
    };
    Scope scope(engine);
    for (int i = 0; i < 10; ++i) scope.submit("root", [&] { Fork{engine, leaves}(5); });
    scope.wait();
    EXPECT_EQ(leaves, 10 * 243);
}

TEST_P(Nested, PiecesMayWait) {
    Engine engine(GetParam().options());
    std::atomic<int> ran{0};
    Scope scope(engine);
    for (int t = 0; t < 5; ++t)
        scope.submit({.name = "wide", .pieces = 40}, [&](const Piece&) {
            Scope inner(engine);
            inner.submit({.name = "inner", .pieces = 4}, [&](const Piece&) { ++ran; });
            inner.submit({.name = "io", .lane = Lane::io}, [&] { ++ran; });
            inner.wait();
        });
    scope.wait();
    EXPECT_EQ(ran, 5 * 40 * 5);
}

TEST_P(Nested, TheIoLaneMayWaitToo) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{8});
    Scope scope(engine);
    std::atomic<int> ran{0};
    for (int i = 0; i < 20; ++i)
        scope.submit(
            {.name = "io", .lane = Lane::io},
            [&](View<int>) {
                Scope inner(engine);
                inner.submit(
                    "cpu", [&](View<int>) { ++ran; }, update(a, Box{{0}, {4}}));
                inner.submit(
                    {.name = "io", .lane = Lane::io}, [&](View<int>) { ++ran; }, update(a));
                inner.wait();
            },
            update(a));
    scope.wait();
    EXPECT_EQ(ran, 40);
}

thread_local int nesting = 0;  // of the bodies that wait on this thread
std::atomic<int> deepest{0};

void wait_for_a_part(Engine& engine, Lane lane) {
    int most = deepest;
    ++nesting;
    while (most < nesting && !deepest.compare_exchange_weak(most, nesting)) {
    }
    Scope inner(engine);
    inner.submit({.name = "part", .lane = lane}, [] { std::this_thread::sleep_for(50us); });
    inner.wait();
    --nesting;
}

// Each body that waits could run another one above it, down to the end of the stack.
TEST_P(NestedOnATeam, TheStackIsBoundedHoweverManyBodiesWait) {
    for (const auto& [lane, part_lane] :
         {std::pair(Lane::cpu, Lane::io), std::pair(Lane::cpu, Lane::cpu), std::pair(Lane::io, Lane::io)}) {
        Engine engine(GetParam().options());
        Buffer<int> a(engine, Shape{1});
        deepest = 0;
        Scope scope(engine);
        scope.submit(
            "first", [](View<int>) { std::this_thread::sleep_for(10ms); }, write(a));
        for (int i = 0; i < 300; ++i)
            scope.submit(
                {.name = "waits", .lane = lane},
                [&engine, l = part_lane](View<const int>) { wait_for_a_part(engine, l); }, read(a));
        scope.wait();
        EXPECT_LE(deepest, 40);
    }
}

TEST_P(Nested, ABufferOfTheBodyAndEarlierTasks) {
    Engine engine(GetParam().options());
    Buffer<int> shared(engine, Shape{1});
    Scope scope(engine);
    std::atomic<int> sum{0};
    for (int i = 0; i < 30; ++i) {
        scope.submit(
            "slow",
            [i](View<int> v) {
                std::this_thread::sleep_for(100us);
                v[0] = i;
            },
            write(shared));
    }
    scope.submit("outer", [&] {
        Buffer<int> local(engine, Shape{1});
        Scope inner(engine);
        inner.submit(
            "local", [](View<int> v) { v[0] = 1; }, write(local));
        // Not declared by the body's task, but only tasks from before it use it.
        inner.submit(
            "both", [&](View<const int> x, View<const int> y) { sum += x[0] + y[0]; }, read(local), read(shared));
        inner.wait();
        sum += 1000 * local.host_view()[0];
    });
    scope.wait();
    EXPECT_EQ(sum, 1030);
}

TEST_P(Nested, AScopeLeftOpenEndsWithItsBody) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{1});
    std::unique_ptr<Scope> left;
    Scope scope(engine);
    scope.submit(
        "outer",
        [&](View<int>) {
            left = std::make_unique<Scope>(engine);
            left->submit(
                "part",
                [](View<int> v) {
                    std::this_thread::sleep_for(1ms);
                    v[0] = 5;
                },
                write(a));
        },
        update(a));
    scope.submit(
        "check",
        [](View<const int> v) {
            if (v[0] != 5) throw 1;
        },
        read(a));
    scope.wait();
    EXPECT_TRUE(left->done());
    left->submit(
        "later", [](View<int> v) { v[0] = 6; }, write(a));
    left->wait();
    EXPECT_EQ(a.host_view()[0], 6);
}

TEST_P(NestedOnATeam, TimeLimitsInsideBodies) {
    Engine engine(GetParam().options());
    for (const Lane lane : {Lane::cpu, Lane::io}) {
        std::promise<void> gate;
        auto open = gate.get_future().share();
        std::atomic<bool> timed_out{false};
        Scope scope(engine);
        scope.submit({.name = "outer", .lane = lane}, [&, lane] {
            Scope inner(engine);
            inner.submit({.name = "quick", .lane = lane}, [] {});
            inner.wait_for(10s);
            // On the other lane, where the waiting thread does not run it itself.
            inner.submit({.name = "slow", .lane = lane == Lane::cpu ? Lane::io : Lane::cpu}, [open] { open.wait(); });
            try {
                inner.wait_for(5ms);
            } catch (const Timeout&) {
                timed_out = true;
            }
            gate.set_value();
            inner.wait();
        });
        scope.wait();
        EXPECT_TRUE(timed_out);
    }
}

TEST_P(Nested, ABodyThatAsksAgainAndAgainGetsOn) {
    for (const Lane lane : {Lane::cpu, Lane::io}) {
        Engine engine(GetParam().options());
        Buffer<int> a(engine, Shape{1});
        Scope scope(engine);
        std::atomic<int> asked{0};
        scope.submit({.name = "outer", .lane = lane}, [&] {
            Scope inner(engine);
            for (int i = 0; i < 5; ++i) inner.submit({.name = "part", .lane = lane}, [] {});
            while (!inner.done() && asked < 1'000'000) {
                ++asked;
                try {
                    inner.wait_for(0s);
                } catch (const Timeout&) {
                }
            }
        });
        scope.wait();
        EXPECT_LT(asked, 1'000'000);
    }
}

TEST_P(Nested, DisorderlyMixNeverSticks) {
    Engine engine(GetParam().options());
    constexpr int kBuffers = 6;
    std::vector<Buffer<int>> buffers;
    for (int i = 0; i < kBuffers; ++i) buffers.emplace_back(engine, Shape{8}, BufferOptions{.tile = Shape{2}});
    Scope scope(engine);
    for (auto& b : buffers)
        scope.submit(
            "zero", [](View<int> v) { std::fill(v.begin(), v.end(), 0); }, write(b));
    unsigned random = 12345;
    const auto draw = [&](unsigned n) { return (random = random * 1664525u + 1013904223u) / 65536u % n; };
    int expected = 0;
    for (int t = 0; t < 300; ++t) {
        auto& x = buffers[draw(kBuffers)];
        auto& y = buffers[draw(kBuffers)];
        if (&x == &y) continue;
        const Lane lane = draw(6) == 0 ? Lane::io : Lane::cpu;
        ++expected;
        scope.submit(
            {.name = "outer", .lane = lane, .pieces = 1},
            [&engine, &x, &y](View<int> v, View<const int>) {
                Scope inner(engine);
                for (std::int64_t i = 0; i < 4; ++i)
                    inner.submit(
                        {.name = "part", .lane = i == 3 ? Lane::io : Lane::cpu},
                        [&engine, &x, i](View<int> part, View<const int>) {
                            Scope innermost(engine);
                            innermost.submit(
                                {.name = "leaf", .pieces = 2}, [](const Piece& p, View<int> leaf) { ++leaf[p.index]; },
                                update(x, Box{{2 * i}, {2 * i + 2}}));
                            innermost.wait();
                            part[0] -= 1;
                        },
                        update(x, Box{{2 * i}, {2 * i + 2}}), read(y));
                inner.wait();
                ++v[0];
            },
            update(x), read(y));
    }
    scope.wait();
    int sum = 0;
    for (auto& b : buffers) {
        const auto v = b.host_view();
        sum += v[0] + v[1] * 0;
        EXPECT_EQ(v[2], 0);
        EXPECT_EQ(v[0], v[1]);
    }
    EXPECT_EQ(sum, expected);
}

INSTANTIATE_TEST_SUITE_P(Setups, NestedOnATeam, testing::ValuesIn(kTeams),
                         [](const auto& info) { return name_of(info.param); });
INSTANTIATE_TEST_SUITE_P(Setups, Nested, testing::ValuesIn(kSetups),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace heddle::test
