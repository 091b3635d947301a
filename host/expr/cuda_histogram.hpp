#pragma once

#include "host/expr/cuda_reduce.hpp"
#include "kernels/histogram_bins.hpp"

// Histograms as CUDA C: the bins are the CPU's, the counts whole numbers, so they are equal.
namespace heddle::expr {

// The program has one output, of float64, int64 or uint64. DTypeError: reason_not_generated's.
CudaKernel make_cuda_histogram(const Program& program, const ReduceForm& form, std::int64_t bins,
                               const std::string& entry = "heddle_histogram");

// Adds the counts of the elements of `extents` to the int64 of `counts`. `bins`, a kernels::Bins, and these lie in
// device memory. Axes may be put in any order beforehand.
ReduceLaunch bind_histogram(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                            const void* bins, void* counts, void* error = nullptr);

}  // namespace heddle::expr
