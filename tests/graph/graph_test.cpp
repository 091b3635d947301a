// The dependency analysis by itself: which task is ready when, without an executor.

#include "host/graph/graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace heddle::graph {
namespace {

class GraphTest : public testing::Test {
protected:
    Record& add(std::vector<detail::AccessSpec> accesses, bool* ready = nullptr) {
        std::unique_lock lock(graph.mutex);
        Record& record = graph.allocate(lock, AtCap::exceed, 0);
        record.flags = 0;
        graph.set_accesses(record, accesses);
        const bool now = graph.link(record);
        if (ready != nullptr) *ready = now;
        return record;
    }
    // What completing the record makes ready.
    std::vector<Record*> complete(Record& record) {
        std::vector<Record*> ready;
        release_successors(record, [&](Record* r) { ready.push_back(r); });
        graph.give_back(&record, &record, 1);
        return ready;
    }
    static detail::AccessSpec whole(BufferCore& b, Mode mode) { return {&b, nullptr, mode}; }

    Graph graph{1 << 10, 0};
    BufferCore a{DType::float32, Shape{8}, {}}, b{DType::float32, Shape{8}, {}};
    BufferCore tiled{DType::float32, Shape{4, 6}, {.tile = Shape{2, 2}}};
};

TEST_F(GraphTest, ReadAfterWriteWriteAfterReadWriteAfterWrite) {
    bool ready = false;
    Record& w1 = add({whole(a, Mode::write)}, &ready);
    EXPECT_TRUE(ready);
    Record& r1 = add({whole(a, Mode::read)}, &ready);
    EXPECT_FALSE(ready);
    Record& r2 = add({whole(a, Mode::read)}, &ready);
    EXPECT_FALSE(ready);
    Record& w2 = add({whole(a, Mode::write)}, &ready);
    EXPECT_FALSE(ready);
    Record& w3 = add({whole(a, Mode::update)}, &ready);
    EXPECT_FALSE(ready);
    EXPECT_EQ(complete(w1).size(), 2u);
    EXPECT_TRUE(complete(r1).empty());
    EXPECT_EQ(complete(r2), std::vector{&w2});
    EXPECT_EQ(complete(w2), std::vector{&w3});
    complete(w3);
    add({whole(a, Mode::read)}, &ready);
    EXPECT_TRUE(ready);
}

TEST_F(GraphTest, TilesThatDoNotMeetDoNotWait) {
    const Box left{{0, 0}, {4, 2}}, right{{0, 2}, {4, 6}}, corner{{1, 1}, {2, 3}};
    bool ready = false;
    Record& l = add({{&tiled, &left, Mode::write}}, &ready);
    EXPECT_TRUE(ready);
    Record& r = add({{&tiled, &right, Mode::write}}, &ready);
    EXPECT_TRUE(ready);
    Record& c = add({{&tiled, &corner, Mode::read}}, &ready);
    EXPECT_FALSE(ready);
    EXPECT_TRUE(complete(l).empty());
    EXPECT_EQ(complete(r), std::vector{&c});
}

TEST_F(GraphTest, ATaskDoesNotWaitForItself) {
    bool ready = false;
    Record& both = add({whole(a, Mode::read), whole(a, Mode::write), whole(a, Mode::read)}, &ready);
    EXPECT_TRUE(ready);
    add({whole(a, Mode::read)}, &ready);
    EXPECT_FALSE(ready);
    EXPECT_EQ(complete(both).size(), 1u);
}

TEST_F(GraphTest, EmptyBuffersAndEmptyBoxesAreInUseWhileTheirTasksAre) {
    BufferCore empty{DType::float32, Shape{0, 7}, {.tile = Shape{2, 2}}};
    EXPECT_EQ(empty.tile_count, 1);
    const Box none{{0, 3}, {0, 3}}, end{{4, 6}, {4, 6}}, flat{{1, 0}, {1, 6}};
    const std::vector<detail::AccessSpec> all{
        whole(empty, Mode::read), {&empty, &none, Mode::read}, {&tiled, &end, Mode::read}, {&tiled, &flat, Mode::read}};
    for (const auto& access : all) {
        Record& task = add({access});
        EXPECT_FALSE(Graph::idle(*access.buffer, Mode::update));
        complete(task);
        EXPECT_TRUE(Graph::idle(*access.buffer, Mode::update));
    }
}

TEST_F(GraphTest, AReusedRecordIsNotTakenForItsEarlierTask) {
    Record& w = add({whole(a, Mode::write)});
    complete(w);
    bool ready = false;
    for (int i = 0; i < 70; ++i) add({whole(b, Mode::read)}, &ready);  // one of these reuses w's record
    EXPECT_TRUE(ready);
    add({whole(a, Mode::read)}, &ready);
    EXPECT_TRUE(ready);
}

TEST_F(GraphTest, AMillionReadersInTurnKeepTheListShort) {
    Record& w = add({whole(a, Mode::write)});
    complete(w);
    for (int i = 0; i < 100'000; ++i) complete(add({whole(a, Mode::read)}));
    EXPECT_LE(a.tiles()->reader_capacity, 16u);
}

TEST_F(GraphTest, ManyAccessesAndEdges) {
    std::vector<std::unique_ptr<BufferCore>> buffers;
    std::vector<detail::AccessSpec> all;
    std::vector<Record*> writers;
    for (int i = 0; i < 200; ++i) {
        buffers.push_back(std::make_unique<BufferCore>(DType::int8, Shape{1}, BufferOptions{}));
        all.push_back(whole(*buffers.back(), Mode::read));
        writers.push_back(&add({whole(*buffers.back(), Mode::write)}));
    }
    bool ready = true;
    Record& reader = add(all, &ready);
    EXPECT_FALSE(ready);
    std::shuffle(writers.begin(), writers.end(), std::mt19937(1));
    for (std::size_t i = 0; i + 1 < writers.size(); ++i) EXPECT_TRUE(complete(*writers[i]).empty());
    EXPECT_EQ(complete(*writers.back()), std::vector{&reader});
}

// Against the definition: a task waits for every earlier one that it conflicts with, directly or through others.
TEST_F(GraphTest, RandomGraphsAgainstBruteForce) {
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        BufferCore buffer{DType::int8, Shape{6, 6}, {.tile = Shape{2, 3}}};
        struct Task {
            Record* record;
            std::vector<std::pair<int, bool>> tiles;  // tile, writes
            bool ready, done;
        };
        std::vector<Task> tasks;
        const auto blocked = [&](std::size_t i) {
            for (std::size_t j = 0; j < i; ++j)
                for (auto [tile, writes] : tasks[i].tiles)
                    for (auto [other, other_writes] : tasks[j].tiles)
                        if (!tasks[j].done && tile == other && (writes || other_writes)) return true;
            return false;
        };
        for (int step = 0; step < 300; ++step) {
            if (random() % 2 == 0) {
                const auto r = static_cast<std::int64_t>(random() % 3), c = static_cast<std::int64_t>(random() % 2);
                const auto r1 = r + 1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(3 - r));
                const auto c1 = c + 1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(2 - c));
                const Box box{{r * 2, c * 3}, {r1 * 2, c1 * 3}};
                const Mode mode = static_cast<Mode>(random() % 3);
                Task task{nullptr, {}, false, false};
                for (auto i = r; i < r1; ++i)
                    for (auto j = c; j < c1; ++j)
                        task.tiles.emplace_back(static_cast<int>(i * 2 + j), mode != Mode::read);
                task.record = &add({{&buffer, &box, mode}}, &task.ready);
                tasks.push_back(task);
                EXPECT_EQ(tasks.back().ready, !blocked(tasks.size() - 1));
                continue;
            }
            std::vector<std::size_t> running;
            for (std::size_t i = 0; i < tasks.size(); ++i)
                if (tasks[i].ready && !tasks[i].done) running.push_back(i);
            if (running.empty()) continue;
            auto& chosen = tasks[running[random() % running.size()]];
            chosen.done = true;
            for (Record* r : complete(*chosen.record))
                for (auto& task : tasks)
                    if (task.record == r && !task.done) task.ready = true;
            for (std::size_t i = 0; i < tasks.size(); ++i)
                if (!tasks[i].done) {
                    ASSERT_EQ(tasks[i].ready, !blocked(i)) << "task " << i;
                }
        }
        for (bool more = true; more;) {
            more = false;
            for (auto& task : tasks)
                if (task.ready && !task.done) {
                    task.done = more = true;
                    for (Record* r : complete(*task.record))
                        for (auto& other : tasks)
                            if (other.record == r && !other.done) other.ready = true;
                }
        }
        EXPECT_TRUE(std::all_of(tasks.begin(), tasks.end(), [](const Task& t) { return t.done; }));
    }
}

TEST(SerialOrder, PathsCompareAsNestedIntervals) {
    using Path = std::vector<std::uint64_t>;
    EXPECT_TRUE(precedes(Path{1}, Path{2}));
    EXPECT_FALSE(precedes(Path{2}, Path{1}));
    EXPECT_TRUE(precedes(Path{1, 9}, Path{2}));
    EXPECT_TRUE(precedes(Path{1}, Path{2, 3}));
    EXPECT_FALSE(precedes(Path{2}, Path{2, 3}));
    EXPECT_FALSE(precedes(Path{2, 3}, Path{2}));
    EXPECT_TRUE(is_part(Path{2, 3}, Path{2}));
    EXPECT_FALSE(is_part(Path{2}, Path{2}));
    EXPECT_FALSE(is_part(Path{3, 4}, Path{2}));
}

}  // namespace
}  // namespace heddle::graph
