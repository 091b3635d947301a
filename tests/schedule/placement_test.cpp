// Where tasks are placed by what was measured of earlier ones, and what is told of it; in virtual time, so exact.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "heddle/scope.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/history.hpp"

namespace heddle::test {
namespace {

namespace fs = std::filesystem;
using schedule::History;

schedule::Devices& devices_of(const Engine& engine) { return *engine.core()->devices(); }

// A folder of the test's own, gone with it.
struct Folder {
    fs::path path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "heddle-history-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
};

// Tasks one after another that a lane of 1 Gflop/s takes 1 ms for; how many ran on the device.
std::uint64_t on_device(Engine& engine, int tasks) {
    Buffer<float> a(engine, Shape{256});
    const std::uint64_t before = devices_of(engine).usage(0).tasks;
    Scope scope(engine);
    for (int i = 0; i < tasks; ++i) {
        scope.submit(
            {.name = "step", .flops = 1e6}, [](View<float> v) { v[0] += 1; }, update(a));
        scope.wait();
    }
    return devices_of(engine).usage(0).tasks - before;
}

EngineOptions virtual_options(const std::string& more) { return {.threads = 1, .device = "sim:clock=virtual," + more}; }

TEST(Placement, RatesThatAreRightAreFollowed) {
    Engine fast(virtual_options("flops=4G,host_flops=1G")), slow(virtual_options("flops=1G,host_flops=4G"));
    EXPECT_GE(on_device(fast, 100), 95u);
    EXPECT_LE(on_device(slow, 100), 5u);
}

// Rated 4 times as fast as the CPU and 2.5 times slower in truth: one task there is enough to know.
TEST(Placement, ADeviceThatIsSlowerThanItSaysIsFoundOut) {
    Engine engine(virtual_options("flops=4G,host_flops=1G,slowdown=10"));
    EXPECT_LE(on_device(engine, 3), 2u);
    EXPECT_LE(on_device(engine, 100), 3u);
}

// Rated 4 times slower than the CPU and in truth 2.5 times as fast: tried once that is cheap enough.
TEST(Placement, ADeviceThatIsFasterThanItSaysIsFoundOut) {
    Engine engine(virtual_options("flops=1G,host_flops=4G,slowdown=0.1"));
    on_device(engine, 60);
    EXPECT_GE(on_device(engine, 100), 90u);
}

TEST(Placement, WhatIsMeasuredInVirtualTimeIsExact) {
    EngineOptions options = virtual_options("flops=4G,host_flops=1G,slowdown=10,to_device=1G,to_host=1G,streams=1");
    options.explain = true;
    Engine engine(options);
    on_device(engine, 50);
    const auto reports = engine.placements();
    const auto step =
        std::find_if(reports.begin(), reports.end(), [](const PlacementReport& r) { return r.task == "step"; });
    ASSERT_NE(step, reports.end());
    ASSERT_EQ(step->lanes.size(), 2u);
    EXPECT_EQ(step->lanes[0].name, "cpu");
    EXPECT_EQ(step->lanes[1].name, "sim:0");
    EXPECT_NEAR(step->lanes[0].measured, 1e-3, 1e-12);
    EXPECT_NEAR(step->lanes[1].measured, 2.5e-3, 1e-12);
    EXPECT_EQ(step->lanes[0].tasks + step->lanes[1].tasks, 50u);
    EXPECT_GE(step->lanes[1].tasks, 1u);
    EXPECT_EQ(step->bytes_to_device, step->lanes[1].tasks * 1024);
    std::uint64_t counted = 0;
    for (const auto& reason : step->reasons) counted += reason.tasks;
    EXPECT_EQ(counted, 50u);
}

// Independent tasks on a CPU and a device that are equally fast are shared, also when the device is not what it says.
TEST(Placement, QueuesAreKnownByWhatTheyTake) {
    for (const char* more : {"flops=1G,host_flops=1G", "flops=3G,host_flops=1G,slowdown=3"}) {
        Engine engine(virtual_options(more));
        std::vector<Buffer<float>> cells;
        for (int i = 0; i < 200; ++i) cells.emplace_back(engine, Shape{256});
        on_device(engine, 3);
        const double began = engine.core()->now();
        Scope scope(engine);
        for (auto& cell : cells)
            scope.submit(
                {.name = "step", .flops = 1e6}, [](View<float> v) { v[0] = 1; }, update(cell));
        scope.wait();
        EXPECT_LE(engine.core()->now() - began, 0.105) << more;  // 0.1 s at best
    }
}

TEST(History, EstimatesFollowAndForgiveOutliers) {
    History::Estimate estimate;
    estimate.add(1);
    EXPECT_EQ(estimate.seconds, 1);
    estimate.add(0.01);  // the first was a start
    EXPECT_EQ(estimate.seconds, 0.01);
    for (int i = 0; i < 20; ++i) estimate.add(0.01);
    EXPECT_NEAR(estimate.seconds, 0.01, 1e-12);
    estimate.add(100);
    EXPECT_LT(estimate.seconds, 0.014);
    for (int i = 0; i < 40; ++i) estimate.add(1);
    EXPECT_NEAR(estimate.seconds, 1, 0.1);
    for (int i = 0; i < 40; ++i) estimate.add(0.01);
    EXPECT_NEAR(estimate.seconds, 0.01, 0.01);
}

TEST(History, SizesAreApartByPowersOfTwo) {
    History history({"cpu"}, 1);
    EXPECT_EQ(&history.kind("a", 1000), &history.kind("a", 600));
    EXPECT_NE(&history.kind("a", 1000), &history.kind("a", 1100));
    EXPECT_NE(&history.kind("a", 1000), &history.kind("b", 1000));
    // Passes of all expressions have one name: what they compute tells them apart.
    EXPECT_NE(&history.kind("a", 1000, 1000), &history.kind("a", 1000, 8000));
    EXPECT_NE(&history.kind("a", 1000, 1000), &history.kind("a", 1000));
    EXPECT_EQ(&history.kind("a", 1000, 8000), &history.kind("a", 1001, 8100));
    EXPECT_EQ(&history.kind("a", 1000, 1e-300), &history.kind("a", 1000, 1e-9));
    for (std::size_t i = 0; i < 2 * History::kMost; ++i) history.kind("task " + std::to_string(i), 8);
    EXPECT_TRUE(history.learns(history.kind("a", 1000)));
    EXPECT_FALSE(history.learns(history.kind("one more", 8)));
}

const std::vector<std::string> kLanes{"cpu", "a model"};

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(History, AFileKeepsIt) {
    const Folder folder;
    const fs::path file = folder.path / "new" / "run_times";
    History first(kLanes, 2);
    first.kind("a task", 100).lanes[0].add(0.125);
    first.kind("a task", 100).lanes[1].add(1e-300);
    first.kind("", 0).lanes[1].add(3);
    first.save(file);
    History second({"another", "a model", "cpu"}, 3);
    second.load(file);
    EXPECT_EQ(second.kind("a task", 100).lanes[2].seconds, 0.125);
    EXPECT_EQ(second.kind("a task", 100).lanes[1].seconds, 1e-300);
    EXPECT_EQ(second.kind("a task", 100).lanes[0].samples, 0u);
    EXPECT_EQ(second.kind("", 0).lanes[1].seconds, 3);
    // What others have measured stays; what was not measured here is not written over it.
    History third(kLanes, 2);
    third.load(file);
    second.kind("a task", 100).lanes[2].add(0.5);
    second.save(file);
    third.kind("a third", 1).lanes[0].add(1);
    third.save(file);
    History all(kLanes, 2);
    all.load(file);
    EXPECT_NE(all.kind("a task", 100).lanes[0].seconds, 0.125);
    EXPECT_EQ(all.kind("a task", 100).lanes[1].seconds, 1e-300);
    EXPECT_EQ(all.kind("a third", 1).lanes[0].seconds, 1);
    EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), fs::directory_iterator()), 1);
}

