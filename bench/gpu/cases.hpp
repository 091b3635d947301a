#pragma once

#include <string>
#include <vector>

#include "bench/gpu/gpu.hpp"
#include "host/expr/cuda_reduce.hpp"
#include "host/expr/evaluator.hpp"

namespace heddle::bench {

// float32 in (0, 1], the same in every run; each input repeats its first `period` elements up to `count`.
struct Data {
    std::int64_t count = 0, period = 0;
    std::vector<std::vector<float>> inputs;  // `period` elements each
    std::vector<std::byte*> operands;        // on the device, `count` elements each
};

struct Case {
    std::string name;
    expr::Program program;
    Shape extents;  // of `count` elements; a row of the second input repeats where there are two axes
    bool reduces = false;
    expr::Reduction reduction{};  // along all axes, or along the first of two
};
std::vector<Case> cases(std::int64_t count);
// The kernel of a case: of a reduction, that of the leaves' states, which the host joins.
expr::CudaKernel source(const Case& c);

struct Timing {
    double seconds = 0, bytes = 0;  // that have to be moved between the device's memory and its processors
    bool equal = false;             // to the CPU's, in every bit
};
Timing measure(Gpu& gpu, const Data& data, const Case& c);

}  // namespace heddle::bench
