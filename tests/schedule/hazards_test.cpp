// Random graphs against serial execution: every task mixes what it reads into what it writes, so that any order other
// than that of submission shows in the bytes.

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/schedule/support.hpp"

namespace heddle::test {
namespace {

constexpr std::int64_t kRows = 12, kColumns = 10;
constexpr int kBuffers = 3;

struct Op {
    int buffer;
    Mode mode;
    bool whole;
    Box box;
};
struct TaskPlan {
    std::vector<Op> ops;
    std::uint64_t salt;
    std::int64_t pieces;
    Lane lane;
};

std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    return x ^ (x >> 27);
}

Box random_box(std::mt19937& random) {
    const auto pick = [&](std::int64_t extent) {
        std::int64_t a = static_cast<std::int64_t>(random() % static_cast<unsigned>(extent + 1));
        std::int64_t b = static_cast<std::int64_t>(random() % static_cast<unsigned>(extent + 1));
        return std::pair(std::min(a, b), std::max(a, b));
    };
    const auto [r0, r1] = pick(kRows);
    const auto [c0, c1] = pick(kColumns);
    return {Shape{r0, c0}, Shape{r1, c1}};
}

bool overlap(const Box& a, const Box& b) {
    return a.lo[0] < b.hi[0] && b.lo[0] < a.hi[0] && a.lo[1] < b.hi[1] && b.lo[1] < a.hi[1];
}

std::vector<TaskPlan> random_plan(unsigned seed, int tasks) {
    std::mt19937 random(seed);
    std::vector<TaskPlan> plan;
    for (int t = 0; t < tasks; ++t) {
        TaskPlan task{{},
                      random(),
                      random() % 4 == 0 ? 1 + static_cast<std::int64_t>(random() % 5) : 1,
                      random() % 8 == 0 ? Lane::io : Lane::cpu};
        const int count = 1 + static_cast<int>(random() % (random() % 16 == 0 ? 12 : 4));
        for (int k = 0; k < count; ++k) {
            Op op{static_cast<int>(random() % kBuffers), static_cast<Mode>(random() % 3), random() % 4 == 0,
                  random_box(random)};
            if (op.whole) op.box = Box::whole({kRows, kColumns});
            // Within one task, what is written must not overlap anything else, or pieces and copies would disagree.
            bool clash = false;
            for (const auto& other : task.ops)
                clash = clash || (other.buffer == op.buffer && overlap(other.box, op.box) &&
                                  (other.mode != Mode::read || op.mode != Mode::read));
            if (!clash) task.ops.push_back(op);
        }
        plan.push_back(task);
    }
    return plan;
}

struct Cells {
    std::uint64_t* data;
    Shape extents, strides;
    std::uint64_t& operator()(std::int64_t r, std::int64_t c) const { return data[r * strides[0] + c * strides[1]]; }
};

// Reads everything, then writes what belongs to the piece: rows r with r % count == index.
void run_body(const TaskPlan& task, const std::vector<Cells>& cells, std::int64_t piece, std::int64_t count) {
    std::uint64_t hash = task.salt;
    for (std::size_t k = 0; k < task.ops.size(); ++k)
        if (task.ops[k].mode == Mode::read)
            for (std::int64_t r = 0; r < cells[k].extents[0]; ++r)
                for (std::int64_t c = 0; c < cells[k].extents[1]; ++c) hash = mix(hash + cells[k](r, c));
    for (std::size_t k = 0; k < task.ops.size(); ++k) {
        if (task.ops[k].mode == Mode::read) continue;
        for (std::int64_t r = piece; r < cells[k].extents[0]; r += count)
            for (std::int64_t c = 0; c < cells[k].extents[1]; ++c) {
                auto& cell = cells[k](r, c);
                cell =
                    mix(hash ^ static_cast<std::uint64_t>(r * 31 + c) ^ (task.ops[k].mode == Mode::update ? cell : 0));
            }
    }
}

using Bytes = std::vector<std::vector<std::uint64_t>>;

Bytes run_serially(const std::vector<TaskPlan>& plan) {
    Bytes bytes(kBuffers, std::vector<std::uint64_t>(kRows * kColumns, 1));
    for (const auto& task : plan) {
        std::vector<Cells> cells;
        for (const auto& op : task.ops)
            cells.push_back({bytes[static_cast<std::size_t>(op.buffer)].data() + op.box.lo[0] * kColumns + op.box.lo[1],
                             op.box.extents(), Shape{kColumns, 1}});
        for (std::int64_t p = 0; p < task.pieces; ++p) run_body(task, cells, p, task.pieces);
    }
    return bytes;
}

Bytes run_on(const Setup& setup, const std::vector<TaskPlan>& plan, const std::vector<Shape>& tiles) {
    Engine engine(setup.options());
    std::vector<Buffer<std::uint64_t>> buffers;
    Scope scope(engine);
    for (int b = 0; b < kBuffers; ++b) {
        auto& buffer = buffers.emplace_back(engine, Shape{kRows, kColumns},
                                            BufferOptions{.tile = tiles[static_cast<std::size_t>(b)]});
        scope.submit(
            "fill", [](View<std::uint64_t> v) { std::fill(v.begin(), v.end(), 1u); }, write(buffer));
    }
    for (const auto& task : plan) {
        std::vector<AnyAccess> accesses;
        for (const auto& op : task.ops)
            accesses.push_back({&buffers[static_cast<std::size_t>(op.buffer)], op.mode,
                                op.whole ? std::optional<Box>() : std::optional<Box>(op.box)});
        scope.submit_list({.name = "mix", .lane = task.lane, .pieces = task.pieces}, accesses,
                          [&task](const Piece& piece, const detail::Operand* operands) {
                              std::vector<Cells> cells;
                              for (std::size_t k = 0; k < task.ops.size(); ++k)
                                  cells.push_back({static_cast<std::uint64_t*>(operands[k].data),
                                                   operands[k].layout->shape, operands[k].layout->strides});
                              run_body(task, cells, piece.index, piece.count);
                          });
    }
    scope.wait();
    Bytes bytes;
    for (auto& buffer : buffers) {
        const auto view = buffer.host_view();
        bytes.emplace_back(view.begin(), view.end());
    }
    return bytes;
}

class Hazards : public testing::TestWithParam<Setup> {};

TEST_P(Hazards, RandomGraphsGiveTheBytesOfSerialExecution) {
    const std::vector<std::vector<Shape>> tilings = {{Shape{12, 10}, Shape{12, 10}, Shape{12, 10}},
                                                     {Shape{1, 1}, Shape{5, 3}, Shape{4, 10}},
                                                     {Shape{12, 1}, Shape{3, 3}, Shape{7, 7}}};
    for (unsigned seed = 0; seed < 12; ++seed) {
        const auto plan = random_plan(seed, 200);
        EXPECT_EQ(run_on(GetParam(), plan, tilings[seed % tilings.size()]), run_serially(plan)) << "seed " << seed;
    }
}

TEST_P(Hazards, ManySubmittersEachKeepTheirOrder) {
    Engine engine(GetParam().options());
    constexpr int kSubmitters = 4, kSteps = 400;
    std::vector<Buffer<std::int64_t>> own;
    for (int s = 0; s < kSubmitters; ++s) own.emplace_back(engine, Shape{1});
    Buffer<std::int64_t> shared(engine, Shape{1});
    Scope scope(engine);
    scope.submit(
        "zero", [](View<std::int64_t> v) { v[0] = 0; }, write(shared));
    for (auto& buffer : own)
        scope.submit(
            "zero", [](View<std::int64_t> v) { v[0] = 0; }, write(buffer));
    std::vector<std::thread> submitters;
    for (int s = 0; s < kSubmitters; ++s)
        submitters.emplace_back([&, s] {
            for (int i = 0; i < kSteps; ++i) {
                scope.submit(
                    "own",
                    [i](View<std::int64_t> v) {
                        if (v[0] == i) ++v[0];
                    },
                    update(own[static_cast<std::size_t>(s)]));
                scope.submit(
                    "shared", [](View<std::int64_t> v) { ++v[0]; }, update(shared));
            }
        });
    for (auto& thread : submitters) thread.join();
    scope.wait();
    for (auto& buffer : own) EXPECT_EQ(buffer.host_view()[0], kSteps);
    EXPECT_EQ(shared.host_view()[0], kSubmitters * kSteps);
}

TEST_P(Hazards, ReadersOfOneTileStayFlatAndAWriterWaitsForAll) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{1});
    std::atomic<int> reads{0};
    Scope scope(engine);
    scope.submit(
        "set", [](View<int> v) { v[0] = 7; }, write(a));
    for (int i = 0; i < 5000; ++i)
        scope.submit(
            "read", [&reads](View<const int> v) { reads += v[0] == 7; }, read(a));
    int seen = 0;
    scope.submit(
        "after", [&](View<int> v) { seen = reads, v[0] = 8; }, write(a));
    scope.wait();
    EXPECT_EQ(seen, 5000);
}

