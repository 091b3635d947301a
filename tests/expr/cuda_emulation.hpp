#pragma once

// What generated CUDA C needs to run on a CPU as C++: the threads of a block are loops; those that exchange values or
// wait for one another run in turns, each up to its next exchange or barrier. Included in front of the generated text.
#include <ucontext.h>

#include <bit>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#define __global__
#define __grid_constant__
#define __launch_bounds__(threads)
// A stream's thread runs one block at a time.
#define __shared__ static thread_local

struct uint2 {
    unsigned x, y;
};
struct uint4 {
    unsigned x, y, z, w;
};
struct Place {
    unsigned x = 0;
};
static thread_local Place threadIdx, blockIdx, blockDim, gridDim;

namespace emulation {

// How many threads go on together: those of a warp may exchange values, those of a block meet at barriers.
inline constexpr unsigned kAlone = 1, kWarp = 32, kBlock = 0;

struct Team {
    struct Fiber {
        ucontext_t context;
        std::unique_ptr<char[]> stack{new char[kStack]};
        unsigned sent[2] = {};
        unsigned exchanges = 0;
        bool done = false;
    };
    static constexpr std::size_t kStack = 256 * 1024;
    ucontext_t scheduler;
    std::vector<Fiber> fibers;
    unsigned lane = 0;
    void (*body)(const void*) = nullptr;
    const void* parameters = nullptr;
};
static thread_local Team* team = nullptr;

static void enter() {
    team->body(team->parameters);
    team->fibers[team->lane].done = true;
    swapcontext(&team->fibers[team->lane].context, &team->scheduler);
}

static void wait_for_the_others() { swapcontext(&team->fibers[team->lane].context, &team->scheduler); }

// All lanes of the warp make the same exchanges, so whoever comes back finds what the others sent.
static unsigned exchange(unsigned value, unsigned from) {
    Team::Fiber& self = team->fibers[team->lane];
    const unsigned slot = self.exchanges++ % 2;
    self.sent[slot] = value;
    wait_for_the_others();
    return team->fibers[from].sent[slot];
}

static void run_team(void (*body)(const void*), const void* parameters, unsigned first_thread, unsigned size) {
    static thread_local Team storage;
    team = &storage;
    team->body = body;
    team->parameters = parameters;
    if (team->fibers.size() != size) team->fibers = std::vector<Team::Fiber>(size);
    for (auto& fiber : team->fibers) {
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = Team::kStack;
        fiber.context.uc_link = nullptr;
        fiber.exchanges = 0;
        fiber.done = false;
        makecontext(&fiber.context, enter, 0);
    }
    for (unsigned running = size; running > 0;) {
        for (team->lane = 0; team->lane < size; ++team->lane) {
            threadIdx.x = first_thread + team->lane;
            swapcontext(&team->scheduler, &team->fibers[team->lane].context);
        }
        unsigned done = 0;
        for (const auto& fiber : team->fibers) done += fiber.done ? 1 : 0;
        // A device would wait for ever.
        if (done != 0 && done != size) {
            std::fprintf(stderr, "threads that wait for one another part ways\n");
            std::abort();
        }
        running = size - done;
    }
}

// Several blocks of few threads, so that all loops go round.
static void launch(void (*body)(const void*), const void* parameters, unsigned blocks, unsigned threads,
                   unsigned together) {
    gridDim.x = blocks;
    blockDim.x = threads;
    const unsigned size = together == kBlock ? threads : together;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) {
        for (unsigned t = 0; t < threads; t += size) {
            threadIdx.x = t;
            size > 1 ? run_team(body, parameters, t, size) : body(parameters);
        }
    }
}

}  // namespace emulation

static inline unsigned __shfl_down_sync(unsigned, unsigned value, unsigned delta, int width) {
    const unsigned lane = emulation::team->lane, within = lane % static_cast<unsigned>(width) + delta;
    return emulation::exchange(value, within < static_cast<unsigned>(width) ? lane + delta : lane);
}
static inline unsigned __shfl_sync(unsigned, unsigned value, int from, int width) {
    const auto wide = static_cast<unsigned>(width);
    return emulation::exchange(value, emulation::team->lane / wide * wide + static_cast<unsigned>(from));
}
static inline void __syncthreads() { emulation::wait_for_the_others(); }
template <class T>
static inline T atomicAdd(T* at, T value) {
    return __atomic_fetch_add(at, value, __ATOMIC_RELAXED);
}

#define HEDDLE_EMULATE(entry, together)                                                           \
    extern "C" void emulated_##entry(const void* parameters, unsigned blocks, unsigned threads) { \
        const auto body = [](const void* p) {                                                     \
            entry(*static_cast<const heddle::kernels::entry##_code::Parameters*>(p));             \
        };                                                                                        \
        emulation::launch(body, parameters, blocks, threads, emulation::together);                \
    }
