#include "host/memory/foresight.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "host/graph/buffer_core.hpp"

namespace heddle::test {
namespace {

using graph::Record;
using memory::Foresight;

struct Buffer {
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { Foresight::forget(core); }
    graph::BufferCore core{DType::float32, Shape{8}, {}};
};

// Tasks that read all of the buffer, numbered from 1.
std::vector<std::unique_ptr<Record>> readers(Buffer& buffer, std::size_t count) {
    std::vector<std::unique_ptr<Record>> tasks;
    for (std::size_t i = 0; i < count; ++i) {
        Record& task = *tasks.emplace_back(std::make_unique<Record>());
        task.seq = i + 1;
        task.access_count = 1;
        task.inline_accesses[0] = graph::TaskAccess(&buffer.core, Mode::read);
    }
    return tasks;
}

TEST(Foresight, NamesTheEarliestTaskThatIsLeft) {
    std::mt19937 random(1);
    Buffer buffer;
    const auto tasks = readers(buffer, 2000);
    Foresight foresight;
    std::set<std::uint64_t> left;
    std::size_t added = 0;
    while (added < tasks.size() || !left.empty()) {
        if (added < tasks.size() && random() % 2 == 0) {
            foresight.add(*tasks[added]);
            left.insert(tasks[added++]->seq);
        } else if (!left.empty()) {
            // The first, which may wait for long, goes seldom.
            auto at = left.begin();
            if (left.size() > 1 && random() % 8 != 0)
                std::advance(at, 1 + static_cast<std::ptrdiff_t>(random() % (left.size() - 1)));
            foresight.remove(*tasks[*at - 1]);
            foresight.remove(*tasks[*at - 1]);  // of a task that is gone nothing happens
            left.erase(at);
        }
        ASSERT_EQ(foresight.next(buffer.core, Box::whole(buffer.core.grid)),
                  left.empty() ? Foresight::kNever : *left.begin());
    }
}

// Of this thread alone: other processes do not count.
double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Seconds for so many readers of one tile that are placed last first; the least of some tries.
double time_of(std::size_t count) {
    double least = 1e9;
    for (int tries = 0; tries < 5; ++tries) {
        Buffer buffer;
        const auto tasks = readers(buffer, count);
        Foresight foresight;
        const double began = thread_seconds();
        for (const auto& task : tasks) foresight.add(*task);
        for (auto task = tasks.rbegin(); task != tasks.rend(); ++task) foresight.remove(**task);
        least = std::min(least, thread_seconds() - began);
        EXPECT_EQ(foresight.next(buffer.core, Box::whole(buffer.core.grid)), Foresight::kNever);
    }
    return least;
}

// A search through all of them would take 625 times as long.
TEST(Foresight, ManyReadersOfATileTakeAsLongAsTheyAreMany) {
    const double few = time_of(2'000), many = time_of(50'000);
    RecordProperty("milliseconds", std::to_string(1e3 * many));
    EXPECT_LT(many, 200 * few) << 1e3 * many << " ms";
}

}  // namespace
}  // namespace heddle::test
