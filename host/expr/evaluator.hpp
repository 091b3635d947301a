#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "heddle/shape.hpp"
#include "host/expr/program.hpp"

namespace heddle::expr {

// Elements of a block, at most; equal to a reduction's leaf.
inline constexpr std::int64_t kBlock = 1024;

// An array seen over the iteration space: the address of its element (0, 0, …) and the bytes between neighbours along
// each axis of `extents`. 0 repeats the element (broadcasting); negative strides are fine.
struct StridedInput {
    const std::byte* base = nullptr;
    Shape strides;
};

// Takes n values of one output; `values` is valid during the call only. `offset` is the first one's place in the C
// order of the whole iteration space. An exception leaves Evaluator::run.
using Consumer = void (*)(void* context, int output, const void* values, std::int64_t offset, std::int64_t n);

// Where one output's elements go: exactly one of `dense`, `base` and `consumer` is set.
struct Target {
    std::byte* dense = nullptr;  // the elements [first, last) side by side; dense[0] is element `first`
    std::byte* base = nullptr;   // element (0, 0, …) of an array with byte `strides` over the iteration space
    Shape strides;
    Consumer consumer = nullptr;
    void* context = nullptr;
};

// Where the outputs go, and where blocks may end.
struct Sink {
    std::span<const Target> targets;  // one per output of the program
    // Blocks end at multiples of this, counted from element 0, so none holds a part of a segment beside another one:
    // with block_align ≤ kBlock a block is several whole segments; a longer segment is cut kBlock elements at a time
    // from its start. 0: no boundaries. first and last may lie anywhere.
    std::int64_t block_align = 0;
    // Writes a dense target past the cache: pays when all targets together are larger than the last-level cache.
    bool stream = false;
};

// Runs programs over strided arrays, block by block, in the calling thread. Keeps its scratch memory between calls;
// one thread at a time, so have one per thread.
class Evaluator {
public:
    Evaluator();
    ~Evaluator();
    Evaluator(Evaluator&&) noexcept;
    Evaluator& operator=(Evaluator&&) noexcept;

    // Evaluates the elements [first, last) of the C order of `extents` (rank 0 has one element). A target must not
    // overlap an input, unless both are the same memory with the same strides. ArgumentError: counts that do not match
    // the program, or an integer raised to a negative power.
    void run(const Program& program, const Shape& extents, std::span<const StridedInput> inputs, std::int64_t first,
             std::int64_t last, const Sink& sink);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace heddle::expr
