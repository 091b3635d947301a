#pragma once

#include <cstdint>

#include "bench/peers/patterns.hpp"

namespace peers {

// About 64 dependent multiply-adds over a small array per iteration, in one translation unit so that every system,
// whatever its compiler, runs the same instructions.
void busy(long iterations);

// What the body of a task works on. Verifying: `cells` are the graph's two rows and `record` keeps each task's value.
struct Work {
    const Graph* graph = nullptr;
    long grain = 0;
    std::uint64_t* cells = nullptr;
    std::uint64_t* record = nullptr;
};

// What a task computes when it verifies: a hash of its number and of its inputs, in the order of inputs().
inline std::uint64_t first_value(int task) { return mix(static_cast<std::uint64_t>(task)); }
inline std::uint64_t next_value(std::uint64_t hash, std::uint64_t input) { return mix(hash ^ input); }

// The body of every system's tasks: nothing, a busy loop, or (verifying) the hash of its inputs.
inline void run_point(const Work& work, int task) {
    if (work.grain > 0) busy(work.grain);
    if (work.record == nullptr) return;
    std::uint64_t hash = first_value(task);
    for (int input : work.graph->inputs(task)) hash = next_value(hash, work.cells[input]);
    const int cell = work.graph->output(task);
    if (cell != Graph::kNoCell) work.cells[cell] = hash;
    work.record[task] = hash;
}

}  // namespace peers
