#pragma once

// What generated CUDA C needs to run on a CPU as C++: the threads of a block are loops, those of a warp that exchange
// values run in turns, each up to its next exchange. Included in front of the generated text.
#include <ucontext.h>

#include <bit>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#define __global__
#define __grid_constant__
#define __launch_bounds__(threads)

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

inline constexpr int kWarp = 32;

struct Warp {
    struct Fiber {
        ucontext_t context;
        std::unique_ptr<char[]> stack{new char[kStack]};
        unsigned sent[2] = {};
        unsigned exchanges = 0;
        bool done = false;
    };
    static constexpr std::size_t kStack = 256 * 1024;
    ucontext_t scheduler;
    Fiber fibers[kWarp];
    int lane = 0;
    void (*body)(const void*) = nullptr;
    const void* parameters = nullptr;
};
static thread_local Warp* warp = nullptr;

static void enter() {
    warp->body(warp->parameters);
    warp->fibers[warp->lane].done = true;
    swapcontext(&warp->fibers[warp->lane].context, &warp->scheduler);
}

// All lanes of the warp make the same exchanges, so whoever comes back finds what the others sent.
static unsigned exchange(unsigned value, int from) {
    const int lane = warp->lane;
    Warp::Fiber& self = warp->fibers[lane];
    const unsigned slot = self.exchanges++ % 2;
    self.sent[slot] = value;
    swapcontext(&self.context, &warp->scheduler);
    return warp->fibers[from].sent[slot];
}

static void run_warp(void (*body)(const void*), const void* parameters, unsigned first_thread) {
    static thread_local Warp storage;
    warp = &storage;
    warp->body = body;
    warp->parameters = parameters;
    for (auto& fiber : warp->fibers) {
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = Warp::kStack;
        fiber.context.uc_link = nullptr;
        fiber.exchanges = 0;
        fiber.done = false;
        makecontext(&fiber.context, enter, 0);
    }
    for (int running = kWarp; running > 0;) {
        for (warp->lane = 0; warp->lane < kWarp; ++warp->lane) {
            threadIdx.x = first_thread + static_cast<unsigned>(warp->lane);
            swapcontext(&warp->scheduler, &warp->fibers[warp->lane].context);
        }
        int done = 0;
        for (const auto& fiber : warp->fibers) done += fiber.done ? 1 : 0;
        // A device would wait for ever.
        if (done != 0 && done != kWarp) {
            std::fprintf(stderr, "the threads of a warp part ways\n");
            std::abort();
        }
        running = kWarp - done;
    }
}

// Several blocks of few threads, so that all loops go round. `warps`: threads exchange values.
static void launch(void (*body)(const void*), const void* parameters, unsigned blocks, unsigned threads, bool warps) {
    gridDim.x = blocks;
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) {
        for (unsigned t = 0; t < threads; t += warps ? kWarp : 1) {
            threadIdx.x = t;
            warps ? run_warp(body, parameters, t) : body(parameters);
        }
    }
}

}  // namespace emulation

static inline unsigned __shfl_down_sync(unsigned, unsigned value, unsigned delta, int width) {
    const int lane = emulation::warp->lane, within = lane % width + static_cast<int>(delta);
    return emulation::exchange(value, within < width ? lane + static_cast<int>(delta) : lane);
}
static inline unsigned __shfl_sync(unsigned, unsigned value, int from, int width) {
    return emulation::exchange(value, emulation::warp->lane / width * width + from);
}

#define HEDDLE_EMULATE(entry, warps)                                                              \
    extern "C" void emulated_##entry(const void* parameters, unsigned blocks, unsigned threads) { \
        const auto body = [](const void* p) {                                                     \
            entry(*static_cast<const heddle::kernels::entry##_code::Parameters*>(p));             \
        };                                                                                        \
        emulation::launch(body, parameters, blocks, threads, warps);                              \
    }