TEST_P(Hazards, EmptyBuffersRegionsAndRanks) {
    Engine engine(GetParam().options());
    Buffer<float> empty(engine, Shape{0, 3}), scalar(engine, Shape{});
    Buffer<std::uint8_t> deep(engine, Shape{2, 1, 3, 1, 2, 2, 1, 2}, {.tile = Shape{1, 1, 2, 1, 2, 1, 1, 2}});
    Scope scope(engine);
    scope.submit(
        "empty", [](View<float> v) { EXPECT_TRUE(v.empty()); }, write(empty));
    scope.submit(
        "none", [](View<float> v) { EXPECT_EQ(v.size(), 0); }, update(empty, Box{{0, 1}, {0, 2}}));
    scope.submit(
        "scalar", [](View<float> v) { v() = 3; }, write(scalar));
    scope.submit(
        "deep", [](View<std::uint8_t> v) { std::iota(v.begin(), v.end(), std::uint8_t{0}); }, write(deep));
    scope.submit(
        "inner",
        [](View<std::uint8_t> v) {
            EXPECT_EQ(v.shape(), (Shape{1, 1, 2, 1, 1, 2, 1, 2}));
            EXPECT_EQ(v(0, 0, 0, 0, 0, 0, 0, 0), 36);
            EXPECT_EQ(v(0, 0, 1, 0, 0, 1, 0, 1), 47);
        },
        update(deep, Box{{1, 0, 1, 0, 1, 0, 0, 0}, {2, 1, 3, 1, 2, 2, 1, 2}}));
    scope.wait();
    EXPECT_EQ(scalar.host_view()(), 3);
}

INSTANTIATE_TEST_SUITE_P(Setups, Hazards, testing::ValuesIn(kSetupsWithDevices),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace heddle::test
