// In steady state submitting and running a task allocates nothing.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "heddle/engine.hpp"

namespace {
std::atomic<long> allocations{0};
}

// Weak, because the thread sanitizer has definitions of its own.
[[gnu::weak]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* p = std::malloc(size)) return p;
    throw std::bad_alloc();
}
[[gnu::weak]] void* operator new(std::size_t size, std::align_val_t align) {
    ++allocations;
    const auto a = static_cast<std::size_t>(align);
    if (void* p = std::aligned_alloc(a, (size + a - 1) / a * a)) return p;
    throw std::bad_alloc();
}
[[gnu::weak]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::weak]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::weak]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::weak]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace heddle::test {
namespace {

void submit_stencil(Scope& scope, std::vector<Buffer<float>>& cells, Buffer<float>& tiled) {
    const auto n = static_cast<int>(cells.size()) / 2;
    const auto cell = [&](int step, int i) -> Buffer<float>& {
        return cells[static_cast<std::size_t>(step % 2 * n + (i + n) % n)];
    };
    for (int step = 1; step < 40; ++step)
        for (int i = 0; i < n; ++i) {
            scope.submit(
                "point", [](auto&&...) {}, write(cell(step, i)), read(cell(step - 1, i - 1)), read(cell(step - 1, i)),
                read(cell(step - 1, i + 1)));
            scope.submit(
                {.name = "region", .pieces = 3}, [](const Piece&, auto&&...) {}, update(tiled, Box{{i}, {i + 9}}));
        }
    scope.wait();
}

TEST(SteadyState, AllocatesNothing) {
    constexpr long kMostTasks = 256;
    Engine engine({.threads = 2, .device = "omp", .max_tasks = kMostTasks, .checks = Checks::off});
    std::vector<Buffer<float>> cells;
    for (int i = 0; i < 32; ++i) cells.emplace_back(engine, Shape{1});
    Buffer<float> tiled(engine, Shape{32}, {.tile = Shape{4}});
    Scope scope(engine);
    submit_stencil(scope, cells, tiled);
    if (allocations == 0) GTEST_SKIP() << "this build's operator new cannot be replaced";
    // Records keep what they allocated, so what there is grows when more tasks than ever before are in flight or wait
    // for each other. How soon that ends is the scheduling's affair; that it ends is what is looked at.
    constexpr int kQuietRounds = 20, kMostRounds = 5000;
    int quiet = 0;
    for (int round = 0; quiet < kQuietRounds; ++round) {
        ASSERT_LT(round, kMostRounds) << "something is allocated again and again: " << allocations;
        const long before = allocations;
        submit_stencil(scope, cells, tiled);
        quiet = allocations == before ? quiet + 1 : 0;
    }
}

}  // namespace
}  // namespace heddle::test