TEST(History, DamageIsNoHistory) {
    const Folder folder;
    const fs::path file = folder.path / "run_times";
    History history(kLanes, 2);
    history.kind("a", 1).lanes[0].add(2);
    history.save(file);
    const std::string whole = text_of(file);
    const auto knows = [&](const std::string& text) {
        std::ofstream(file, std::ios::binary) << text;
        History read(kLanes, 2);
        read.load(file);
        return read.kind("a", 1).lanes[0].samples != 0;
    };
    EXPECT_TRUE(knows(whole));
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_FALSE(knows(whole.substr(0, i))) << i;
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(knows(changed)) << i;
    }
    EXPECT_FALSE(knows("heddle run times 2" + whole.substr(18)));
    fs::remove(file);
    fs::create_directory(file);
    History read(kLanes, 2);
    read.load(file);
    history.save(file);  // cannot be written, which is no error
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()), 1);
}

TEST(History, WritersAtOnceLeaveAWholeFile) {
    const Folder folder;
    const fs::path file = folder.path / "run_times";
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w)
        writers.emplace_back([&, w] {
            History history(kLanes, 2);
            for (int i = 0; i < 50; ++i) {
                history.kind("task " + std::to_string(w), i).lanes[0].add(w + 1);
                history.save(file);
                History read(kLanes, 2);
                read.load(file);
                bool found = false;
                for (int other = 0; other < 4; ++other)
                    found = found || read.kind("task " + std::to_string(other), 0).lanes[0].seconds == other + 1;
                EXPECT_TRUE(found);
            }
        });
    for (auto& writer : writers) writer.join();
}

