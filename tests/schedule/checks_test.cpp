// Checking mode: bodies that touch what they did not declare.

#include <gtest/gtest.h>

#include <cmath>

#include "tests/schedule/support.hpp"

namespace heddle::test {
namespace {

class Checked : public testing::TestWithParam<Setup> {};

TEST_P(Checked, WritingBeyondTheRegionIsCaught) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{100}, {.tile = Shape{10}, .name = "a"});
    Scope scope(engine);
    scope.submit(
        "fill", [](View<int> v) { std::fill(v.begin(), v.end(), 1); }, write(a));
    scope.submit(
        "runs over", [](View<int> v) { v.data()[v.size()] = 2; }, update(a, Box{{20}, {30}}));
    const auto message = message_of<AccessError>([&] { scope.wait(); });
    EXPECT_NE(message.find("task 'runs over' wrote beyond the region of its access number 1"), std::string::npos)
        << message;
    EXPECT_NE(message.find("'a'"), std::string::npos) << message;
    Scope after(engine);
    after.submit(
        "intact", [](View<const int> v) { EXPECT_EQ(v[0], 1); }, read(a, Box{{30}, {40}}));
    after.wait();
    after.submit(
        "runs under", [](View<int> v) { v.data()[-1] = 2; }, write(a, Box{{20}, {30}}));
    EXPECT_THROW(after.wait(), AccessError);
}

TEST_P(Checked, WritingWhatIsOnlyReadIsCaught) {
    Engine engine(GetParam().options());
    Buffer<double> a(engine, Shape{4, 4});
    Scope scope(engine);
    scope.submit(
        "fill", [](View<double> v) { std::fill(v.begin(), v.end(), 1.0); }, write(a));
    scope.submit(
        "sly", [](View<const double> v) { const_cast<double&>(v(1, 1)) = 3; }, read(a, Box{{1, 1}, {3, 3}}));
    const auto message = message_of<AccessError>([&] { scope.wait(); });
    EXPECT_NE(message.find("wrote to what it only reads"), std::string::npos) << message;
    EXPECT_EQ(a.host_view()(2, 2), 1.0);
}

TEST_P(Checked, APieceOfATaskIsCaughtToo) {
    Engine engine(GetParam().options());
    Buffer<std::uint8_t> a(engine, Shape{64});
    Scope scope(engine);
    scope.submit(
        {.name = "pieces", .pieces = 8},
        [](const Piece& p, View<std::uint8_t> v) {
            for (std::int64_t i = 0; i < 9; ++i) v.data()[p.index * 8 + i] = 1;
        },
        write(a));
    EXPECT_THROW(scope.wait(), AccessError);
}

TEST_P(Checked, WhatIsNotWrittenShows) {
    Engine engine(GetParam().options());
    Buffer<float> a(engine, Shape{3});
    Buffer<std::int16_t> b(engine, Shape{3});
    Scope scope(engine);
    scope.submit(
        "zero",
        [](View<float> x, View<std::int16_t> y) {
            std::fill(x.begin(), x.end(), 0.f);
            std::fill(y.begin(), y.end(), std::int16_t{0});
        },
        write(a), write(b));
    scope.submit(
        "lazy", [](View<float> x, View<std::int16_t> y) { x[0] = 1, y[0] = 1; }, write(a), write(b));
    scope.wait();
    EXPECT_EQ(a.host_view()[0], 1);
    EXPECT_TRUE(std::isnan(a.host_view()[2]));
    EXPECT_EQ(b.host_view()[2], static_cast<std::int16_t>(0xA5A5));
}

INSTANTIATE_TEST_SUITE_P(Setups, Checked,
                         testing::Values(Setup{"omp", 2, Checks::on}, Setup{"reference", 1, Checks::on}),
                         [](const auto& info) { return name_of(info.param); });

TEST(Checks, TheEnvironmentTurnsThemOn) {
    setenv("HEDDLE_CHECKS", "1", 1);
    Engine engine({.threads = 1});
    unsetenv("HEDDLE_CHECKS");
    Buffer<int> a(engine, Shape{1});
    engine.submit(
        "over", [](View<int> v) { v.data()[1] = 0; }, write(a));
    EXPECT_THROW(engine.wait(), AccessError);
}

}  // namespace
}  // namespace heddle::test
