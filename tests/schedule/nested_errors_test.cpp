// What bodies that submit may not do, and errors of their parts.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>

#include "tests/schedule/support.hpp"

namespace heddle::test {
namespace {

using namespace std::chrono_literals;

class NestedErrors : public testing::TestWithParam<Setup> {};
class NestedErrorsOnATeam : public testing::TestWithParam<Setup> {};  // what the reference device cannot show

TEST_P(NestedErrorsOnATeam, APartCannotWaitForATaskBehindItsBody) {
    Engine engine(GetParam().options());
    Buffer<int> x(engine, Shape{1}), z(engine, Shape{1}, {.name = "z"});
    std::promise<void> submitted;
    auto ready = submitted.get_future().share();
    std::string message;
    Scope scope(engine);
    scope.submit(
        "outer",
        [&, ready](View<int>) {
            ready.wait();
            Scope inner(engine);
            message = message_of<AccessError>([&] {
                inner.submit(
                    "part", [](View<int>) {}, write(z));
            });
        },
        write(x));
    scope.submit(
        "behind", [](View<const int>, View<int>) {}, read(x), write(z));
    submitted.set_value();
    scope.wait();
    EXPECT_NE(message.find("comes after the body"), std::string::npos) << message;
    EXPECT_NE(message.find("'z'"), std::string::npos) << message;
}

TEST_P(NestedErrors, APartCannotTouchMoreThanItsTask) {
    Engine engine(GetParam().options());
    Buffer<int> a(engine, Shape{10});
    Scope scope(engine);
    scope.submit(
        "fill", [](View<int> v) { std::iota(v.begin(), v.end(), 0); }, write(a));
    scope.submit(
        "outer",
        [&](View<const int>) {
            Scope inner(engine);
            EXPECT_THROW(inner.submit(
                             "part", [](auto) {}, read(a)),
                         AccessError);
            EXPECT_THROW(inner.submit(
                             "part", [](auto) {}, update(a, Box{{1}, {2}})),
                         AccessError);
            inner.submit(
                "part", [](View<const int> v) { EXPECT_EQ(v[0], 2); }, read(a, Box{{2}, {3}}));
            inner.wait();
        },
        read(a, Box{{0}, {5}}));
    scope.wait();
}

TEST_P(NestedErrors, ABodyCannotWaitForOthersScopes) {
    Engine engine(GetParam().options());
    Scope scope(engine);
    scope.submit("outer", [&] { scope.wait(); });
    EXPECT_THROW(scope.wait(), ArgumentError);
}

TEST_P(NestedErrors, ErrorsOfPartsReachTheBodyWithTheirOwnTask) {
    Engine engine(GetParam().options());
    Scope scope(engine);
    scope.submit("outer", [&] {
        Scope inner(engine);
        inner.submit("part", [] { throw IoError("x", "y", "z"); });
        inner.wait();
    });
    try {
        scope.wait();
        FAIL();
    } catch (const IoError& error) {
        EXPECT_EQ(error.task()->task, "part");
    }
}

INSTANTIATE_TEST_SUITE_P(Setups, NestedErrorsOnATeam, testing::ValuesIn(kTeams),
                         [](const auto& info) { return name_of(info.param); });
INSTANTIATE_TEST_SUITE_P(Setups, NestedErrors, testing::ValuesIn(kSetups),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace heddle::test