TEST(History, FilesByOptionAndEnvironment) {
    const auto set = [](const char* name, const char* value) {
        value == nullptr ? unsetenv(name) : setenv(name, value, 1);
    };
    set("HEDDLE_HISTORY", nullptr);
    set("HEDDLE_CACHE_DIR", "/a/cache");
    EXPECT_EQ(History::file("", false), "/a/cache/run_times");
    EXPECT_EQ(History::file("", true), "");
    EXPECT_EQ(History::file("mine", true), "mine");
    EXPECT_EQ(History::file("off", false), "");
    set("HEDDLE_HISTORY", "off");
    EXPECT_EQ(History::file("", false), "");
    EXPECT_EQ(History::file("mine", false), "mine");
    set("HEDDLE_HISTORY", nullptr);
    set("HEDDLE_CACHE_DIR", "");
    EXPECT_EQ(History::file("", false), "");
    set("HEDDLE_CACHE_DIR", nullptr);
    set("XDG_CACHE_HOME", "/a");
    EXPECT_EQ(History::file("", false), "/a/heddle/run_times");
    set("XDG_CACHE_HOME", nullptr);
}

// What one engine found out, the next knows from its first task on.
TEST(History, TheNextEngineKnows) {
    const Folder folder;
    EngineOptions options = virtual_options("flops=4G,host_flops=1G,slowdown=10");
    options.history = (folder.path / "run_times").string();
    {
        Engine engine(options);
        EXPECT_GE(on_device(engine, 10), 1u);
    }
    EXPECT_TRUE(fs::exists(options.history));
    Engine engine(options);
    EXPECT_EQ(on_device(engine, 10), 0u);
}

// What was to run on a device and does not is told once for each reason, and counted each time.
TEST(Placement, WhatFallsBackIsToldAndCounted) {
    testing::internal::CaptureStderr();
    {
        Engine engine({.threads = 1,
                       .device = "sim:memory=64K,fault=launch/refused/0/1",
                       .placement = {.policy = PlacementOptions::Policy::gpu}});
        Buffer<float> small(engine, Shape{16}), large(engine, Shape{100'000});
        Scope scope(engine);
        const auto body = [](View<float> v) { v[0] = 1; };
        for (int i = 0; i < 3; ++i) scope.submit("large", body, write(large));
        scope.submit("refused", body, write(small));
        scope.submit("small", body, write(small));
        scope.submit({.name = "formless", .place = Place::gpu}, [] {});
        scope.wait();
        const Fallbacks fallbacks = engine.fallbacks();
        EXPECT_EQ(fallbacks.memory, 3u);
        EXPECT_EQ(fallbacks.refused, 1u);
        EXPECT_EQ(fallbacks.lost, 0u);
        EXPECT_TRUE(engine.placements().empty());
    }
    const std::string text = testing::internal::GetCapturedStderr();
    const auto count = [&](const std::string& what) {
        std::size_t n = 0;
        for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
        return n;
    };
    EXPECT_EQ(count("heddle: task 'large' was to run on a device and runs on the CPU: what it touches does not fit"),
              1u)
        << text;
    EXPECT_EQ(count("task 'refused' was to run on a device and runs on the CPU: the device refused a call"), 1u)
        << text;
    EXPECT_EQ(count("task 'formless' was to run on a device and runs on the CPU: it has no form"), 1u) << text;
    EXPECT_EQ(count("heddle: "), 3u) << text;
}

TEST(Placement, ALostDeviceIsCountedToo) {
    testing::internal::CaptureStderr();
    Engine engine({.threads = 1,
                   .device = "sim:clock=virtual,fault=launch/later/0/3",
                   .placement = {.policy = PlacementOptions::Policy::gpu},
                   .explain = true});
    Buffer<int> a(engine, Shape{16});
    Scope scope(engine);
    for (int i = 0; i < 10; ++i) {
        scope.submit(
            "step", [](View<int> v) { v[0] = 1; }, write(a));
        scope.wait();
    }
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_EQ(engine.fallbacks().lost, 8u);  // the one that ran when it was lost, and those after it
    EXPECT_NE(text.find("task 'step' was to run on a device and runs on the CPU: no device is usable"),
              std::string::npos)
        << text;
    const auto reports = engine.placements();
    ASSERT_EQ(reports.size(), 1u);
    std::vector<std::string> reasons;
    for (const auto& reason : reports[0].reasons)
        reasons.push_back(reason.lane + ": " + reason.text + ": " + std::to_string(reason.tasks));
    EXPECT_EQ(reasons,
              (std::vector<std::string>{"cpu: no device is usable: 7", "cpu: runs again, its device was lost: 1",
                                        "sim:0: the engine's policy: 3"}));
}

TEST(Placement, APinToADeviceThatIsNotThereIsTold) {
    testing::internal::CaptureStderr();
    {
        Engine engine({.threads = 1, .device = "omp"});
        Buffer<int> a(engine, Shape{16});
        for (int i = 0; i < 3; ++i)
            engine.submit(
                {.name = "pinned", .place = Place::gpu}, [](View<int> v) { v[0] = 1; }, write(a));
        engine.wait();
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "heddle: task 'pinned' was to run on a device and runs on the CPU: the engine has no device; see "
              "EngineOptions::device and HEDDLE_DEVICE\n");
}

}  // namespace
}  // namespace heddle::test
